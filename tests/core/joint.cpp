// Which operations are one call. That they give the bits of single operations, however the operands stand, is in patterns.cpp.

#include "ways.hpp"

using namespace test;
using xg::Step;
using xg::Var;

namespace {

/// Numbers from 0 to 255 as T, made of bytes.
template <class T>
Var bytes(xg::Tape& tape, const Extents& shape, Random& random) {
    return cast(tape.parameter(random_array<std::uint8_t>(shape, random, 1, 255)), xg::dtype_of<T>());
}

/// p := s c / (a + sqrt(b)) + p in one call, and what looks like it: the bits of single operations.
template <class T>
void compare_in_place(std::size_t n) {
    Random random(n);
    xg::Tape tape;
    auto leaf = [&](const Extents& shape) { return tape.parameter(random_array<T>(shape, random, 0.5, 2)); };
    const Var p = leaf({n}), b = leaf({n}), c = leaf({n}), s = leaf({1}), a = leaf({}), q = c / (a + sqrt(b));
    const xt::xarray<T> start = p.value<T>();
    struct Case {
        Step step;
        bool one;
    };
    for (const auto& [step, one] : {Case{{.outputs = {}, .updates = {{p, s * q + p}}}, n > 1}, Case{{.outputs = {}, .updates = {{p, p + q * s}}}, n > 1},
                                    Case{{.outputs = {q}, .updates = {{p, s * q + p}}}, false}, Case{{.outputs = {}, .updates = {{p, s * q + b}}}, false},
                                    Case{{.outputs = {}, .updates = {{p, s * q + p}, {c, s * q}}}, false}, Case{{.outputs = {}, .updates = {{p, p - s * q}}}, false}}) {
        auto joint = tape.compile(step, {}), plain = tape.compile(step, {}, {.fuse = false});
        BOOST_TEST((joint.str().find("out+s*c/(a+sqrt(b))") != std::string::npos) == one, joint.str());
        const xt::xarray<T> c_before = c.value<T>();
        auto after = [&](xg::Program& program) {
            tape.assign(p, start), tape.assign(c, c_before);
            program();
            const xg::Results results = program();
            return std::tuple(p.value<T>(), c.value<T>(), results.size() == 0 ? start : results.template array<T>());
        };
        const auto ours = after(joint), expected = after(plain);
        BOOST_TEST(same(std::get<0>(ours), std::get<0>(expected)), joint.str());
        BOOST_TEST(same(std::get<1>(ours), std::get<1>(expected)), joint.str());
        BOOST_TEST(same(std::get<2>(ours), std::get<2>(expected)), joint.str());
        tape.assign(c, c_before);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(joint)

BOOST_AUTO_TEST_CASE(a_step_in_place) {
    for (const std::size_t n : {1, 5, 16, 100, 700, 100003}) {
        compare_in_place<float>(n);
        compare_in_place<double>(n);
    }
}

/// Each of the two numbers of a step in place may be one for each row.
BOOST_AUTO_TEST_CASE(a_step_in_place_with_numbers_of_each_row) {
    for (const auto& [rows, columns] : std::vector<std::pair<std::size_t, std::size_t>>{{6, 50}, {300, 70}, {20, 7}, {1, 100}}) {
        xg::Tape tape;
        Random random(rows);
        const Ways ways(tape);
        auto leaf = [&](const Extents& shape) { return tape.parameter(random_array<float>(shape, random, 0.5, 2)); };
        const Extents shape = {rows, columns};
        const Var p = leaf(shape), b = leaf(shape), c = leaf(shape);
        for (const Var s : {leaf({}), leaf({rows, 1})})
            for (const Var a : {leaf({}), leaf({rows, 1})}) {
                const Var before = tanh(p), q = c / (a + sqrt(b)); // in this order
                const Step step{.outputs = {}, .updates = {{p, p + s * q}}};
                const std::string text = tape.compile(step, {}).str();
                if (columns >= 48) BOOST_TEST(text.find("out+s*c/(a+sqrt(b))") != std::string::npos, text);
                ways.check(step, "a step");
                ways.check({.outputs = {exp(before + s * q)}}, "in a register");
                ways.check({.outputs = {exp(before + s * q), tanh(q)}}, "the quotient is read later");
                ways.check({.outputs = {q}, .updates = {{p, p + s * q}}}, "the quotient is an output");
                ways.check({.outputs = {sum(tanh(q), {1})}, .updates = {{p, p + s * q}}}, "the quotient is read again");
                ways.check({.updates = {{p, p + s * (p / (a + sqrt(b)))}}}, "a quotient of what is replaced");
                ways.check({.updates = {{p, p + s * (c / (slice(p, 1, 0, 1) + sqrt(b)))}}}, "a column of what is replaced");
            }
    }
}

/// Only the quotient that was computed just before is joined with its reader.
BOOST_AUTO_TEST_CASE(two_steps_in_place_that_are_interleaved) {
    xg::Tape tape;
    Random random(1);
    const Ways ways(tape);
    auto leaf = [&] { return tape.parameter(random_array<double>({5, 60}, random, 0.5, 2)); };
    const Var p = leaf(), p2 = leaf(), b = leaf(), c = leaf();
    const Var q = c / (0.1 + sqrt(b)), q2 = b / (0.2 + sqrt(c)), other = exp(c);
    ways.check({.updates = {{p, p + 2 * q}, {p2, p2 + 3 * q2}}}, "in their order");
    ways.check({.outputs = {other}, .updates = {{p2, p2 + 3 * q2}, {p, p + 2 * q}}}, "in another order");
}

/// In a loop of one row, a part of a quotient is read where it begins.
BOOST_AUTO_TEST_CASE(a_step_by_a_part_of_a_quotient) {
    xg::Tape tape;
    Random random(1);
    const Ways ways(tape);
    auto leaf = [&](const Extents& shape) { return tape.parameter(random_array<double>(shape, random, 0.5, 2)); };
    const Var p = leaf({1, 50}), b = leaf({1, 100}), c = leaf({1, 100}), of_one_row = pick(b, tape.constant(xt::xarray<std::int64_t>{7}));
    const Var before = tanh(p), q = c / (0.1 + sqrt(b * of_one_row));
    ways.check({.outputs = {of_one_row, exp(2 * slice(q, 1, 0, 50) + before)}}, "the first half");
    ways.check({.outputs = {of_one_row, exp(slice(b * of_one_row, 1, 0, 50) + before)}}, "the first half of a product");
    ways.check({.outputs = {of_one_row}, .updates = {{p, p + 3 * slice(q, 1, 0, 50)}}}, "the first half, in place");
}

/// What an update overwrites before its reader comes is read by a statement of its own.
BOOST_AUTO_TEST_CASE(an_operand_that_is_updated_in_between) {
    xg::Tape tape;
    Random random(1);
    const Ways ways(tape);
    auto leaf = [&] { return tape.parameter(random_array<double>({40, 100}, random, 0.5, 2)); };
    const Var p = leaf(), x = leaf(), d = leaf(), z = leaf();
    const Var product = p * x, next = p + d, y = tanh(product + z);
    ways.check({.outputs = {y}, .updates = {{p, next}}}, "a product of what is updated");
}

/// Bytes that are cast for a product and for an output are cast.
BOOST_AUTO_TEST_CASE(bytes_of_a_product_that_are_an_output_too) {
    xg::Tape tape;
    Random random(1);
    const Ways ways(tape, 1e-5);
    const Var w = tape.parameter(random_array<float>({20, 3}, random));
    const Var x = cast(tape.state(random_array<std::uint8_t>({100, 20}, random, 1, 9)), xg::DType::float32);
    ways.check({.outputs = {x, matmul(x, w)}, .updates = {}}, "both");
}

BOOST_AUTO_TEST_CASE(every_pair_is_one_call) {
    xg::Tape tape;
    Random random(1);
    auto leaf = [&] { return tape.parameter(random_array<float>({100}, random, 0.5, 2)); };
    const Var a = leaf(), b = leaf(), c = leaf(), d = leaf();
    for (const auto& [y, name] : std::vector<std::pair<Var, std::string>>{{(a + b) / c, "(a+b)/c"},
                                                                         {c / (a - b), "c/(a-b)"},
                                                                         {a / b - c, "(a/b)-c"},
                                                                         {c - a / b, "c-(a/b)"},
                                                                         {(a - b) * c, "(a-b)*c"},
                                                                         {a * b + c * d, "a*b+c*d"},
                                                                         {a * b - c * d, "a*b-c*d"},
                                                                         {2 * a + 3 * b, "a*b+c*d"},
                                                                         {2 * a + 3, "(a*b)+c"},
                                                                         {2 * a + 3 * square(b), "a*b+c*d^2"},
                                                                         {square(b) * a + c * d, "a*b+c*d^2"},
                                                                         {a / (sqrt(b) + 3), "c/(a+sqrt(b))"},
                                                                         {bytes<float>(tape, {100}, random) / 255, "cast(a)/b"},
                                                                         {a - bytes<float>(tape, {100}, random), "b-cast(a)"},
                                                                         {a / (c + sqrt(b)), "c/(a+sqrt(b))"}}) {
        const std::string text = tape.compile({.outputs = {y}, .updates = {}}, {}).str();
        BOOST_TEST(text.find(name) != std::string::npos, text);
    }
}

/// The kernels of several operations are for floating numbers.
BOOST_AUTO_TEST_CASE(arithmetic_of_integers_is_not_joined) {
    xg::Tape tape;
    const Ways ways(tape);
    Random random(1);
    for (const std::size_t n : {3, 70}) {
        auto leaf = [&](auto zero) { return tape.constant(random_array<decltype(zero)>({n}, random, 0, 100)); };
        for (const auto& x : {std::array{leaf(std::int64_t{}), leaf(std::int64_t{}), leaf(std::int64_t{})}, std::array{leaf(std::uint8_t{}), leaf(std::uint8_t{}), leaf(std::uint8_t{})}}) {
            const auto& [a, b, c] = x;
            const Var bytes = cast(leaf(std::uint8_t{}), a.dtype());
            for (const Var y : {bytes * a, c - bytes, a * b + c, (a + b) * c, c - a * b, a * b + c * c, a * b - b * c, a * b + c * square(a)})
                ways.check({.outputs = {y, cast(y, xg::DType::float64)}}, fmt::format("{} {}", xg::name(a.dtype()), n));
        }
    }
}

/// A linear layer on images of bytes, its scores and the gradient of its weights: compiled, and one op at a time.
template <class T, class F>
std::string compare_on_bytes(std::size_t rows, std::size_t inputs, std::size_t outputs, F to_numbers) {
    Random random(rows + inputs + outputs);
    xg::Tape tape;
    const Var images = tape.input<std::uint8_t>({rows, inputs});
    const Var w = tape.parameter(random_array<T>({inputs, outputs}, random));
    const Var scores = matmul(to_numbers(images), w);
    const Step step{.outputs = {scores, gradient(sum(square(scores)), w)}, .updates = {}};
    auto program = tape.compile(step, {images}), plain = tape.compile(step, {images}, {.fuse = false});
    const auto given = random_array<std::uint8_t>({rows, inputs}, random, 0, 255);
    const auto one = program(given), other = plain(given);
    const double rtol = std::is_same_v<T, float> ? 1e-4 : 1e-12;
    for (std::size_t i = 0; i < 2; ++i) {
        const auto expected = other.template array<T>(i);
        const double largest = xt::amax(xt::abs(expected))();
        BOOST_TEST(same(one.template array<T>(i), expected, rtol, rtol * largest), fmt::format("{} x {} x {}, output {}", rows, inputs, outputs, i));
    }
    return program.str();
}

BOOST_AUTO_TEST_CASE(narrow_products_read_bytes) {
    auto each = [](auto to_numbers, bool at_once) {
        for (const std::size_t outputs : {1, 3, 10, 12})
            for (const auto& [rows, inputs] : std::vector<std::pair<std::size_t, std::size_t>>{{1, 20}, {5, 16}, {37, 70}, {300, 130}, {64, 3072}}) {
                for (const std::string& text : {compare_on_bytes<float>(rows, inputs, outputs, to_numbers(xg::DType::float32)),
                                                compare_on_bytes<double>(rows, inputs, outputs, to_numbers(xg::DType::float64))})
                    if (at_once && rows > 1) BOOST_TEST(text.find("cast") == std::string::npos, text);
            }
    };
    each([](xg::DType dtype) { return [dtype](Var x) { return cast(x, dtype); }; }, true);
    each([](xg::DType dtype) { return [dtype](Var x) { return cast(x, dtype) * (1 / 255.0); }; }, true);
    each([](xg::DType dtype) { return [dtype](Var x) { return 0.5 * cast(x, dtype); }; }, true);
    each([](xg::DType dtype) { return [dtype](Var x) { return cast(x, dtype) / 255; }; }, false);
    each([](xg::DType dtype) { return [dtype](Var x) { return cast(x, dtype) / 255 - 0.5; }; }, false);
}

BOOST_AUTO_TEST_SUITE_END()
