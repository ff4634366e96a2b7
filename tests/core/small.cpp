// Small arrays, which are worked on whole in one loop: the results, and the calls that they become.

#include <functional>

#include "../support.hpp"

using namespace test;
using xg::Step;
using xg::Var;

namespace {

bool is_small(const xg::Program& program) {
    return program.steps() == 1 && program.str().starts_with("loop over 1 rows");
}

/// The outputs are those of one op at a time, bit for bit.
void check(xg::Tape& tape, const std::vector<Var>& outputs) {
    const Step step{.outputs = outputs, .updates = {}};
    auto small = tape.compile(step, {}), plain = tape.compile(step, {}, {.fuse = false});
    BOOST_TEST(is_small(small), small.str());
    for (int call = 0; call < 2; ++call) {
        const xg::Results ours = small(), expected = plain();
        for (std::size_t i = 0; i < outputs.size(); ++i)
            BOOST_TEST(same(ours.array<double>(i), expected.array<double>(i)), fmt::format("output {}\n{}", i, small.str()));
    }
}

const xt::xarray<double> six = {{1, -2, 3}, {0.5, 5, -0.25}};

} // namespace

BOOST_AUTO_TEST_SUITE(small)

BOOST_AUTO_TEST_CASE(views) {
    xg::Tape tape;
    const Var x = tape.parameter(six), y = square(x) + 1;
    for (const Var source : {x, y})
        for (const Var view : {transpose(source), reshape(source, {3, 2}), slice(source, 0, 1, 2), slice(source, 1, 1, 3), slice(source, 1, 2, xg::Range::open, -2),
                               slice(reshape(source, {6}), 0, 2, 5), broadcast_to(source, {4, 2, 3}), transpose(slice(source, 0, 1, 2))}) {
            check(tape, {view});
            check(tape, {view * 2 + 1});
            check(tape, {exp(view), source, sum(view)});
            check(tape, {view, view, source - sum(source)});
        }
}

BOOST_AUTO_TEST_CASE(a_result_does_not_lie_where_a_shifted_view_of_its_operand_is_read) {
    xg::Tape tape;
    const Var x = tape.parameter(xt::xarray<double>(xt::arange<double>(40)));
    Var y = exp(0.01 * x);
    for (int i = 0; i < 5; ++i) y = slice(y, 0, 1, xg::Range::open) / 1.5 - slice(y, 0, 0, -1);
    check(tape, {y});
}

BOOST_AUTO_TEST_CASE(numbers_rows_and_columns) {
    xg::Tape tape;
    const Var x = tape.parameter(six), row = tape.parameter(xt::xarray<double>{1, 2, 3}), column = tape.parameter(filled<double>({2, 1}, 3.5)),
              one = tape.parameter(filled<double>({1, 1}, 7));
    const std::vector<Var> all = {x, row, column, one, broadcast_to(one, {2, 3}), tape.constant(2.5)};
    for (const Var a : all)
        for (const Var b : all) {
            check(tape, {a * b, a - exp(b), maximum(a, b)});
            check(tape, {x * (a + b), (a - b) / x, a * b - a * x, a * square(b) + x * b, where(a < b, x, b)});
            check(tape, {sum(broadcast_to(a, {2, 3}) + b, 0), sum(broadcast_to(a, {2, 3}) / exp(b), 1), mean(a - b)});
        }
}

BOOST_AUTO_TEST_CASE(products_of_numbers_that_are_shown_in_all_places) { // there is no kernel for sums of such products
    xg::Tape tape;
    const Var x = tape.parameter(six), y = tape.parameter(xt::xarray<double>(six + 7)), a = broadcast_to(tape.parameter(3.0), {2, 3}),
              b = broadcast_to(tape.parameter(filled<double>({1, 1}, 7)), {2, 3});
    check(tape, {a * b + x * y, x * y - a * b, x * y + a * square(b), a * square(b) + x * y, (a * b) * x, x / (a - b)});
}

BOOST_AUTO_TEST_CASE(a_product_of_numbers_does_not_keep_another_one_from_its_sum) {
    xg::Tape tape;
    const Var x = tape.parameter(six), y = tape.parameter(xt::xarray<double>(six + 7)), s = tape.parameter(3.0), t = tape.parameter(0.5);
    for (const Var sum : {s * t + x * y, x * y + s * t, s * t - x * y}) {
        check(tape, {sum});
        const std::string text = tape.compile({.outputs = {sum}, .updates = {}}, {}).str();
        BOOST_TEST((text.find("(a*b)+c") != std::string::npos || text.find("c-(a*b)") != std::string::npos), text);
    }
}

BOOST_AUTO_TEST_CASE(reductions) {
    xg::Tape tape;
    Random random(3);
    const Var x = tape.parameter(random_array<double>({3, 1, 4, 5}, random)), one = tape.parameter(filled<double>({1, 1, 1, 1}, 3));
    for (const Var source : {x, x * x, transpose(x), broadcast_to(one, {3, 1, 4, 5})})
        for (const xg::Dims& axes : {xg::Dims{}, xg::Dims{0}, xg::Dims{1}, xg::Dims{3}, xg::Dims{0, 2}, xg::Dims{2, 3}, xg::Dims{0, 1}, xg::Dims{0, 1, 2}, xg::Dims{1, 3}, xg::Dims{0, 3}}) {
            if (source.shape()[1] != 1 && axes == xg::Dims{1}) continue;
            check(tape, {sum(source, axes), max(source, axes)});
            check(tape, {exp(source - mean(source, axes, xg::keepdims))});
        }
}

BOOST_AUTO_TEST_CASE(results) {
    xg::Tape tape;
    const Var x = tape.parameter(six), y = x * x + x;
    check(tape, {x, y, y, reshape(y, {6}), transpose(y), slice(y, 0, 0, 1)}); // each has its own memory
    check(tape, {tape.constant(3.0), broadcast_to(tape.constant(3.0), {2, 2}), x});
}

BOOST_AUTO_TEST_CASE(updates_see_the_old_values) {
    for (const std::size_t small : {std::size_t{0}, std::size_t{1024}}) {
        xg::Tape tape;
        const Var a = tape.parameter(six), b = tape.parameter(xt::xarray<double>(10 * six)), c = tape.parameter(xt::xarray<double>(100 * six)),
                  n = tape.state(1.0), m = tape.state(xt::xarray<double>{0, 0});
        const Var product = a * b;
        auto program = tape.compile({.outputs = {product},
                                     .updates = {{a, b}, {b, a}, {c, transpose(transpose(product)) + c}, {n, n + 1}, {m, broadcast_to(n, {2})}}},
                                    {}, {.small_elements = small});
        for (int call = 0; call < 3; ++call) {
            const auto results = program();
            BOOST_TEST(same(results.array<double>(), xt::xarray<double>(10 * six * six)));
            BOOST_TEST(same(a.value<double>(), xt::xarray<double>((call % 2 == 0 ? 10 : 1) * six)));
            BOOST_TEST(same(b.value<double>(), xt::xarray<double>((call % 2 == 0 ? 1 : 10) * six)));
            BOOST_TEST(same(c.value<double>(), xt::xarray<double>(100 * six + (call + 1) * 10 * six * six), 1e-15));
            BOOST_TEST(n.scalar<double>() == call + 2);
            BOOST_TEST(same(m.value<double>(), xt::xarray<double>{call + 1.0, call + 1.0}));
        }
    }
}

BOOST_AUTO_TEST_CASE(inputs) {
    xg::Tape tape;
    const Var x = tape.input<double>({2, 3}, "x"), unused = tape.input<double>({4000}, "unused"), w = tape.parameter(six);
    auto program = tape.compile({.outputs = {x * w + x}, .updates = {}}, {unused, x});
    BOOST_TEST(is_small(program));
    const xt::xarray<double> other = xt::zeros<double>({4000});
    for (const double scale : {1.0, 2.0}) {
        const xt::xarray<double> given = scale * six;
        BOOST_TEST(same(program(other, given).array<double>(), xt::xarray<double>(given * six + given)));
    }
    const std::string error = error_of([&] { (void)tape.compile({.outputs = {x + 1}, .updates = {}}, {unused}); });
    BOOST_TEST(error.find("compile with it among the inputs") != std::string::npos, error);
}

BOOST_AUTO_TEST_CASE(what_is_worked_on_whole) {
    xg::Tape tape;
    const Var x = tape.parameter(six), large = tape.parameter(filled<double>({2000}, 1.0)), sums = sum(x, 1, xg::keepdims);
    auto small = [&](const Var& output) { return is_small(tape.compile({.outputs = {output}, .updates = {}}, {})); };
    BOOST_TEST(small(x * x + x));
    BOOST_TEST(small(exp(x - sums) / sum(exp(x - sums)) + max(x, 0))); // of several shapes
    BOOST_TEST(small(log_softmax(x, 1) + softmax(transpose(x), 0)[0][0]));
    BOOST_TEST(small(pick(x, tape.constant(xt::xarray<std::int64_t>{1, 0}))));
    BOOST_TEST(small(slice(large, 0, 0, 6) * 2));
    BOOST_TEST(!small(sum(x) + sum(large)));
    BOOST_TEST(!small(matmul(x, transpose(x))));
    BOOST_TEST(!is_small(tape.compile({.outputs = {x * x}, .updates = {}}, {}, {.small_elements = 5})));
    BOOST_TEST(is_small(tape.compile({.outputs = {x * x}, .updates = {}}, {}, {.small_elements = 6})));
}

BOOST_AUTO_TEST_CASE(a_large_array_is_not_computed_where_a_small_part_of_it_is_read) {
    xg::Tape tape;
    const Var large = tape.parameter(filled<double>({3000}, 1.0));
    auto program = tape.compile({.outputs = {slice(exp(large), 0, 10, 20) * 2}, .updates = {}}, {});
    BOOST_TEST(program.loops() == 2u, program.str());
    BOOST_TEST(program.arena_bytes() < 30000u);
}

BOOST_AUTO_TEST_CASE(registers_are_used_again) {
    // Of a chain nothing lives on but the last result.
    xg::Tape tape;
    Var y = tape.parameter(six);
    for (int i = 0; i < 1000; ++i) y = tanh(y);
    auto program = tape.compile({.outputs = {y}, .updates = {}}, {});
    BOOST_TEST(program.str().find(" 128 bytes of registers") != std::string::npos, program.str().substr(0, 100));
}

BOOST_AUTO_TEST_CASE(long_chains_of_what_could_wait) {
    xg::Tape tape;
    const Var one = tape.parameter(filled<double>({3}, 1));
    for (const auto& next : std::vector<std::function<Var(Var)>>{[](Var y) { return square(y); }, [&](Var y) { return one / y; }, [&](Var y) { return y / one; },
                                                                [&](Var y) { return square(y) * one; }, [&](Var y) { return one * square(y / one); }}) {
        Var y = one;
        for (int i = 0; i < 100000; ++i) y = next(y);
        BOOST_TEST(same(tape.compile({.outputs = {y}, .updates = {}}, {})().array<double>(), filled<double>({3}, 1)));
    }
}

BOOST_AUTO_TEST_SUITE_END()
