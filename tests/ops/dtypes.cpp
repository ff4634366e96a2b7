// The rule of dtypes, as README.md states it: numbers, masks and bytes take the dtype of the Vars beside them; nothing else is
// converted, and the error says the cast to write.

#include <functional>

#include "../support.hpp"

using namespace test;
using xg::DType;
using xg::Operand;
using xg::Var;

namespace {

struct Fixture {
    xg::Tape tape;
    xt::xarray<std::uint8_t> bytes = {{0, 1, 200}, {3, 0, 1}};
    xt::xarray<float> floats = {{0.5f, -1.5f, 2}, {3, 0, -7}};
    xt::xarray<std::int64_t> integers = {{1, 2, 4}, {7, 0, -3}};
    Var b = tape.constant(bytes), x = tape.parameter(floats), d = tape.parameter(xt::xarray<double>(floats)), n = tape.constant(integers);
};

struct Binary {
    std::string name;
    std::function<Var(Var, Var)> op;
};
const std::vector<Binary> binary_ops = {
    {"add", [](Var a, Var b) { return a + b; }},
    {"subtract", [](Var a, Var b) { return a - b; }},
    {"multiply", [](Var a, Var b) { return a * b; }},
    {"divide", [](Var a, Var b) { return a / b; }},
    {"pow", [](Var a, Var b) { return pow(a, b); }},
    {"maximum", [](Var a, Var b) { return maximum(a, b); }},
    {"minimum", [](Var a, Var b) { return minimum(a, b); }},
    {"fmod", [](Var a, Var b) { return xg::fmod(a, b); }},
    {"atan2", [](Var a, Var b) { return xg::atan2(a, b); }},
    {"hypot", [](Var a, Var b) { return xg::hypot(a, b); }},
    {"logaddexp", [](Var a, Var b) { return xg::logaddexp(a, b); }},
    {"xlogy", [](Var a, Var b) { return xg::xlogy(a, b); }},
    {"logical_and", [](Var a, Var b) { return xg::logical_and(a, b); }},
    {"logical_or", [](Var a, Var b) { return xg::logical_or(a, b); }},
    {"logical_xor", [](Var a, Var b) { return xg::logical_xor(a, b); }},
    {"less", [](Var a, Var b) { return a < b; }},
    {"less_equal", [](Var a, Var b) { return a <= b; }},
    {"greater", [](Var a, Var b) { return a > b; }},
    {"greater_equal", [](Var a, Var b) { return a >= b; }},
    {"equal", [](Var a, Var b) { return a == b; }},
    {"not_equal", [](Var a, Var b) { return a != b; }},
};

void check_bytes(const Binary& row) {
    Fixture f;
    for (const Var& x : {f.x, f.d}) {
        const Var cast_by_hand = cast(f.b, x.dtype());
        BOOST_TEST(row.op(f.b, x).is(row.op(cast_by_hand, x)));
        BOOST_TEST(row.op(x, f.b).is(row.op(x, cast_by_hand)));
        BOOST_TEST(same(row.op(f.b, x).value<double>(), row.op(cast_by_hand, x).value<double>()));
    }
}

/// y = a b + c, an op of three operands.
struct MultiplyAdd {
    static constexpr auto name = "multiply_add";
    static auto forward(auto a, auto b, auto c) { return decltype(a)(a * b + c); }
    static auto vjp(Var g, Var, Var a, Var b, Var) { return std::array{g * b, g * a, g}; }
};
Var multiply_add(Operand a, Operand b, Operand c) { return xg::record(MultiplyAdd{}, a, b, c); }

/// That it takes no more loops than the same of reals alone, and computes what the program does that has every cast in memory.
void check_one_loop(Fixture& f, const std::function<Var(Var, Var)>& op) {
    const Var b = f.tape.input<std::uint8_t>({2, 3}), x = f.tape.input<float>({2, 3});
    auto fused = f.tape.compile({.outputs = {op(b, x)}, .updates = {}}, {b, x});
    auto plain = f.tape.compile({.outputs = {op(b, x)}, .updates = {}}, {b, x}, {.fuse = false});
    const Var y = f.tape.input<float>({2, 3});
    auto reals = f.tape.compile({.outputs = {op(y, x)}, .updates = {}}, {y, x});
    BOOST_TEST(fused.steps() == reals.steps(), fused.str());
    BOOST_TEST(same(fused(f.bytes, f.floats).array<float>(), plain(f.bytes, f.floats).array<float>(), 1e-6));
}

} // namespace

#define ERROR_IS(expression, text) BOOST_TEST(error_of([&] { (void)(expression); }) == std::string(text) + at(__LINE__))

BOOST_AUTO_TEST_SUITE(dtypes)

BOOST_AUTO_TEST_SUITE(bytes_beside_reals)
const Cases cases(binary_ops, check_bytes);
BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(rules, Fixture)

BOOST_AUTO_TEST_CASE(a_mask_takes_the_dtype_beside_it) {
    BOOST_TEST(((x > 0) * x).dtype() == DType::float32);
    BOOST_TEST((d * (x > 0)).dtype() == DType::float64);
    BOOST_TEST(same(((x > 0) * x).value<float>(), xt::xarray<float>{{0.5f, 0, 2}, {3, 0, 0}}));
    BOOST_TEST(same((x - b).value<float>(), xt::xarray<float>{{0.5f, -2.5f, -198}, {0, 0, -8}}));
    BOOST_TEST((b < x).dtype() == DType::uint8);
    BOOST_TEST(where(x > 0, b, x).dtype() == DType::float32);
    BOOST_TEST(where(b, x, d.tape().constant(floats)).dtype() == DType::float32); // where's mask stays what it is
    BOOST_TEST(where(x > 0, b, b).dtype() == DType::uint8);
    BOOST_TEST((b + b).dtype() == DType::uint8);
    BOOST_TEST((tape.constant(true) * x).is(x)); // a mask of one element folds
}

BOOST_AUTO_TEST_CASE(in_ops_of_three_operands) {
    const Var wide = cast(b, DType::float32);
    BOOST_TEST(multiply_add(b, x, b).is(multiply_add(wide, x, wide)));
    BOOST_TEST(multiply_add(b, b, x).is(multiply_add(wide, wide, x)));
    BOOST_TEST(multiply_add(b, 0.5, x).is(multiply_add(wide, 0.5, x)));
    BOOST_TEST(multiply_add(0.5, b, x).dtype() == DType::float32);
    BOOST_TEST(same(multiply_add(b, 0.5, x).value<float>(), (wide * 0.5 + x).value<float>()));
}

BOOST_AUTO_TEST_CASE(their_derivatives) {
    BOOST_TEST(same(gradient(sum((x > 0) * square(x)), x).value<float>(), xt::xarray<float>{{1, 0, 4}, {6, 0, 0}}));
    BOOST_TEST(same(gradient(sum(multiply_add(b, x, b)), x).value<float>(), xt::xarray<float>(bytes)));
    BOOST_TEST(same(gradient(sum(maximum(b, x)), x).value<float>(), xt::xarray<float>{{1, 0, 0}, {0.5f, 0.5f, 0}}));
    const auto report = xg::gradcheck([&](Var v) { return v.tape().constant(bytes) * square(v); }, {xt::xarray<double>(floats)});
    BOOST_TEST(report.ok, report.str());
}

BOOST_AUTO_TEST_CASE(the_cast_is_fused) {
    check_one_loop(*this, [](Var b, Var x) { return b * x; });
    check_one_loop(*this, [](Var b, Var x) { return sum(b * x, 1); });
    check_one_loop(*this, [](Var, Var x) { return sum((x > 0) * square(x)); });
    check_one_loop(*this, [](Var b, Var x) { return where(x > b, x - b, b); });
    check_one_loop(*this, [](Var b, Var x) { return mean(abs(b - exp(x))); });
    check_one_loop(*this, [](Var b, Var x) { return multiply_add(b, x, b); });
}

BOOST_AUTO_TEST_CASE(other_dtypes_are_refused_with_the_cast_to_write) {
    ERROR_IS(n * x, "multiply: dtypes differ, int64 (2, 3) and float32 (2, 3); cast the int64 one: cast(x, xg::DType::float32)");
    ERROR_IS(d - n, "subtract: dtypes differ, float64 (2, 3) and int64 (2, 3); cast the int64 one: cast(x, xg::DType::float64)");
    ERROR_IS(x + d, "add: dtypes differ, float32 (2, 3) and float64 (2, 3); cast the float32 one: cast(x, xg::DType::float64)");
    ERROR_IS(b == n, "equal: dtypes differ, uint8 (2, 3) and int64 (2, 3); cast the uint8 one: cast(x, xg::DType::int64)");
    ERROR_IS(where(x > 0, n, x), "where: dtypes differ, int64 (2, 3) and float32 (2, 3); cast the int64 one: cast(x, xg::DType::float32)");
    ERROR_IS(multiply_add(b, x, d), "multiply_add: dtypes differ, float32 (2, 3) and float64 (2, 3); cast the float32 one: cast(x, xg::DType::float64)");
    ERROR_IS(multiply_add(n, b, x), "multiply_add: dtypes differ, int64 (2, 3) and float32 (2, 3); cast the int64 one: cast(x, xg::DType::float32)");
    // and with it they are right
    BOOST_TEST(multiply_add(cast(n, DType::float32), b, x).dtype() == DType::float32);
    BOOST_TEST(multiply_add(b, cast(x, DType::float64), d).dtype() == DType::float64);
    BOOST_TEST(same((cast(n, DType::float32) * x).value<float>(), xt::xarray<float>(xt::xarray<float>(integers) * floats)));
    BOOST_TEST(same((cast(x, DType::float64) + d).value<double>(), xt::xarray<double>(2.0 * floats)));
    BOOST_TEST(same((cast(b, DType::int64) == n).value<int>(), xt::xarray<int>{{0, 0, 0}, {0, 1, 0}}));
}

BOOST_AUTO_TEST_CASE(real_numbers_beside_integers_are_refused_with_the_cast_to_write) {
    ERROR_IS(sum(x > 0) / 3.0, "divide: the number 3.0 does not fit int64, the dtype of the Vars beside it; cast them: cast(x, xg::DType::float64), or write 3");
    ERROR_IS(0.5 * n, "multiply: the number 0.5 does not fit int64, the dtype of the Vars beside it; cast them: cast(x, xg::DType::float64)");
    ERROR_IS(n + 1e30, "add: the number 1e+30 does not fit int64, the dtype of the Vars beside it; cast them: cast(x, xg::DType::float64)");
    ERROR_IS(n - 2.0f, "subtract: the number 2.0 does not fit int64, the dtype of the Vars beside it; cast them: cast(x, xg::DType::float64), or write 2");
    ERROR_IS(b * 2.0, "multiply: the number 2.0 does not fit uint8, the dtype of the Vars beside it; cast them: cast(x, xg::DType::float64), or write 2");
    ERROR_IS(b == 0.5, "equal: the number 0.5 does not fit uint8, the dtype of the Vars beside it; cast them: cast(x, xg::DType::float64)");
    ERROR_IS(where(x > 0, n, 1.0), "where: the number 1.0 does not fit int64, the dtype of the Vars beside it; cast them: cast(x, xg::DType::float64), or write 1");
    // and with it they are right
    BOOST_TEST((cast(sum(x > 0), DType::float64) / 3.0).scalar<double>() == 1);
    BOOST_TEST((cast(sum(x > -2), DType::float64) / 3.0).scalar<double>() == 5 / 3.0);
    BOOST_TEST((sum(x > -2) / 3).scalar<int>() == 1);
    BOOST_TEST(same((cast(b, DType::float64) * 2.0).value<double>(), xt::xarray<double>(2.0 * xt::xarray<double>(bytes))));
}

BOOST_AUTO_TEST_CASE(integers_that_are_too_large_are_refused_with_the_cast_to_write) {
    ERROR_IS(b + 300, "add: the number 300 does not fit uint8, the dtype of the Vars beside it; cast them: cast(x, xg::DType::int64)");
    ERROR_IS(b > -1, "greater: the number -1 does not fit uint8, the dtype of the Vars beside it; cast them: cast(x, xg::DType::int64)");
    ERROR_IS(n + 18446744073709551615u, "add: the number 1.8446744073709552e+19 does not fit int64, the dtype of the Vars beside it; cast them: cast(x, xg::DType::float64)");
    BOOST_TEST((cast(b, DType::int64) + 300).value<int>()(0, 2) == 500);
    BOOST_TEST((cast(n, DType::float64) + 18446744073709551615u).value<double>()(0, 0) == 0x1p64);
    BOOST_TEST((x * 18446744073709551615u).value<double>()(0, 2) == 0x1p65);
    BOOST_TEST((n - 9223372036854775807).value<std::int64_t>()(0, 0) == 1 - 9223372036854775807);
}

BOOST_AUTO_TEST_CASE(the_mean_of_integers_is_float64) {
    BOOST_TEST(mean(x).dtype() == DType::float32);
    for (const Var& v : {n, b, x > 0}) {
        BOOST_TEST(mean(v).dtype() == DType::float64);
        BOOST_TEST(var(v).dtype() == DType::float64);
        BOOST_TEST(stddev(v).dtype() == DType::float64);
        BOOST_TEST(norm(v).dtype() == DType::float64);
        const Var real = cast(v, DType::float64);
        BOOST_TEST(mean(v, {1}).is(mean(real, {1})));
        BOOST_TEST(var(v, {0}, xg::keepdims, 0).is(var(real, {0}, xg::keepdims, 0)));
        BOOST_TEST(stddev(v).is(stddev(real)));
        for (const double p : {0.0, 1.0, 2.0, 3.0, HUGE_VAL}) BOOST_TEST(norm(v, p).is(norm(real, p)));
    }
    BOOST_TEST(mean(n).scalar<double>() == 11 / 6.0);
    BOOST_TEST(mean(b).scalar<double>() == 205 / 6.0);
    BOOST_TEST(mean(argmax(x, 1) == argmin(n, 1)).scalar<double>() == 0);
    BOOST_TEST(mean(argmax(x, 1) == tape.constant(xt::xarray<std::int64_t>{2, 1})).scalar<double>() == 0.5); // the accuracy
    const Var large = tape.constant(filled<std::int64_t>({4}, std::int64_t{1} << 62));
    BOOST_TEST(mean(large).scalar<double>() == 0x1p62);
}

BOOST_AUTO_TEST_CASE(the_mean_of_a_mask_is_one_loop_over_its_elements) {
    const Var in = tape.input<float>({50, 70});
    auto program = tape.compile({.outputs = {mean(in > 0.25)}, .updates = {}}, {in});
    BOOST_TEST(program.loops() == 2u, program.str()); // over the elements, and a division of the one sum
    BOOST_TEST(program.arena_bytes() <= 128u, program.str());
}

BOOST_AUTO_TEST_CASE(sums_of_bytes_are_int64) {
    const Var many = tape.constant(filled<std::uint8_t>({1000}, 255));
    BOOST_TEST(sum(many).dtype() == DType::int64);
    BOOST_TEST(sum(many).scalar<int>() == 255000);
    BOOST_TEST(cumsum(many, 0).value<int>()(999) == 255000);
    BOOST_TEST(prod(tape.constant(filled<std::uint8_t>({4}, 100))).scalar<int>() == 100000000);
    BOOST_TEST((tape.constant(std::uint8_t{255}) + 1).scalar<int>() == 0); // arithmetic of bytes wraps around
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
