// Memory that is refused, anywhere: nothing is destroyed twice or lost, every parameter and state is as it was, the tape can be used.

#include <xtensor/xvectorize.hpp>

#include <xgrad/core/graph/graph.hpp>

#include "../fault_injection.hpp"

using namespace test;
using xg::Operand;
using xg::Step;
using xg::Var;

namespace {

using Doubles = xt::xarray<double>;

/// y = x + all of its steps: an op whose attributes must be copied and destroyed, and which counts that.
struct AddAll {
    static constexpr auto name = "add_all";
    static inline std::atomic<int> alive = 0;
    std::vector<double> steps;

    explicit AddAll(std::vector<double> s) : steps(std::move(s)) { ++alive; }
    AddAll(const AddAll& other) : steps(other.steps) { ++alive; }
    ~AddAll() { --alive; }
    AddAll& operator=(const AddAll&) = delete;

    auto forward(auto x) const noexcept {
        for (const double step : steps) x = x + decltype(x)(step);
        return x;
    }
    static Var vjp(Var g, Var, Var) { return g; }
    bool operator==(const AddAll& other) const { return steps == other.steps; }
};
Var add_all(Operand x, std::vector<double> steps) { return record(AddAll(std::move(steps)), x); }

/// The same on whole arrays, by way of an array of its own.
struct Doubled {
    static constexpr auto name = "doubled";
    std::shared_ptr<int> attribute = std::make_shared<int>(2);

    static xg::Shape shape(xg::Types x) { return x[0].shape; }
    void eval(xg::ConstArrays in, xg::Array out) const {
        const Doubles twice = *attribute * in[0].as<double>();
        std::copy(twice.begin(), twice.end(), out.as<double>().begin());
    }
    static Var vjp(Var g, Var, Var) { return 2 * g; }
    bool operator==(const Doubled& other) const { return *attribute == *other.attribute; }
};

/// So large that a few of them fill a piece of the tape's memory for attributes.
struct Large {
    static constexpr auto name = "large";
    std::array<double, 3000> numbers{};
    explicit Large(double number) { numbers.fill(number); }
    auto forward(auto x) const noexcept { return x + decltype(x)(numbers[7]); }
    static Var vjp(Var g, Var, Var) { return g; }
    bool operator==(const Large&) const = default;
};

Doubles ramp(const Extents& shape, double step) {
    auto a = Doubles::from_shape(shape);
    for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = step * static_cast<double>(i % 17) - 0.3;
    return a;
}

// --- Recording -----------------------------------------------------------------------------------------------------

/// Fills every table of a tape: nodes, inputs, numbers, shapes, attributes, leaves, slots, draws.
Var record_much(xg::Tape& tape, Var x) {
    Var y = x;
    for (int i = 1; i <= 20; ++i) y = y * (1 + 1.0 / i) + x / (i + 0.5); // numbers, and users of x
    for (int i = 0; i < 6; ++i) y = record(Large(i), y);
    for (int i = 0; i < 5; ++i) y = add_all(y, {0.25, 0.125 * i});
    y = y + tape.slot("slot", xg::DType::float64, {4}, 0.5) * tape.parameter(Doubles{1, 2, 3, 4}) + tape.state(2.0, "state");
    std::vector<Var> parts;
    for (int i = 1; i <= 9; ++i) parts.push_back(broadcast_to(sum(y) * i, {i, 2}));
    return sum(xg::concatenate(parts, 0)) + sum(record(Doubled{}, y)) + xg::checkpoint([](Var v) { return sum(exp(v * 0.01)); })(y);
}

struct Recording {
    Recording() : attributes(AddAll::alive) {}
    ~Recording() { tape.reset(); }
    int attributes;
    std::unique_ptr<xg::Tape> tape = std::make_unique<xg::Tape>();
    Var x = tape->constant(Doubles{0.5, -1, 2, 0.25});
};

double value_of_much(bool of_gradient) {
    Recording r;
    const Var y = record_much(*r.tape, r.x);
    return of_gradient ? sum(gradient(y, r.x)).scalar<double>() : y.scalar<double>();
}

std::size_t count_of(const std::string& word, const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++count;
    return count;
}

/// Leaves are there whole, the tape records and computes, and so it does after a rewind.
void check_recording(Recording& r, double value, double slope) {
    xg::Tape& tape = *r.tape;
    for (const Var& p : tape.parameters()) require(p.value<double>() == Doubles{1, 2, 3, 4}, "a parameter is not whole");
    for (const Var& s : tape.states()) require(s.value<double>()() == (tape.name(s).starts_with("slot") ? 0.5 : 2), "a state is not whole");
    require(count_of("= parameter ", tape.str()) == tape.parameters().size(), "a parameter is not in the list");
    require(count_of("= state ", tape.str()) == tape.states().size(), "a state is not in the list");
    const xg::Mark mark = tape.mark();
    for (int again = 0; again < 2; ++again) {
        const Var y = record_much(tape, r.x);
        require(y.scalar<double>() == value, "the value is another one");
        require(sum(gradient(y, r.x)).scalar<double>() == slope, "the gradient is another one");
        tape.rewind(mark);
    }
    require((r.x * 3).is(r.x * 3), "equal nodes are two");
    r.tape.reset();
    require(AddAll::alive == r.attributes, "an attribute was destroyed twice, or never");
}

// --- A step of training --------------------------------------------------------------------------------------------

struct Training {
    explicit Training(std::size_t batch, xg::CompileOptions o) : options(o), x(ramp({batch, 12}, 0.125)) {
        for (const Var& leaf : {w, b, n}) before.push_back(leaf.value<double>());
    }
    xg::Tape tape;
    xg::CompileOptions options;
    Var w = tape.parameter(ramp({12, 30}, 0.0625), "w"), b = tape.parameter(ramp({30}, 0.5), "b"), n = tape.state(0.0, "n");
    xg::Random random{tape, 1};
    Doubles x;
    std::vector<Doubles> before;
    bool done = false;

    Step step(Var images) {
        const Var h = add_all(tanh(matmul(images, w) + b), {0.5, -0.25});
        const Var turned = transpose(reshape(h, {-1, 5, 6}), {2, 0, 1});
        const Var noise = 1 + 0.1 * random.uniform(turned.shape(), 0, 1, xg::DType::float64);
        const Var scale = tape.slot("scale", xg::DType::float64, {30}, 0.5);
        const Var loss = mean(square(turned * noise)) + 0.001 * sum(record(Doubled{}, b)) + max(w) * mean(scale);
        return {.outputs = {loss, sum(xg::concatenate({b, scale}, 0))},
                .updates = {{n, n + 1}, {scale, scale * 0.75}, {w, w - 0.1 * gradient(loss, w)}, {b, b - 0.1 * gradient(loss, b)}}};
    }
    void run() {
        tape.graph().draws = 0; // the same numbers when it runs again
        const Var images = tape.input<double>(xg::Shape(x.shape()));
        auto program = tape.compile(step(images), {images}, options);
        program(x);
        done = true;
    }
    std::vector<Doubles> leaves() const { return {w.value<double>(), b.value<double>(), n.value<double>()}; }
    /// Of the step that was made: what a tape has on which nothing fails.
    void check(const std::vector<Doubles>& after) {
        if (!done) {
            require(leaves() == before, "a call that failed has changed something");
            run();
        }
        require(result() == after, "the step gives something else");
    }
    std::vector<Doubles> result() {
        std::vector<Doubles> all = leaves();
        all.push_back(tape.slot("scale", xg::DType::float64, {30}, 0.5).value<double>());
        return all;
    }
};

void train_while_allocations_fail(std::size_t threads, std::size_t batch, xg::CompileOptions options) {
    xg::set_num_threads(threads);
    Training clean(batch, options);
    clean.run();
    const std::vector<Doubles> after = clean.result();
    const std::size_t count = fail_each_allocation(
        [&] { return std::make_unique<Training>(batch, options); }, [](Training& t) { t.run(); },
        [&](Training& t) { t.check(after); });
    BOOST_TEST(count > 100u);
    xg::set_num_threads(2);
}

} // namespace

BOOST_AUTO_TEST_SUITE(fault_injection)

BOOST_AUTO_TEST_CASE(in_recording) {
    const double value = value_of_much(false), slope = value_of_much(true);
    const std::size_t count = fail_each_allocation(
        [] { return std::make_unique<Recording>(); }, [](Recording& r) { record_much(*r.tape, r.x); },
        [&](Recording& r) { check_recording(r, value, slope); });
    BOOST_TEST(count > 100u);
}

BOOST_AUTO_TEST_CASE(in_making_a_tape) {
    fail_each_allocation([] { return std::make_unique<int>(); }, [](int&) { const xg::Tape tape; }, [](int&) {});
}

BOOST_AUTO_TEST_CASE(in_recording_many_leaves) {
    const auto record_leaves = [](xg::Tape& tape) {
        for (int i = 0; i < 18; ++i) tape.parameter(static_cast<double>(i)), tape.state(0.5);
    };
    fail_each_allocation([] { return std::make_unique<xg::Tape>(); }, record_leaves, [&](xg::Tape& tape) {
        for (int again = 0; again < 2; ++again) {
            const std::string text = tape.str();
            require(count_of("= parameter ", text) == tape.parameters().size(), "a parameter is not in the list");
            require(count_of("= state ", text) == tape.states().size(), "a state is not in the list");
            record_leaves(tape);
        }
    });
}

BOOST_AUTO_TEST_CASE(in_drawing) {
    struct Drawing {
        xg::Tape tape;
        xg::Random random{tape, 3};
        bool done = false;
        Doubles draw() { return random.uniform({5}, 0, 1, xg::DType::float64).value<double>(); }
    };
    const Doubles first = Drawing().draw();
    fail_each_allocation([] { return std::make_unique<Drawing>(); },
                         [](Drawing& d) {
                             (void)d.random.uniform({5}, 0, 1, xg::DType::float64);
                             d.done = true;
                         },
                         [&](Drawing& d) { require(d.done || d.draw() == first, "a draw that failed was counted"); });
}

BOOST_AUTO_TEST_CASE(nothing_is_allocated_when_things_go) {
    std::vector<std::unique_ptr<Training>> all;
    for (int i = 0; i < 400; ++i) all.push_back(std::make_unique<Training>(5, xg::CompileOptions{})); // more than ever
    for (int i = 0; i < 4; ++i) all[static_cast<std::size_t>(i)]->run();
    for (int i = 0; i < 3; ++i) all[0]->tape.state(1.0, "a_state_whose_name_is_rather_long");
    fail_allocation(1);
    all.clear();
    BOOST_TEST(!stop_failing());
}

BOOST_AUTO_TEST_CASE(in_differentiating) {
    const double value = value_of_much(false), slope = value_of_much(true);
    struct Differentiating : Recording {
        Var y = record_much(*tape, x), one = tape->constant(Doubles{1, 1, 1, 1});
    };
    fail_each_allocation([] { return std::make_unique<Differentiating>(); },
                         [](Differentiating& d) {
                             (void)gradient(d.y, d.x);
                             (void)xg::jvp({d.y}, {d.x}, {d.one});
                             (void)xg::hessian_vector_product(d.y, d.x, d.one);
                         },
                         [&](Differentiating& d) { check_recording(d, value, slope); });
}

BOOST_AUTO_TEST_CASE(in_a_step_of_loops) { train_while_allocations_fail(1, 9, {.small_elements = 0}); }
BOOST_AUTO_TEST_CASE(in_a_step_of_a_small_loop) { train_while_allocations_fail(1, 3, {}); }
BOOST_AUTO_TEST_CASE(in_a_step_of_one_op_at_a_time) { train_while_allocations_fail(1, 9, {.fuse = false}); }
BOOST_AUTO_TEST_CASE(in_a_step_that_checks_numerics) { train_while_allocations_fail(1, 9, {.check_numerics = true}); }
BOOST_AUTO_TEST_CASE(in_a_step_on_threads) { train_while_allocations_fail(4, 2000, {}); }

BOOST_AUTO_TEST_CASE(in_a_call_on_more_threads_than_the_program_was_compiled_for) {
    struct Called {
        xg::Tape tape;
        Var x = tape.parameter(ramp({300000}, 0.001));
        std::optional<xg::Program> program;
        Called() {
            xg::set_num_threads(1);
            program.emplace(tape.compile({.outputs = {sum(exp(x) * x)}, .updates = {}}, {}));
            xg::set_num_threads(4);
        }
    };
    const double value = (*Called().program)().scalar<double>();
    fail_each_allocation([] { return std::make_unique<Called>(); }, [](Called& c) { (*c.program)(); },
                         [&](Called& c) {
                             for (int i = 0; i < 3; ++i) require((*c.program)().scalar<double>() == value, "the value is another one");
                             xg::set_num_threads(1); // what threads hold goes with them
                         });
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_CASE(in_a_function_that_is_called_again) {
    struct Functions : Training {
        Functions() : Training(5, {}) {}
        xg::Function train = tape.function([this](Var images) { return step(images); });
        std::size_t calls = 0;
    };
    Functions clean;
    std::vector<std::vector<Doubles>> after{clean.before};
    for (int i = 0; i < 3; ++i) {
        clean.train(clean.x);
        after.push_back(clean.leaves());
    }
    fail_each_allocation([] { return std::make_unique<Functions>(); },
                         [](Functions& f) {
                             for (; f.calls < 2; ++f.calls) f.train(f.x);
                         },
                         [&](Functions& f) {
                             require(f.leaves() == after[f.calls], "a call that failed has changed something");
                             f.train(f.x);
                             require(f.leaves() == after[f.calls + 1], "the call after it gives something else");
                         });
}

BOOST_AUTO_TEST_CASE(in_compiling_the_same_again) {
    fail_each_allocation([] { return std::make_unique<Training>(5, xg::CompileOptions{}); },
                         [](Training& t) {
                             const xg::Mark mark = t.tape.mark();
                             for (int i = 0; i < 4; ++i) { // the third time the program is one of those compiled lately
                                 const Var y = sum(add_all(t.w * 2, {1, 2}) + sum(t.b));
                                 t.tape.compile({.outputs = {y, gradient(y, t.w)}, .updates = {}}, {})();
                                 t.tape.rewind(mark);
                             }
                         },
                         [](Training& t) {
                             require(t.leaves() == t.before, "what was not updated has changed");
                             t.run();
                         });
}

BOOST_AUTO_TEST_CASE(in_convolutions) {
    struct Convolutions {
        xg::Tape tape;
        Var filters = tape.parameter(ramp({4, 3, 3, 3}, 0.1)), weights = tape.parameter(ramp({4 * 5 * 5, 3}, 0.01)), images = tape.constant(ramp({4, 3, 10, 10}, 0.2));
        Doubles filters_before = filters.value<double>(), weights_before = weights.value<double>();
        bool done = false;
        void run() {
            const Var pooled = max_pool2d(conv2d(images, filters, {.padding = 1}), {2, 2});
            const Var loss = sum(square(matmul(reshape(xg::avg_pool2d(pooled, {3, 3}, {.stride = 1, .padding = 1}), {4, -1}), weights)));
            tape.compile({.outputs = {}, .updates = {{weights, weights - 1e-4 * gradient(loss, weights)}, {filters, filters - 1e-4 * gradient(loss, filters)}}}, {})();
            done = true;
        }
    };
    xg::set_num_threads(1);
    Convolutions clean;
    clean.run();
    fail_each_allocation([] { return std::make_unique<Convolutions>(); }, [](Convolutions& c) { c.run(); },
                         [&](Convolutions& c) {
                             if (!c.done) {
                                 require(c.filters.value<double>() == c.filters_before && c.weights.value<double>() == c.weights_before, "a call that failed has changed something");
                                 c.run();
                             }
                             require(c.filters.value<double>() == clean.filters.value<double>() && c.weights.value<double>() == clean.weights.value<double>(), "the step gives something else");
                         });
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_CASE(expressions_that_throw_leave_no_leaf) {
    const Doubles numbers = ramp({6}, 1);
    const auto bad = xt::vectorize([](double x) { return x > 3 ? throw std::domain_error("too large") : x; })(numbers);
    xg::Tape tape;
    const Var p = tape.parameter(Doubles{1, 2, 3, 4, 5, 6}, "p");
    const std::size_t size = tape.size();
    BOOST_CHECK_THROW(tape.parameter(bad, "q"), std::domain_error);
    BOOST_CHECK_THROW(tape.state(bad), std::domain_error);
    BOOST_CHECK_THROW((void)tape.constant(bad), std::domain_error);
    BOOST_CHECK_THROW(tape.assign(p, bad), std::domain_error);
    BOOST_TEST(tape.size() == size);
    BOOST_TEST(tape.parameters().size() == 1u);
    BOOST_TEST(p.value<double>()(5) == 6);
}

BOOST_AUTO_TEST_SUITE_END()
