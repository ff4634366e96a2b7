// vmap: what stands for one example, axes, captured Vars, nesting, derivatives inside and outside, errors.

#include <set>

#include <xgrad/core/graph/graph.hpp>

#include "../support.hpp"

using namespace test;
using xg::Var;

namespace {

using Doubles = xt::xarray<double>;

Doubles matrix(std::size_t rows, std::size_t columns, std::uint64_t seed = 1) {
    Random random(seed);
    return random_array<double>({rows, columns}, random);
}

struct Fixture {
    xg::Tape tape;
    Var x = tape.parameter(matrix(5, 3), "x"), w = tape.parameter(Doubles{0.5, -1, 2}, "w");
};

/// A user's op on whole vectors, which has no rule for vmap: its elements from the end, times their places.
struct Weighted {
    static constexpr auto name = "weighted";
    static constexpr bool linear = true;
    double by = 1;

    static xg::Shape shape(xg::Types in) {
        if (in[0].shape.rank() != 1) throw xg::Error("weighted: takes a vector, was given " + in[0].shape.str());
        return in[0].shape;
    }
    void eval(xg::ConstArrays in, xg::Array out) const {
        for (std::size_t i = 0, n = out.shape().numel(); i < n; ++i)
            out.pointer<double>()[i] = by * static_cast<double>(i + 1) * in[0].pointer<double>()[n - 1 - i];
    }
    Var vjp(Var g, Var, Var x) const {
        const auto n = static_cast<std::int64_t>(x.shape()[0]);
        return flip(g * by * xg::arange(x.tape(), 1, n + 1, 1, xg::DType::float64));
    }
    bool operator==(const Weighted&) const = default;
};

/// The same with a rule that gives a wrong shape.
struct BadRule : Weighted {
    static constexpr auto name = "bad_rule";
    static Var vmap(const xg::BatchedInputs& in) { return in.x[0][0]; }
};

/// A view of a vector that has no rule: its second half.
struct SecondHalf {
    static constexpr auto name = "second_half";
    static xg::Shape shape(xg::Types in) { return {in[0].shape[0] / 2}; }
    static bool map(const xg::Layout& in, xg::Layout& out) {
        out.offset = in.offset + static_cast<std::int64_t>(in.shape[0] - in.shape[0] / 2) * in.strides[0];
        out.strides[0] = in.strides[0];
        return true;
    }
    static Var vjp(Var g, Var, Var x) {
        const std::size_t n = x.shape()[0];
        return concatenate(xg::zeros(x.tape(), {n - n / 2}, xg::DType::float64), g);
    }
};

/// By rows, of which it reads all at once: the last first. Takes matrices alone.
struct TurnedRows {
    static constexpr auto name = "turned_rows";
    static constexpr bool linear = true;
    static constexpr unsigned whole = 1;
    std::size_t rows;

    static xg::Shape shape(xg::Types in) {
        if (in[0].shape.rank() != 2) throw xg::Error("turned_rows: takes a matrix");
        return in[0].shape;
    }
    std::size_t row_count(xg::Types) const { return rows; }
    static xg::Kernel kernel(xg::Types) {
        return [](const xg::Tile& t) {
            const std::size_t last = static_cast<const TurnedRows*>(t.op)->rows - 1;
            for (std::size_t r = 0; r < t.rows; ++r)
                std::copy_n(static_cast<const double*>(t.in[0]) + (last - t.first_row - r) * t.cols, t.cols,
                            static_cast<double*>(t.out) + static_cast<std::int64_t>(r) * t.out_stride);
        };
    }
    Var vjp(Var g, Var, Var) const { return record(*this, g); }
    bool operator==(const TurnedRows&) const = default;
};

/// By rows, each multiplied by its number, from 1 on; the vjp counts axes from the front.
struct NumberedRows {
    static constexpr auto name = "numbered_rows";
    static xg::Shape shape(xg::Types in) { return in[0].shape; }
    static std::size_t row_count(xg::Types in) { return in[0].shape.numel() / in[0].shape.back(); }
    static xg::Kernel kernel(xg::Types) {
        return [](const xg::Tile& t) {
            for (std::size_t r = 0; r < t.rows; ++r)
                for (std::size_t c = 0; c < t.cols; ++c)
                    (static_cast<double*>(t.out) + static_cast<std::int64_t>(r) * t.out_stride)[c] =
                        (static_cast<const double*>(t.in[0]) + static_cast<std::int64_t>(r) * t.in_stride[0])[c] * static_cast<double>(t.first_row + r + 1);
        };
    }
    static Var vjp(Var g, Var, Var x) { return g * expand_dims(xg::arange(x.tape(), 1, static_cast<double>(x.shape()[0]) + 1), 1); }
};

/// A vector and a number, whose adjoint has more axes than it.
struct Shifted {
    static constexpr auto name = "shifted";
    static constexpr bool linear = true;
    static xg::Shape shape(xg::Types in) { return in[0].shape; }
    static void eval(xg::ConstArrays in, xg::Array out) {
        for (std::size_t i = 0; i < out.shape().numel(); ++i)
            out.pointer<double>()[i] = in[0].pointer<double>()[i] + in[1].pointer<double>()[0];
    }
    static auto vjp(Var g, Var, Var, Var) { return std::array{g, g}; }
};

/// With a rule for forward mode: x^2 + the sum of y.
struct SquaredPlus {
    static constexpr auto name = "squared_plus";
    static xg::Shape shape(xg::Types in) { return in[0].shape; }
    static void eval(xg::ConstArrays in, xg::Array out) {
        double total = 0;
        for (std::size_t i = 0; i < in[1].shape().numel(); ++i)
            total += in[1].pointer<double>()[i];
        for (std::size_t i = 0; i < out.shape().numel(); ++i)
            out.pointer<double>()[i] = in[0].pointer<double>()[i] * in[0].pointer<double>()[i] + total;
    }
    static auto vjp(Var g, Var, Var x, Var y) { return std::array{2 * g * x, broadcast_to(sum(g), y.shape())}; }
    static Var jvp(std::span<const Var> t, Var, std::span<const Var> x) {
        const Var of_x = t[0].valid() ? 2 * x[0] * t[0] : Var();
        if (!t[1].valid()) return of_x;
        return of_x.valid() ? of_x + sum(t[1]) : sum(t[1]);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(vmap, Fixture)

BOOST_AUTO_TEST_CASE(an_op_that_asks_for_a_rows_number) {
    Random random(2);
    const Var batch = tape.parameter(random_array<double>({3, 4, 2}, random));
    const auto f = [](Var one) { return record(NumberedRows{}, one); };
    const Var all = xg::vmap(f, batch), each = stack(f(batch[0]), f(batch[1]), f(batch[2]));
    BOOST_TEST(same(all.value<double>(), each.value<double>()));
    BOOST_TEST(same(gradient(sum(sin(all)), batch).value<double>(), gradient(sum(sin(each)), batch).value<double>(), 1e-15));
}

BOOST_AUTO_TEST_CASE(a_function_of_one_example) {
    const Var norms = xg::vmap([](Var one) { return sqrt(sum(square(one))); }, x);
    BOOST_TEST(norms.shape() == xg::Shape(5));
    BOOST_TEST(same(norms.value<double>(), sqrt(sum(square(x), 1)).value<double>()));
}

BOOST_AUTO_TEST_CASE(it_is_called_once_with_one_example) {
    int calls = 0;
    (void)xg::vmap(
        [&](Var one) {
            ++calls;
            BOOST_TEST(one.shape() == xg::Shape(3));
            return one;
        },
        x);
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(what_is_recorded_is_what_one_would_write) {
    // A product of a vector becomes one product of matrices, and the rest broadcasts.
    const Var m = tape.parameter(matrix(3, 4), "m"), b = tape.parameter(Doubles{1, 2, 3, 4}, "b");
    const Var written = tanh(matmul(x, m) + b);
    BOOST_TEST(xg::vmap([&](Var one) { return tanh(matmul(one, m) + b); }, x).is(written));
    const Var products = matmul(x, m);
    BOOST_TEST(xg::vmap([&](Var one) { return matmul(m, one, true); }, x).is(products));
    BOOST_TEST(xg::vmap([&](Var one) { return sum(one * w, 0, xg::keepdims); }, x).is(sum(x * w, 1, xg::keepdims)));
}

BOOST_AUTO_TEST_CASE(captured_and_constant_results) {
    const Var y = xg::vmap([&](Var) { return exp(w); }, x);
    BOOST_TEST(y.is(broadcast_to(exp(w), {5, 3})));
    const Var other = xg::vmap([&](Var) { return w; }, x);
    BOOST_TEST(other.is(broadcast_to(w, {5, 3})));
    // What does not depend on the examples is computed once.
    const std::size_t before = tape.size();
    (void)xg::vmap([&](Var one) { return one * exp(w); }, x);
    BOOST_TEST(tape.size() - before == 3u); // the stand-in, the product of one, and of all
}

BOOST_AUTO_TEST_CASE(several_results) {
    const auto [low, high] = xg::vmap([](Var one) { return std::pair(min(one), max(one)); }, x);
    BOOST_TEST(same(low.value<double>(), min(x, 1).value<double>()));
    BOOST_TEST(same(high.value<double>(), max(x, 1).value<double>()));
    const auto [a, b, c] = xg::vmap([](Var one) { return std::tuple(one, one * 2, sum(one)); }, x);
    BOOST_TEST((a.is(x) && b.is(x * 2) && c.is(sum(x, 1))));
    const std::array<Var, 2> two = xg::vmap([](Var one) { return std::array{one, exp(one)}; }, x);
    BOOST_TEST(two[1].is(exp(x)));
    const std::vector<Var> many = xg::vmap([](const std::vector<Var>& of) { return std::vector<Var>{of[1], of[0]}; }, {x, exp(x)});
    BOOST_TEST((many[0].is(exp(x)) && many[1].is(x)));
    BOOST_TEST(xg::vmap([](const std::vector<Var>&) { return std::vector<Var>(); }, {x}).empty());
}

BOOST_AUTO_TEST_CASE(axes_of_the_examples) {
    const Var y = tape.parameter(matrix(3, 5, 2), "y");
    const auto f = [](Var a, Var b) { return a * exp(b); };
    const Var expected = x * exp(transpose(y));
    BOOST_TEST(same(xg::vmap(f, x, y, {.in_axes = {0, 1}}).value<double>(), expected.value<double>()));
    BOOST_TEST(same(xg::vmap(f, x, y, {.in_axes = {-2, -1}}).value<double>(), expected.value<double>()));
    BOOST_TEST(same(xg::vmap(f, transpose(x), y, {.in_axes = {1, 1}}).value<double>(), expected.value<double>()));
    BOOST_TEST(same(xg::vmap(f, x, w, {.in_axes = {0, xg::not_batched}}).value<double>(), (x * exp(w)).value<double>()));
    const Var deep = tape.parameter(matrix(4, 6, 3), "deep"), cube = reshape(deep, {2, 3, 4});
    const Var sums = xg::vmap([](Var one) { return sum(one, 0); }, cube, {.in_axes = {1}});
    BOOST_TEST(same(sums.value<double>(), sum(cube, 0).value<double>()));
    BOOST_TEST(sums.shape() == xg::Shape(3, 4));
}

BOOST_AUTO_TEST_CASE(nested) {
    const Var y = tape.parameter(matrix(4, 3, 2), "y");
    const Var distances = xg::vmap([&](Var a) { return xg::vmap([&](Var b) { return sum(square(a - b)); }, y); }, x);
    const Var expected = sum(square(expand_dims(x, 1) - expand_dims(y, 0)), 2);
    BOOST_TEST(distances.shape() == xg::Shape(5, 4));
    BOOST_TEST(same(distances.value<double>(), expected.value<double>(), 1e-15));
    // Both over the same batch: the inner one over an argument of the outer one.
    const Var squares = xg::vmap([](Var row) { return xg::vmap([&](Var element) { return element * sum(row); }, row); }, x);
    BOOST_TEST(same(squares.value<double>(), (x * sum(x, 1, xg::keepdims)).value<double>(), 1e-15));
}

BOOST_AUTO_TEST_CASE(gradients_of_each_example) {
    const Var targets = tape.constant(Doubles{1, 2, 3, 4, 5});
    const auto loss = [&](Var one, Var target) { return square(sum(tanh(one * w)) - target); };
    const Var gradients = xg::vmap([&](Var one, Var target) { return gradient(loss(one, target), w); }, x, targets);
    BOOST_TEST(gradients.shape() == xg::Shape(5, 3));
    const Doubles all = gradients.value<double>();
    for (std::int64_t i = 0; i < 5; ++i)
        BOOST_TEST(same(gradients[i].value<double>(), gradient(loss(x[i], targets[i]), w).value<double>(), 1e-14));
    // Their mean is the gradient of the mean.
    const Var mean_loss = mean(xg::vmap(loss, x, targets));
    BOOST_TEST(same(mean(gradients, 0).value<double>(), gradient(mean_loss, w).value<double>(), 1e-14));
}

BOOST_AUTO_TEST_CASE(gradient_through_it) {
    const auto f = [&](Var one) { return sum(exp(one * w)) * one[0]; };
    const auto report = xg::gradcheck(
        [&](Var a, Var b) { return xg::vmap([&](Var one) { return sum(exp(one * b)) * one[0]; }, a); },
        {matrix(5, 3), Doubles{0.5, -1, 0.2}});
    BOOST_TEST(report.ok, report.str());
    const Var y = sum(xg::vmap(f, x));
    BOOST_TEST(same(gradient(y, w).value<double>(), gradient(f(x[0]) + f(x[1]) + f(x[2]) + f(x[3]) + f(x[4]), w).value<double>(), 1e-14));
}

BOOST_AUTO_TEST_CASE(stopped_and_given_derivatives) {
    const auto stopped = [&](Var one) { return gradient(sum(one * xg::stop_gradient(one * w)), one); };
    BOOST_TEST(same(xg::vmap(stopped, x).value<double>(), (x * w).value<double>()));
    const auto rounded = xg::custom_vjp([](Var a) { return round(a); }, [](Var g, Var, Var a) { return g * sum(a) * 2; });
    const auto f = [&](Var one) { return sum(square(rounded(one))); };
    const Var inside = xg::vmap([&](Var one) { return gradient(f(one), one); }, x);
    const Var outside = gradient(sum(xg::vmap(f, x)), x);
    for (std::int64_t i = 0; i < 5; ++i) {
        BOOST_TEST(same(inside[i].value<double>(), gradient(f(x[i]), x)[i].value<double>(), 1e-14));
        BOOST_TEST(same(outside[i].value<double>(), gradient(f(x[i]), x)[i].value<double>(), 1e-14));
    }
    const Var t = tape.constant(matrix(5, 3, 9));
    BOOST_TEST(same(xg::jvp({xg::vmap(rounded, x)}, {x}, {t})[0].value<double>(),
                    (2 * sum(x, 1, xg::keepdims) * t).value<double>(), 1e-14));
}

BOOST_AUTO_TEST_CASE(checkpoints) {
    const auto block = [&](bool again, Var one) {
        const auto body = [&](Var v) { return tanh(v * w) * exp(w); };
        return again ? xg::checkpoint(body)(one) : body(one);
    };
    for (const Var& by : {x, w}) {
        Doubles results[2][2];
        for (const bool again : {false, true}) {
            const auto f = [&](Var one) { return sum(block(again, one)); };
            results[again][0] = gradient(sum(xg::vmap(f, x)), by).value<double>();
            results[again][1] = xg::vmap([&](Var one) { return gradient(f(one), by.is(w) ? w : one); }, x).value<double>();
        }
        BOOST_TEST(same(results[0][0], results[1][0], 1e-15));
        BOOST_TEST(same(results[0][1], results[1][1], 1e-15));
    }
    // The values are indeed computed again.
    const Var y = sum(xg::vmap([&](Var one) { return sum(block(true, one)); }, x));
    BOOST_TEST(tape.compile({.outputs = {gradient(y, w)}, .updates = {}}, {}).str().find("tanh") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(random_numbers_of_each_example) {
    xg::Random random(tape, 3);
    const Var shared = random.uniform({3}, 0, 1, xg::DType::float64);
    const Var own = xg::vmap([&](Var) { return random.uniform({3}); }, x);
    const auto [a, b, c] = xg::vmap(
        [&](Var one) {
            const Var u = random.normal({2}, 0, 1, xg::DType::float64);
            return std::tuple(u, u * sum(one), shared * one);
        },
        x);
    xg::Program program = tape.compile({.outputs = {own, a, b, sum(x, 1), c, shared}, .updates = {}}, {});
    const xg::Results first = program(), second = program();
    const auto numbers = first.array<float>(0), next = second.array<float>(0);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        BOOST_TEST(numbers.data()[i] != next.data()[i]); // other ones at each call
        for (std::size_t k = 0; k < i; ++k)
            BOOST_TEST(numbers.data()[i] != numbers.data()[k]);
    }
    for (std::size_t i = 0; i < 5; ++i) // one draw is the same wherever it is used
        for (std::size_t k = 0; k < 2; ++k)
            BOOST_TEST(first.array<double>(1)(i, k) * first.array<double>(3)(i) == first.array<double>(2)(i, k));
}

BOOST_AUTO_TEST_CASE(draws_inside_a_checkpoint) {
    xg::Random random(tape, 3);
    const auto f = [&](Var one) {
        return xg::checkpoint([&](Var v) { return sum(square(v * random.uniform({3}, 0, 1, xg::DType::float64))); })(one);
    };
    const Var y = xg::vmap(f, x), g = gradient(sum(y), x);
    // y = sum (u x)^2 and g = 2 u^2 x, so y = sum g x / 2: with the same numbers in the backward pass.
    xg::Program program = tape.compile({.outputs = {y, sum(g * x / 2, 1)}, .updates = {}}, {});
    for (int i = 0; i < 2; ++i) {
        const xg::Results results = program();
        BOOST_TEST(same(results.array<double>(0), results.array<double>(1), 1e-14));
        BOOST_TEST(results.array<double>(0)(0) != 0);
    }
}

BOOST_AUTO_TEST_CASE(dropout_of_each_example) {
    xg::Random random(tape, 3);
    const Var ones = tape.constant(filled<double>({64, 32}, 1));
    const Var kept = xg::vmap([&](Var one) { return dropout(one, 0.5, random); }, ones);
    const Doubles rows = sum(kept, 1).value<double>();
    BOOST_TEST(std::set<double>(rows.begin(), rows.end()).size() > 5u);
    BOOST_TEST(std::abs(mean(kept).scalar<double>() - 1) < 0.1);
}

BOOST_AUTO_TEST_CASE(labels_and_integers) {
    const Var labels = tape.constant(xt::xarray<std::int64_t>{2, 0, 1, 1, 0});
    const auto loss = [](Var scores, Var label) { return logsumexp(scores) - pick(scores, label); };
    const Var losses = xg::vmap(loss, x, labels);
    BOOST_TEST(same(losses.value<double>(), (logsumexp(x, 1) - pick(x, labels)).value<double>(), 1e-15));
    const Var counts = xg::vmap([](Var row) { return std::pair(argmax(row), sum(row > 0)); }, x).second;
    BOOST_TEST(same(counts.value<std::int64_t>(), sum(x > 0, 1).value<std::int64_t>()));
    // A label out of range is told with its place among all.
    const Var wrong = tape.constant(xt::xarray<std::int64_t>{2, 0, 1, 3, 0});
    BOOST_TEST(error_of([&] { (void)xg::vmap(loss, x, wrong).value<double>(); }).starts_with("pick: label 3 at position (3) is out of range"));
}

BOOST_AUTO_TEST_CASE(tables_and_indices) {
    const Var tables = tape.constant(reshape(tape.constant(matrix(10, 3)), {5, 2, 3}).value<double>());
    const Var indices = tape.constant(xt::xarray<std::int64_t>{{0, 1}, {1, 1}, {-1, 0}, {0, 0}, {1, -2}});
    const auto row = [](Var table, Var at) { return take(table, at, 0); };
    const Var both = xg::vmap(row, tables, indices);
    const Var one_table = xg::vmap([&](Var at) { return take(x, at, 0); }, indices);
    const Var columns = xg::vmap([&](Var at) { return take(x, at, 1); }, indices);
    for (std::int64_t i = 0; i < 5; ++i) {
        BOOST_TEST(same(both[i].value<double>(), row(tables[i], indices[i]).value<double>()));
        BOOST_TEST(same(one_table[i].value<double>(), take(x, indices[i], 0).value<double>()));
        BOOST_TEST(same(columns[i].value<double>(), take(x, indices[i], 1).value<double>()));
    }
    const Var g = xg::vmap([&](Var table, Var at) { return gradient(sum(square(row(table, at))), table); }, tables, indices);
    for (std::int64_t i = 0; i < 5; ++i)
        BOOST_TEST(same(g[i].value<double>(), gradient(sum(square(row(tables[i], indices[i]))), tables)[i].value<double>()));
    const Var far = tape.constant(xt::xarray<std::int64_t>{{0, 1}, {1, 2}, {0, 0}, {0, 0}, {0, 0}});
    const std::string text = error_of([&] { (void)xg::vmap(row, tables, far).value<double>(); });
    BOOST_TEST((text.starts_with("take: index 2 at position (1) is out of range") && text.find(", in example 1, at vmap.cpp") != text.npos), text);
}

BOOST_AUTO_TEST_CASE(ops_of_the_user) {
    const auto f = [](Var one) { return exp(record(Weighted{0.5}, sin(one))); };
    const auto loop = [&](auto g) {
        std::vector<Var> parts;
        for (std::int64_t i = 0; i < 5; ++i)
            parts.push_back(g(tape.parameter(x[i].value<double>())));
        return stack(parts);
    };
    const auto of_one = [&](auto g) { return [g](Var one) { return gradient(sum(g(one)), one); }; };
    const auto of_two = [&](auto g) { return [g, of_one](Var one) { return gradient(sum(square(of_one(g)(one))), one); }; };
    const auto check = [&](auto g) {
        BOOST_TEST(same(xg::vmap(g, x).template value<double>(), loop(g).template value<double>(), 1e-15));
        const Var first = loop(of_one(g)), second = loop(of_two(g)), y = xg::vmap(g, x);
        BOOST_TEST(same(xg::vmap(of_one(g), x).template value<double>(), first.value<double>(), 1e-14));
        BOOST_TEST(same(gradient(sum(y), x).value<double>(), first.value<double>(), 1e-14));
        BOOST_TEST(same(xg::vmap(of_two(g), x).template value<double>(), second.value<double>(), 1e-14));
        BOOST_TEST(same(gradient(sum(square(gradient(sum(y), x))), x).value<double>(), second.value<double>(), 1e-14));
        const Var nested = xg::vmap([&](Var one) { return xg::vmap([&](Var scale) { return g(one * scale); }, w); }, x);
        for (std::int64_t k = 0; k < 3; ++k)
            BOOST_TEST(same(slice(nested, 1, k, k + 1).value<double>(), expand_dims(loop([&](Var one) { return g(one * w[k]); }), 1).template value<double>(), 1e-14));
    };
    check(f);
    check([](Var one) { return exp(record(Shifted{}, sin(one), sum(one))); });
    check([](Var one) { return exp(record(SecondHalf{}, concatenate(one, sin(one), one * one))); });
    check([](Var one) { return exp(record(TurnedRows{3}, outer(one, sin(one)))); });
}

BOOST_AUTO_TEST_CASE(forward_mode_of_an_op_of_the_user) {
    const Var t = tape.constant(matrix(5, 3, 4)), of_w = tape.constant(Doubles{1, 2, 4});
    const auto f = [&](Var a, Var b) { return record(SquaredPlus{}, a, b); };
    const Var expected = 2 * x * t;
    // By what is batched, by what is not, by both; of all examples, and of each.
    const xg::VmapOptions first{.in_axes = {0, xg::not_batched}};
    const Var y = xg::vmap(f, x, w, first);
    BOOST_TEST(same(y.value<double>(), (square(x) + sum(w)).value<double>(), 1e-14));
    BOOST_TEST(same(xg::jvp({y}, {x}, {t})[0].value<double>(), expected.value<double>(), 1e-14));
    BOOST_TEST(same(xg::jvp({y}, {w}, {of_w})[0].value<double>(), filled<double>({5, 3}, 7), 1e-14));
    BOOST_TEST(same(xg::jvp({y}, {x, w}, {t, of_w})[0].value<double>(), (expected + 7).value<double>(), 1e-14));
    const auto forward = [&](Var a, Var tangent) { return xg::jvp({f(a, w)}, {a, w}, {tangent, of_w})[0]; };
    BOOST_TEST(same(xg::vmap(forward, x, t).value<double>(), (expected + 7).value<double>(), 1e-14));
    BOOST_TEST(same(gradient(sum(y), w).value<double>(), Doubles{15, 15, 15}));
    BOOST_TEST(same(xg::jvp({xg::vmap(f, x, x)}, {x}, {t})[0].value<double>(), (expected + sum(t, 1, xg::keepdims)).value<double>(), 1e-14));
}

BOOST_AUTO_TEST_CASE(no_examples) {
    const Var none = tape.constant(xt::xarray<double>::from_shape({0, 3}));
    const Var y = xg::vmap([&](Var one) { return std::pair(exp(record(Weighted{}, one)) * w, argmax(one)); }, none).first;
    BOOST_TEST(y.shape() == xg::Shape(0, 3));
    BOOST_TEST(y.value<double>().size() == 0u);
    BOOST_TEST(same(gradient(sum(y), w).value<double>(), Doubles{0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(inside_a_function) {
    auto f = tape.function([&](Var batch) { return xg::vmap([&](Var one) { return sum(one * w); }, batch); });
    BOOST_TEST(same(f(matrix(4, 3)).array<double>(), sum(tape.constant(matrix(4, 3)) * w, 1).value<double>(), 1e-15));
    BOOST_TEST(same(f(matrix(7, 3)).array<double>(), sum(tape.constant(matrix(7, 3)) * w, 1).value<double>(), 1e-15));
    BOOST_TEST(f.programs() == 2u);
}

BOOST_AUTO_TEST_CASE(lines_of_the_examples_nodes) {
    const int line = __LINE__ + 1;
    const Var all = xg::vmap([&](Var one) { return log(one); }, x);
    tape.check_numerics();
    tape.assign(x, -1.0);
    const std::string text = error_of([&] { (void)all.value<double>(); });
    BOOST_TEST((text.find("log") != text.npos && text.ends_with(at(line))), text);
}

BOOST_AUTO_TEST_CASE(errors) {
    const auto same_line = [](const std::string& text, const std::string& start, int line) {
        BOOST_TEST((text.starts_with(start) && text.ends_with(at(line))), text);
    };
    const auto one = [](Var a) { return a; };
    const auto two = [](Var a, Var b) { return a + b; };
    const Var number = tape.constant(2.0), longer = tape.constant(matrix(6, 3)), none;
    xg::Tape other;
    const Var foreign = other.constant(1.0);
    same_line(error_of([&] { (void)xg::vmap(one, number); }), "vmap: argument 0 is (), and axis 0 was to be that of its examples", __LINE__);
    same_line(error_of([&] { (void)xg::vmap(one, 2.0); }), "vmap: argument 0 is no Var", __LINE__);
    same_line(error_of([&] { (void)xg::vmap(one, none); }), "vmap: argument 0 is no Var", __LINE__);
    same_line(error_of([&] { (void)xg::vmap(two, x, longer); }), "vmap: the numbers of examples differ: argument 0 is (5, 3) and has 5 along axis 0, argument 1 is (6, 3) and has 6", __LINE__);
    same_line(error_of([&] { (void)xg::vmap(one, x, {.in_axes = {2}}); }), "vmap: argument 0 is (5, 3), and axis 2", __LINE__);
    same_line(error_of([&] { (void)xg::vmap(one, x, {.in_axes = {0, 1}}); }), "vmap: in_axes names 2 axes, and there are 1 arguments", __LINE__);
    same_line(error_of([&] { (void)xg::vmap(one, x, {.in_axes = {xg::not_batched}}); }), "vmap: no argument is batched", __LINE__);
    same_line(error_of([&] { (void)xg::vmap(two, x, foreign); }), "vmap: the Vars are of different tapes", __LINE__);
    same_line(error_of([&] { (void)xg::vmap([&](Var) { return foreign; }, x); }), "vmap: the function must return Vars of the tape", __LINE__);
    same_line(error_of([&] { (void)xg::vmap([&](Var) { return Var(); }, x); }), "vmap: the function must return Vars of the tape", __LINE__);
    same_line(error_of([&] { (void)xg::vmap([&](Var a) { return record(BadRule{}, a); }, x); }), "vmap: the function uses bad_rule, recorded at vmap.cpp", __LINE__);
    const Var deep = tape.constant(filled<double>({2, 1, 1, 1, 1, 1, 1, 1}, 1));
    same_line(error_of([&] { (void)xg::vmap([](Var a) { return expand_dims(a, 0); }, deep); }), "vmap: the function uses reshape, recorded at vmap.cpp", __LINE__);
    // A mistake in the function is told of its own line.
    same_line(error_of([&] { (void)xg::vmap([&](Var a) { return matmul(a, longer); }, x); }), "matmul: inner extents differ, (3,) x (6, 3)", __LINE__);
}

BOOST_AUTO_TEST_CASE(updates_are_errors) {
    const Var count = tape.state(Doubles{0, 0, 0}, "count");
    const auto f = [&](Var one) {
        tape.update_with(one, {count, count + 1});
        return one;
    };
    const std::string text = error_of([&] { (void)xg::vmap(f, x); });
    BOOST_TEST(text.starts_with("vmap: the function registers an update of \"count\""), text);
    // Nothing of it is left.
    BOOST_TEST(tape.compile({.outputs = {x * 2}, .updates = {}}, {})().size() == 1u);
    const auto thrower = [&](Var one) -> Var {
        tape.update_with(one, {count, count + 1});
        throw std::runtime_error("mine");
    };
    BOOST_CHECK_THROW((void)xg::vmap(thrower, x), std::runtime_error);
    BOOST_TEST(tape.graph().updates_with.empty());
}

BOOST_AUTO_TEST_CASE(what_leaks_has_no_value) {
    Var leaked;
    (void)xg::vmap([&](Var one) { return leaked = one * 2; }, x);
    const std::string text = error_of([&] { (void)leaked.value<double>(); });
    BOOST_TEST(text.find("an example of vmap") != text.npos, text);
}

BOOST_AUTO_TEST_SUITE_END()
