// What follows from constants alone is worked out once: at the first call, and after a constant was assigned.

#include "../support.hpp"

using namespace test;
using xg::CompileOptions;
using xg::Var;
using Vars = std::vector<Var>;
using Floats = xt::xarray<float>;

namespace {

int runs = 0;

/// y = 2 x, and counts how often it is computed.
struct Counted {
    static constexpr auto name = "counted";
    static xg::Shape shape(xg::Types in) { return in[0].shape; }
    static void eval(xg::ConstArrays in, xg::Array out) {
        ++runs;
        for (std::size_t i = 0; i < out.shape().numel(); ++i) out.pointer<float>()[i] = 2 * in[0].pointer<float>()[i];
    }
    static Var vjp(Var g, Var, Var) { return 2 * g; }
};
Var counted(xg::Operand x) { return xg::record(Counted{}, x); }

struct Fixture {
    Fixture() { runs = 0; }
    Random random{21};
    xg::Tape tape;
    Var x = tape.input<float>({3}, "x");
    Var c = tape.constant(Floats{1, 2, 3});

    /// More nodes than the compiler of small graphs asks for.
    static Var longer(Var y) {
        for (int i = 0; i < 40; ++i) y = tanh(y) * 0.5f;
        return y;
    }
    static bool is_kept(const xg::Program& program) { return program.str().starts_with("from constants, once:"); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(constant_part, Fixture)

BOOST_AUTO_TEST_CASE(is_computed_at_the_first_call) {
    const Var y = x * sum(exp(counted(c) - 1));
    for (const Var& out : {y, longer(y)}) {
        runs = 0;
        auto program = tape.compile({.outputs = {out}, .updates = {}}, {x});
        auto plain = tape.compile({.outputs = {out}, .updates = {}}, {x}, {.fuse = false});
        BOOST_TEST(is_kept(program));
        BOOST_TEST(!is_kept(plain));
        BOOST_TEST(runs == 0);
        for (int i = 0; i < 3; ++i) program(Floats{1, 2, 3});
        BOOST_TEST(runs == 1);
        const Floats at{3, -1, 0.5f};
        BOOST_TEST(same(program(at).array<float>(), plain(at).array<float>(), 1e-6));
    }
}

BOOST_AUTO_TEST_CASE(is_a_leaf_of_small_graphs) {
    const Var y = longer(x * sum(exp(c)) + c * c);
    auto program = tape.compile({.outputs = {y}, .updates = {}}, {x});
    BOOST_TEST(is_kept(program));
    BOOST_TEST(program.loops() == 1u);
    auto plain = tape.compile({.outputs = {y}, .updates = {}}, {x}, {.fuse = false});
    BOOST_TEST(same(program(Floats{1, 2, 3}).array<float>(), plain(Floats{1, 2, 3}).array<float>(), 1e-6));
}

BOOST_AUTO_TEST_CASE(is_computed_again_when_a_constant_is_assigned) {
    auto program = tape.compile({.outputs = {x + counted(c)}, .updates = {}}, {x});
    BOOST_TEST(same(program(Floats{0, 0, 0}).array<float>(), Floats{2, 4, 6}));
    tape.assign(c, Floats{5, 6, 7});
    for (int i = 0; i < 2; ++i) BOOST_TEST(same(program(Floats{0, 0, 0}).array<float>(), Floats{10, 12, 14}));
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(is_not_there_when_all_is_constant_or_nothing) {
    const Var p = tape.parameter(Floats{1, 2, 3});
    BOOST_TEST(!is_kept(tape.compile({.outputs = {sum(exp(c))}, .updates = {}}, {})));
    BOOST_TEST(!is_kept(tape.compile({.outputs = {p * c + transpose(c)}, .updates = {}}, {})));
    BOOST_TEST(!is_kept(tape.compile({.outputs = {p * exp(p)}, .updates = {}}, {})));
    BOOST_TEST(sum(exp(c)).scalar<float>() == std::exp(1.0f) + std::exp(2.0f) + std::exp(3.0f), boost::test_tools::tolerance(1e-6f));
}

BOOST_AUTO_TEST_CASE(may_be_a_result_itself_and_what_replaces_a_leaf) {
    const Var s = tape.state(Floats{0, 0, 0}), d = counted(c);
    for (const Var& y : {x + d, longer(x + d)}) {
        runs = 0;
        auto program = tape.compile({.outputs = {d, y, d, reshape(d, {3, 1})}, .updates = {{s, d}}}, {x});
        for (int i = 0; i < 2; ++i) {
            tape.assign(s, 0);
            const auto results = program(Floats{1, 1, 1});
            BOOST_TEST(same(results.array<float>(0), Floats{2, 4, 6}));
            BOOST_TEST(same(results.array<float>(2), Floats{2, 4, 6}));
            BOOST_TEST(results.array<float>(3)(2, 0) == 6);
            BOOST_TEST(same(s.value<float>(), Floats{2, 4, 6}));
        }
        BOOST_TEST(runs == 1);
    }
}

BOOST_AUTO_TEST_CASE(is_bounded) {
    const Var y = x + counted(c);
    auto none = tape.compile({.outputs = {y}, .updates = {}}, {x}, {.constant_bytes = 0});
    for (int i = 0; i < 3; ++i) none(Floats{1, 2, 3});
    BOOST_TEST(runs == 3);

    // An outer product is not kept, as it is larger than what it is made from; its two sides are.
    const Var row = tape.constant(filled<float>({1, 500}, 2.0f)), column = tape.constant(filled<float>({500, 1}, 3.0f));
    const Var scale = tape.input<float>({});
    auto outer = tape.compile({.outputs = {sum(scale * (exp(row) * exp(column)))}, .updates = {}}, {scale});
    BOOST_TEST(is_kept(outer));
    const std::string text = outer.str();
    BOOST_TEST(text.find("exp", text.find("at each call")) == std::string::npos);
    BOOST_TEST(outer.arena_bytes() < 100000u);
    BOOST_TEST(outer(1.0f).scalar<float>() == 250000 * std::exp(5.0f), boost::test_tools::tolerance(1e-4f));

    // Of four results of one size, three are within the bound.
    const Var large = tape.constant(filled<float>({2500}, 1.0f)), z = tape.input<float>({2500});
    Var all = z;
    for (const float k : {1.0f, 2.0f, 3.0f, 4.0f}) all = all * exp(large * k);
    auto most = tape.compile({.outputs = {all}, .updates = {}}, {z}, {.constant_bytes = 30000});
    auto plain = tape.compile({.outputs = {all}, .updates = {}}, {z}, {.fuse = false});
    const auto at = filled<float>({2500}, 0.5f);
    BOOST_TEST(is_kept(most));
    BOOST_TEST(most.str().find("at each call:\nloop") != std::string::npos);
    BOOST_TEST(same(most(at).array<float>(), plain(at).array<float>(), 1e-6));
}

BOOST_AUTO_TEST_CASE(tells_of_errors_at_each_call) {
    const Var s = tape.state(0.0f), table = tape.constant(Floats{1, 2}), indices = tape.constant(xt::xarray<std::int64_t>{0, 2, 1});
    const int line = __LINE__ + 1;
    const Var taken = xg::take(table, indices, 0);
    auto program = tape.compile({.outputs = {x * taken}, .updates = {{s, s + 1}}}, {x});
    BOOST_TEST(is_kept(program));
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(error_of([&] { program(Floats{1, 1, 1}); }) ==
                   "take: index 2 at position (1) is out of range; axis 0 has extent 2, indices go from -2 to 1" + at(line));
    BOOST_TEST(s.scalar<float>() == 0);
    tape.assign(indices, xt::xarray<std::int64_t>{0, 1, 1});
    BOOST_TEST(same(program(Floats{1, 1, 1}).array<float>(), Floats{1, 2, 2}));
    BOOST_TEST(s.scalar<float>() == 1);
}

BOOST_AUTO_TEST_CASE(is_looked_at_for_numbers_that_are_not_finite) {
    const Var zero = tape.constant(Floats{0, 1, 2});
    tape.check_numerics();
    const int line = __LINE__ + 1;
    const Var y = x + log(zero);
    auto program = tape.compile({.outputs = {y}, .updates = {}}, {x});
    for (int i = 0; i < 2; ++i) {
        const std::string error = error_of([&] { program(Floats{1, 1, 1}); });
        BOOST_TEST(error == "log: element (0) of float32 (3,) is -inf; its input there is 0" + at(line));
    }
}

BOOST_AUTO_TEST_CASE(outlives_the_tape) {
    auto other = std::make_unique<xg::Tape>();
    const Var a = other->input<float>({3}), d = other->constant(Floats{1, 2, 3});
    auto program = other->compile({.outputs = {a * counted(exp(d))}, .updates = {}}, {a});
    other.reset();
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(same(program(Floats{1, 1, 1}).array<float>(), Floats{2 * std::exp(1.0f), 2 * std::exp(2.0f), 2 * std::exp(3.0f)}, 1e-6));
}

BOOST_AUTO_TEST_CASE(belongs_to_what_is_recorded_anew) {
    // A graph that is recorded again gets its program again, but only with the constants that it was compiled with.
    const xg::Mark mark = tape.mark();
    for (const float k : {1.0f, 1.0f, 2.0f, 3.0f}) {
        const Var d = tape.constant(Floats{k, 2 * k, 3 * k});
        auto program = tape.compile({.outputs = {longer(x + exp(d) * 0.01f)}, .updates = {}}, {x});
        auto plain = tape.compile({.outputs = {longer(x + exp(d) * 0.01f)}, .updates = {}}, {x}, {.fuse = false});
        BOOST_TEST(same(program(Floats{1, 2, 3}).array<float>(), plain(Floats{1, 2, 3}).array<float>(), 1e-6));
        tape.rewind(mark);
    }
    for (int i = 0; i < 4; ++i) {
        auto program = tape.compile({.outputs = {longer(x + exp(c) * 0.01f)}, .updates = {}}, {x});
        tape.assign(c, Floats{1.0f * i, 2, 3});
        auto plain = tape.compile({.outputs = {longer(x + exp(c) * 0.01f)}, .updates = {}}, {x}, {.fuse = false});
        BOOST_TEST(same(program(Floats{1, 2, 3}).array<float>(), plain(Floats{1, 2, 3}).array<float>(), 1e-6));
        tape.rewind(mark);
    }
}

BOOST_AUTO_TEST_CASE(has_no_random_numbers) {
    xg::Random draws(tape, 3);
    const Var noisy = x * dropout(c + 1, 0.5, draws);
    auto program = tape.compile({.outputs = {noisy}, .updates = {}}, {x});
    bool differ = false;
    const auto first = program(Floats{1, 1, 1}).array<float>();
    for (int i = 0; i < 50 && !differ; ++i) differ = !bool(same(program(Floats{1, 1, 1}).array<float>(), first));
    BOOST_TEST(differ);
}

BOOST_AUTO_TEST_CASE(is_differentiated_as_before) {
    Random its(5);
    const auto weights = random_array<double>({4, 3}, its, -1, 1);
    const auto report = xg::gradcheck(
        [&](Var a) {
            const Var w = a.tape().constant(weights);
            return tanh(matmul(a, exp(w)) * sum(square(w))) + softmax(matmul(transpose(w), w), 1);
        },
        {random_array<double>({3, 4}, its, -0.1, 0.1)});
    BOOST_TEST(bool(report), report.str());
}

BOOST_AUTO_TEST_CASE(gives_the_same_bits_however_many_threads_there_are) {
    const Var big = tape.constant(random_array<float>({300, 400}, random)), a = tape.parameter(random_array<float>({300, 400}, random));
    const Var y = a * softmax(exp(big), 1) + mean(square(big), 0, xg::keepdims);
    Floats first;
    for (const std::size_t threads : {1, 2, 4}) {
        xg::set_num_threads(threads);
        auto program = tape.compile({.outputs = {y}, .updates = {}}, {});
        BOOST_TEST(is_kept(program));
        const auto result = program().array<float>();
        if (threads == 1) first = result;
        BOOST_TEST(same(result, first));
        xg::set_num_threads(threads == 1 ? 4 : 1);
        BOOST_TEST(same(program().array<float>(), first));
    }
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_SUITE_END()
