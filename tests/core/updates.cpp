// Updates happen together, after every read of an old value, and not at all if the call throws.

#include "../support.hpp"

using namespace test;
using xg::Step;
using xg::Update;
using xg::Var;

namespace {

using Doubles = xt::xarray<double>;

/// Runs the step once, fused and one op at a time, from the same start, and gives the parameters' new values.
std::vector<Doubles> after(const std::vector<Doubles>& start, std::function<Step(const std::vector<Var>&)> step, bool fuse) {
    xg::Tape tape;
    std::vector<Var> p;
    for (const Doubles& array : start) p.push_back(tape.parameter(array));
    tape.compile(step(p), {}, {.fuse = fuse})();
    std::vector<Doubles> result;
    for (const Var& var : p) result.push_back(var.value<double>());
    return result;
}

struct Row {
    std::string name;
    std::vector<Doubles> start;
    std::function<Step(const std::vector<Var>&)> step;
    std::vector<Doubles> end;
};

Step updates(std::vector<Update> all) { return {.outputs = {}, .updates = std::move(all)}; }

const std::vector<Row> rows = {
    {"one", {{1, 2}}, [](const std::vector<Var>& p) { return updates({{p[0], p[0] * 10}}); }, {{10, 20}}},
    {"swap", {{1, 2}, {3, 4}}, [](const std::vector<Var>& p) { return updates({{p[0], p[1]}, {p[1], p[0]}}); }, {{3, 4}, {1, 2}}},
    {"ring", {{1}, {2}, {3}}, [](const std::vector<Var>& p) { return updates({{p[0], p[1]}, {p[1], p[2]}, {p[2], p[0]}}); }, {{2}, {3}, {1}}},
    {"fibonacci", {{1, 10}, {2, 20}}, [](const std::vector<Var>& p) { return updates({{p[0], p[1]}, {p[1], p[0] + p[1]}}); }, {{2, 20}, {3, 30}}},
    {"fibonacci_turned", {{1, 10}, {2, 20}}, [](const std::vector<Var>& p) { return updates({{p[1], p[0] + p[1]}, {p[0], p[1]}}); }, {{2, 20}, {3, 30}}},
    {"itself", {{1, 2}}, [](const std::vector<Var>& p) { return updates({{p[0], p[0]}}); }, {{1, 2}}},
    {"the_same_value_twice", {{1, 2}, {3, 4}}, [](const std::vector<Var>& p) { const Var s = p[0] + p[1]; return updates({{p[0], s}, {p[1], s}}); }, {{4, 6}, {4, 6}}},
    {"backwards", {{1, 2, 3}}, [](const std::vector<Var>& p) { return updates({{p[0], slice(p[0], {{.step = -1}})}}); }, {{3, 2, 1}}},
    {"transposed", {{{1, 2}, {3, 4}}}, [](const std::vector<Var>& p) { return updates({{p[0], transpose(p[0])}}); }, {{{1, 3}, {2, 4}}}},
    {"plus_its_transpose", {{{1, 2}, {3, 4}}}, [](const std::vector<Var>& p) { return updates({{p[0], p[0] + transpose(p[0])}}); }, {{{2, 5}, {5, 8}}}},
    {"minus_its_sum", {{1, 2, 3}}, [](const std::vector<Var>& p) { return updates({{p[0], p[0] - sum(p[0])}}); }, {{-5, -4, -3}}},
    {"minus_the_sum_of_the_other", {{1, 2}, {3, 4}}, [](const std::vector<Var>& p) { return updates({{p[0], p[0] - sum(p[1])}, {p[1], p[1] - sum(p[0])}}); }, {{-6, -5}, {0, 1}}},
    {"row_sums", {{{1, 2}, {3, 4}}}, [](const std::vector<Var>& p) { return updates({{p[0], p[0] - sum(p[0], 1, xg::keepdims)}}); }, {{{-2, -1}, {-4, -3}}}},
    {"column_sums", {{{1, 2}, {3, 4}}}, [](const std::vector<Var>& p) { return updates({{p[0], p[0] - sum(p[0], 0, xg::keepdims)}}); }, {{{-3, -4}, {-1, -2}}}},
    {"matrix_square", {{{1, 2}, {3, 4}}}, [](const std::vector<Var>& p) { return updates({{p[0], matmul(p[0], p[0])}}); }, {{{7, 10}, {15, 22}}}},
    {"broadcast", {{1, 2}, {5}}, [](const std::vector<Var>& p) { return updates({{p[0], broadcast_to(p[1], {2})}, {p[1], sum(p[0], 0, xg::keepdims)}}); }, {{5, 5}, {3}}},
    {"read_by_another_later", {{1, 2}, {0, 0}}, [](const std::vector<Var>& p) { const Var next = p[0] * 2; return updates({{p[0], next}, {p[1], exp(log(p[0])) + sum(next)}}); }, {{2, 4}, {7, 8}}},
    {"gradient_descent", {{1, 2}}, [](const std::vector<Var>& p) { return updates({{p[0], p[0] - 0.25 * gradient(sum(p[0] * p[0]), p[0])}}); }, {{0.5, 1}}},
    {"number", {{1, 2}}, [](const std::vector<Var>& p) { return updates({{p[0], broadcast_to(p[0].tape().constant(3.0), {2})}}); }, {{3, 3}}},
};

void check(const Row& row) {
    for (const bool fuse : {true, false}) {
        const auto end = after(row.start, row.step, fuse);
        for (std::size_t i = 0; i < end.size(); ++i) BOOST_TEST(same(end[i], row.end[i], 1e-14), fmt::format("parameter {}, fuse = {}", i, fuse));
    }
}

/// Long enough for several chunks, and threads.
Doubles long_array(double factor) {
    auto a = Doubles::from_shape({200000});
    for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = factor * static_cast<double>(i);
    return a;
}

} // namespace

BOOST_AUTO_TEST_SUITE(updating)

const Cases cases(rows, check);

BOOST_AUTO_TEST_CASE(of_long_arrays) {
    const Doubles a = long_array(1), b = long_array(2);
    for (const bool fuse : {true, false}) {
        const auto swapped = after({a, b}, [](const std::vector<Var>& p) { return updates({{p[0], p[1]}, {p[1], p[0]}}); }, fuse);
        BOOST_TEST(same(swapped[0], b));
        BOOST_TEST(same(swapped[1], a));
        const auto turned = after({a}, [](const std::vector<Var>& p) { return updates({{p[0], p[0] + slice(p[0], {{.step = -1}})}}); }, fuse);
        BOOST_TEST(same(turned[0], filled({200000}, 199999.0)));
    }
}

BOOST_AUTO_TEST_CASE(outputs_show_the_old_values) {
    for (const bool fuse : {true, false}) {
        xg::Tape tape;
        const Var p = tape.parameter(Doubles{1, 2});
        const Var next = p * 2;
        auto program = tape.compile({.outputs = {p, sum(p), next, next + p}, .updates = {{p, next}}}, {}, {.fuse = fuse});
        const auto out = program();
        BOOST_TEST(same(out.array<double>(0), Doubles{1, 2}));
        BOOST_TEST(out.scalar<double>(1) == 3);
        BOOST_TEST(same(out.array<double>(2), Doubles{2, 4}));
        BOOST_TEST(same(out.array<double>(3), Doubles{3, 6}));
        BOOST_TEST(same(p.value<double>(), Doubles{2, 4}));
        BOOST_TEST(program().scalar<double>(1) == 6);
    }
}

BOOST_AUTO_TEST_CASE(states_count) {
    xg::Tape tape;
    const Var n = tape.state(std::int64_t{0}), average = tape.state(0.0);
    auto f = tape.function([&](Var x) {
        return Step{.outputs = {average}, .updates = {{n, n + 1}, {average, average + (x - average) / cast(n + 1, xg::DType::float64)}}};
    });
    for (const double x : {1.0, 2.0, 6.0}) f(x);
    BOOST_TEST(n.scalar<std::int64_t>() == 3);
    BOOST_TEST(average.scalar<double>() == 3, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(two_programs_share_parameters) {
    xg::Tape tape;
    const Var p = tape.parameter(Doubles{1, 2});
    auto add = tape.function([&](Var x) { return Step{.outputs = {}, .updates = {{p, p + x}}}; });
    auto read = tape.function([&](Var x) { return sum(p * x); });
    add(1.0);
    add(Doubles{10, 20});
    BOOST_TEST(read(1.0).scalar<double>() == 35);
}

BOOST_AUTO_TEST_CASE(a_call_that_throws_changes_nothing) {
    const xt::xarray<std::int64_t> good = {0, 1, 2}, bad = {0, 3, 2};
    for (const bool fuse : {true, false}) {
        xg::Tape tape;
        const Var w = tape.parameter(Doubles{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}), count = tape.state(0.0), labels = tape.input<std::int64_t>({3});
        const Var loss = sum(pick(w * w, labels));
        auto program = tape.compile({.outputs = {loss}, .updates = {{count, count + 1}, {w, w - 0.5 * gradient(loss, w)}}}, {labels}, {.fuse = fuse});
        const Doubles before = w.value<double>();
        for (int i = 0; i < 2; ++i) {
            BOOST_CHECK_THROW(program(bad), xg::Error);
            BOOST_TEST(same(w.value<double>(), before));
            BOOST_TEST(count.scalar<double>() == 0);
        }
        BOOST_TEST(program(good).scalar<double>() == 1 + 25 + 81); // and the call after it works
        BOOST_TEST(count.scalar<double>() == 1);
        BOOST_TEST(w.value<double>()(0, 0) == 0);
        BOOST_TEST(w.value<double>()(0, 1) == 2);
    }
}

BOOST_AUTO_TEST_SUITE_END()
