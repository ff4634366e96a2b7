// Tapes and plans as text.

#include "../support.hpp"

using namespace test;
using xg::Var;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_SUITE(print)

BOOST_AUTO_TEST_CASE(a_tape) {
    xg::Tape tape;
    const Var x = tape.input<float>({3, 4}, "x"), w = tape.parameter(filled<float>({4, 2}, 1), "w");
    const Var y = tanh(matmul(x, w)) * 0.5;
    (void)sum(transpose(y), {1});
    (void)matmul(y, w, false, true);
    (void)slice(x, 0, 1, 3);
    (void)(cast(x, xg::DType::int64) > 2);
    BOOST_TEST(tape.str() == "%0 = input \"x\" : float32 (3, 4)\n"
                             "%1 = parameter \"w\" : float32 (4, 2)\n"
                             "%2 = matmul %0 %1 : float32 (3, 2)\n"
                             "%3 = tanh %2 : float32 (3, 2)\n"
                             "%4 = 0.5 : float32 ()\n"
                             "%5 = multiply %3 %4 : float32 (3, 2)\n"
                             "%6 = transpose (1, 0) %5 : float32 (2, 3)\n"
                             "%7 = sum (1,) %6 : float32 (2, 1)\n"
                             "%8 = reshape %7 : float32 (2,)\n"
                             "%9 = matmul (tb) %5 %1 : float32 (3, 4)\n"
                             "%10 = slice from (1, 0) by (1, 1) %0 : float32 (2, 4)\n"
                             "%11 = cast %0 : int64 (3, 4)\n"
                             "%12 = 2 : int64 ()\n"
                             "%13 = less %12 %11 : uint8 (3, 4)\n");
}

BOOST_AUTO_TEST_CASE(a_derivative) {
    xg::Tape tape;
    const Var x = tape.parameter(2.0, "x");
    (void)gradient(tanh(x), x);
    BOOST_TEST(tape.str() == "%0 = parameter \"x\" : float64 ()\n"
                             "%1 = tanh %0 : float64 ()\n"
                             "%2 = 1 : float64 ()\n"
                             "%3 = multiply %1 %1 : float64 ()\n"
                             "%4 = subtract %2 %3 : float64 ()\n");
}

BOOST_AUTO_TEST_CASE(a_plan) {
    xg::Tape tape;
    const Var x = tape.input<float>({100, 300}, "x"), w = tape.parameter(filled<float>({300, 64}, 0.01f), "w");
    auto program = tape.compile({.outputs = {sum(tanh(matmul(x, w)))}, .updates = {}}, {x});
    const std::string text = program.str();
    BOOST_TEST((contains(text, "product 100 x 300 x 64 by BLAS\n") || contains(text, "product 100 x 300 x 64 by oneDNN\n")), text);
    BOOST_TEST(contains(text, "loop over "), text);
    BOOST_TEST(contains(text, " = tanh "), text);
    BOOST_TEST(contains(text, " = sum "), text);
    BOOST_TEST(contains(text, fmt::format("{} steps, {} bytes of arena\n", program.steps(), program.arena_bytes())), text);
}

BOOST_AUTO_TEST_SUITE_END()
