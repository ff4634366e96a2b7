// Random graphs, with a loss, its gradients and updates: fused they must give what they give one op at a time, and the same
// bits on 1, 2 and 4 threads. Small ones are compiled in one pass, too.

#include <algorithm>
#include <numeric>

#include "../support.hpp"

using namespace test;
using xg::DType;
using xg::Step;
using xg::Update;
using xg::Var;

namespace {

/// Records random ops over leaves of related shapes. In float32 there are only smooth ones: another order of summation must
/// not change on which side of a kink an element lies.
template <class T>
class Generator {
  public:
    Generator(xg::Tape& tape, std::uint64_t seed, bool smooth = std::is_same_v<T, float>, bool tiny = false)
        : tape_(tape), random_(seed), smooth_(smooth), tiny_(tiny) {
        const bool large = !tiny && random_.integer(0, 9) == 0;
        const std::vector<std::size_t> small = {1, 2, 3, 5, 7, 8, 16, 17, 33}, big = {1, 3, 10, 40, 65, 130, 200}, least = {1, 2, 3, 5, 8};
        const auto rank = static_cast<std::size_t>(random_.integer(1, large ? 2 : 3));
        for (std::size_t i = 0; i < rank; ++i) base_.push_back(one_of(tiny ? least : large ? big : small));
        elementwise_ = random_.integer(0, 4) == 0;
    }

    Var loss() {
        for (int i = 0; i < 3; ++i) new_parameter(broadcastable());
        for (std::int64_t i = random_.integer(4, 16); i > 0; --i) grow();
        Var loss = mean(tanh(pool_.back()));
        for (int i = 0; i < 2; ++i) loss = loss + mean(sigmoid(one_of(pool_)) * 0.5);
        return loss;
    }

    Step step() {
        const Var loss = this->loss();
        const std::vector<Var> gradients = gradient(loss, parameters);

        Step step;
        if (!elementwise_) step.outputs = {loss};
        step.outputs.push_back(one_of(pool_));
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const Var p = parameters[i];
            if (elementwise_) step.updates.push_back({p, elementwise_update(p)});
            else if (random_.coin()) step.outputs.push_back(gradients[i]);
            else if (random_.coin()) step.updates.push_back({p, p - 0.5 * gradients[i]});
            else step.updates.push_back({p, swapped_with(p)});
        }
        return step;
    }

    std::vector<Var> parameters;
    /// Nothing whose result depends on the order of summation.
    bool exact() const { return elementwise_; }

  private:
    template <class E>
    E one_of(const std::vector<E>& all) {
        return all[static_cast<std::size_t>(random_.integer(0, static_cast<std::int64_t>(all.size()) - 1))];
    }
    std::int64_t axis_of(const Var& x) { return random_.integer(0, static_cast<std::int64_t>(x.rank()) - 1); }
    std::size_t extent(const Var& x, std::int64_t axis) { return x.shape()[static_cast<std::size_t>(axis)]; }

    /// The base's last axes, some of them with extent 1.
    Extents broadcastable() {
        Extents shape(base_.begin() + random_.integer(0, static_cast<std::int64_t>(base_.size())), base_.end());
        for (std::size_t& extent : shape)
            if (random_.integer(0, 3) == 0) extent = 1;
        return shape;
    }

    Var new_parameter(const Extents& shape) {
        parameters.push_back(tape_.parameter(random_array<T>(shape, random_, -1, 1)));
        pool_.push_back(parameters.back());
        return parameters.back();
    }

    /// An element of the pool that broadcasts against x, or a new parameter that does.
    Var partner(const Var& x) {
        for (int i = 0; i < 4; ++i) {
            const Var y = one_of(pool_);
            xg::Shape both;
            if (broadcast(x.shape(), y.shape(), both) && both.numel() <= 40000) return y;
        }
        return random_.coin() ? x : new_parameter(extents(x.shape()));
    }

    void grow() {
        const Var x = one_of(pool_);
        const std::int64_t kind = random_.integer(0, elementwise_ ? 6 : tiny_ ? 11 : 14);
        const Var y = kind <= 2 ? unary(x) : kind <= 5 ? binary(x, partner(x)) : kind <= 8 ? rearranged(x) : kind <= 11 ? reduced(x) : kind <= 13 ? multiplied(x) : picked(x);
        if (y.shape().numel() <= 40000) pool_.push_back(y);
    }

    Var unary(Var x) {
        switch (random_.integer(0, smooth_ ? 7 : 10)) {
        case 0: return tanh(x);
        case 1: return exp(tanh(x));
        case 2: return square(x) * 0.25;
        case 3: return sigmoid(x - 0.5);
        case 4: return log1p(square(x));
        case 5: return sqrt(square(x) + 0.5);
        case 6: return 1 / (2 + tanh(x));
        case 7: return pow(softplus(x), 1.5) - x;
        case 8: return relu(x);
        case 9: return abs(x);
        default: return clip(x, -0.5, 0.75);
        }
    }

    Var binary(Var x, Var y) {
        switch (random_.integer(0, smooth_ ? 4 : 7)) {
        case 0: return x + y;
        case 1: return x - y;
        case 2: return tanh(x) * y;
        case 3: return x / (1.5 + square(y));
        case 4: return cast(cast(x, DType::float64) * cast(y, DType::float64), x.dtype());
        case 5: return maximum(x, y);
        case 6: return minimum(x, 0.5 * y);
        default: return where(x < y, x * 2, y);
        }
    }

    Var rearranged(Var x) {
        if (x.rank() == 0) return broadcast_to(x, base_);
        const std::int64_t axis = axis_of(x);
        const auto n = static_cast<std::int64_t>(extent(x, axis));
        switch (random_.integer(0, 6)) {
        case 0: return transpose(x);
        case 1: {
            std::vector<std::int64_t> axes(x.rank());
            std::iota(axes.begin(), axes.end(), 0);
            for (std::size_t i = axes.size(); i > 1; --i) std::swap(axes[i - 1], axes[static_cast<std::size_t>(random_.integer(0, static_cast<std::int64_t>(i) - 1))]);
            return transpose(x, axes);
        }
        case 2: return random_.coin() ? reshape(x, {-1}) : reshape(x, {n, -1});
        case 3: return slice(x, axis, random_.integer(0, n - 1), xg::Range::open, random_.coin() ? 1 : -2);
        case 4: return slice(x, axis, xg::Range::open, random_.integer(1, n), random_.integer(1, 2));
        case 5: {
            xg::Shape both;
            return broadcast(x.shape(), xg::Shape(base_), both) ? broadcast_to(x, both) : expand_dims(x, axis);
        }
        default: return elementwise_ || tiny_ ? transpose(x) : xg::concatenate({x, unary(x)}, axis);
        }
    }

    Var reduced(Var x) {
        if (x.rank() == 0) return x;
        xg::Dims axes;
        for (std::size_t axis = 0; axis < x.rank(); ++axis)
            if (random_.coin()) axes.push_back(static_cast<std::int64_t>(axis));
        const xg::KeepDims keep{random_.coin()};
        switch (random_.integer(0, smooth_ ? 4 : 6)) {
        case 0: return sum(x, axes, keep) * 0.125;
        case 1: return mean(x, axes, keep);
        case 2: return logsumexp(x, axes, keep);
        case 3: return softmax(x, axis_of(x));
        case 4: return x - mean(x, axes, xg::keepdims);
        case 5: return max(x, axes, keep);
        default: return min(x, axes, keep);
        }
    }

    Var multiplied(Var x) {
        while (x.rank() < 2) x = expand_dims(x, 0);
        if (x.rank() > 2 && random_.coin()) x = reshape(x, {static_cast<std::int64_t>(extent(x, 0)), -1});
        const bool ta = random_.coin(), tb = random_.coin();
        const std::size_t k = extent(x, static_cast<std::int64_t>(x.rank()) - (ta ? 2 : 1));
        if (k > 300) return x;
        if (random_.integer(0, 3) == 0) return matmul(x, tanh(x), ta, !ta) / static_cast<double>(k + 1);
        const std::size_t n = one_of(std::vector<std::size_t>{1, 2, 10, 16, 33, 40});
        return matmul(x, new_parameter(tb ? Extents{n, k} : Extents{k, n}), ta, tb) / static_cast<double>(k + 1);
    }

    Var picked(Var x) {
        if (x.rank() == 0) return x;
        Extents rows = extents(x.shape());
        const auto classes = static_cast<double>(rows.back());
        rows.pop_back();
        const Var labels = tape_.constant(random_array<std::int64_t>(rows, random_, 0, classes - 1));
        return random_.coin() ? pick(x, labels) : x * one_hot(labels, static_cast<std::size_t>(classes), x.dtype());
    }

    Var swapped_with(Var p) {
        for (const Var& other : parameters)
            if (!other.is(p) && other.shape() == p.shape()) return other;
        return random_.coin() ? slice(p * 2, std::vector<xg::Range>(p.rank(), {.step = -1})) : p;
    }

    Var elementwise_update(Var p) {
        for (int i = 0; i < 6; ++i)
            if (const Var y = one_of(pool_); y.shape() == p.shape()) return y - 0.25 * p;
        return swapped_with(p);
    }

    xg::Tape& tape_;
    Random random_;
    Extents base_;
    bool smooth_ = false, tiny_ = false, elementwise_ = false;
    std::vector<Var> pool_;
};

template <class T>
using Values = std::vector<xt::xarray<T>>;

/// Outputs of two calls, and the parameters after them.
template <class T>
Values<T> run(xg::Program program, const std::vector<Var>& parameters, const Values<T>& start) {
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].tape().assign(parameters[i], start[i]);
    Values<T> values;
    for (int call = 0; call < 2; ++call) {
        const auto results = program();
        for (std::size_t i = 0; i < results.size(); ++i) values.push_back(results.template array<T>(i));
    }
    for (const Var& p : parameters) values.push_back(p.value<T>());
    return values;
}

template <class T>
void check(std::uint64_t seed, double tolerance) {
    xg::Tape tape;
    Generator<T> generator(tape, seed);
    const Step step = generator.step();
    Values<T> start;
    for (const Var& p : generator.parameters) start.push_back(p.template value<T>());
    auto fused = tape.compile(step, {}), plain = tape.compile(step, {}, {.fuse = false});
    xg::set_num_threads(1);
    const Values<T> one = run(fused, generator.parameters, start), unfused = run(plain, generator.parameters, start);
    for (std::size_t i = 0; i < one.size(); ++i) {
        double scale = 0;
        for (const T element : unfused[i]) scale = std::max(scale, std::abs(static_cast<double>(element)));
        BOOST_TEST(std::isfinite(scale), fmt::format("seed {}, value {}", seed, i));
        BOOST_TEST(same(one[i], unfused[i], 0, generator.exact() ? 0 : tolerance * std::max(1.0, scale)), fmt::format("seed {}, value {}", seed, i));
    }
    for (const std::size_t threads : {2, 4}) {
        xg::set_num_threads(threads);
        const Values<T> many = run(fused, generator.parameters, start);
        for (std::size_t i = 0; i < one.size(); ++i) BOOST_TEST(same(one[i], many[i]), fmt::format("seed {}, value {}, {} threads", seed, i, threads));
    }
}

/// Nothing but small arrays, compiled in one pass: whether there was nothing that this cannot do.
template <class T>
bool check_small(std::uint64_t seed, double tolerance) {
    xg::Tape tape;
    Generator<T> generator(tape, seed, std::is_same_v<T, float>, true);
    const Step step = generator.step();
    Values<T> start;
    for (const Var& p : generator.parameters) start.push_back(p.template value<T>());
    auto small = tape.compile(step, {}, {.one_pass = 0}), plain = tape.compile(step, {}, {.fuse = false});
    const Values<T> one = run(small, generator.parameters, start), unfused = run(plain, generator.parameters, start);
    for (std::size_t i = 0; i < one.size(); ++i) {
        double scale = 0;
        for (const T element : unfused[i]) scale = std::max(scale, std::abs(static_cast<double>(element)));
        BOOST_TEST(same(one[i], unfused[i], 0, generator.exact() ? 0 : tolerance * std::max(1.0, scale)), fmt::format("seed {}, value {}", seed, i));
    }
    return small.steps() == 1 && small.str().starts_with("loop over 1 rows");
}

/// Gradients and Hessian-vector products along a random direction against differences.
void check_differences(std::uint64_t seed) {
    xg::Tape tape;
    Generator<double> generator(tape, seed, true);
    const Var loss = generator.loss();
    Random random(seed);
    const std::vector<Var> gradients = gradient(loss, generator.parameters);
    Values<double> start, direction;
    std::vector<Var> along;
    Var slope = tape.constant(0.0);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        start.push_back(generator.parameters[i].value<double>());
        direction.push_back(random_array<double>(extents(gradients[i].shape()), random, -1, 1));
        along.push_back(tape.constant(direction.back()));
        slope = slope + sum(gradients[i] * along.back());
    }
    // d loss, by both modes, and d slope: the second derivative along the direction.
    const Var forward = xg::jvp({loss}, generator.parameters, along)[0], curvature = xg::jvp({slope}, generator.parameters, along)[0];
    xg::Program program = tape.compile({.outputs = {loss, slope, forward, curvature}, .updates = {}}, {});
    auto at = [&](double t) {
        for (std::size_t i = 0; i < start.size(); ++i) tape.assign(generator.parameters[i], xt::xarray<double>(start[i] + t * direction[i]));
        return program();
    };
    const xg::Results here = at(0);
    const double h = 1e-4;
    const xg::Results before = at(-h), after = at(h), before2 = at(-2 * h), after2 = at(2 * h);
    for (const std::size_t k : {0, 1}) { // the fourth-order formula
        const double difference = (8 * (after.scalar<double>(k) - before.scalar<double>(k)) - (after2.scalar<double>(k) - before2.scalar<double>(k))) / (12 * h);
        const double derivative = here.scalar<double>(k == 0 ? 1 : 3);
        BOOST_TEST(std::abs(difference - derivative) <= 1e-7 * std::max(1.0, std::abs(derivative)), fmt::format("seed {}, order {}: {} and by differences {}", seed, k + 1, derivative, difference));
    }
    BOOST_TEST(std::abs(here.scalar<double>(1) - here.scalar<double>(2)) <= 1e-12 * std::max(1.0, std::abs(here.scalar<double>(1))), fmt::format("seed {}: reverse and forward mode differ", seed));
}

} // namespace

BOOST_AUTO_TEST_SUITE(random_graphs)

BOOST_AUTO_TEST_CASE(against_differences) {
    for (std::uint64_t seed = 20000; seed < 21000; ++seed) check_differences(seed);
}

BOOST_AUTO_TEST_CASE(of_float64) {
    for (std::uint64_t seed = 0; seed < 4000; ++seed) check<double>(seed, 1e-11);
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_CASE(of_float32) {
    for (std::uint64_t seed = 10000; seed < 12000; ++seed) check<float>(seed, 1e-4);
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_CASE(of_small_arrays) {
    std::size_t small = 0;
    for (std::uint64_t seed = 30000; seed < 34000; ++seed) small += check_small<double>(seed, 1e-11);
    for (std::uint64_t seed = 40000; seed < 42000; ++seed) small += check_small<float>(seed, 1e-4);
    BOOST_TEST(small > 5000u);
}

BOOST_AUTO_TEST_SUITE_END()
