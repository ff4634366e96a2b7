// Arithmetic joined in one pass gives the very bits of one pass for each operation, however the operands stand.

#include "../support.hpp"

using namespace test;
using xg::Step;
using xg::Var;

namespace {

Var apply(char op, Var a, Var b) {
    switch (op) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    default: return a / b;
    }
}

/// What an operand can be beside an array of (rows, columns): the array, one number for each row, for each column, for all,
/// or a turned array.
template <class T>
std::vector<Var> operands(xg::Tape& tape, std::size_t rows, std::size_t columns, Random& random) {
    auto leaf = [&](const Extents& shape) { return tape.parameter(random_array<T>(shape, random, 0.5, 2)); };
    return {leaf({rows, columns}), leaf({rows, 1}), leaf({columns}), leaf({1, 1}), transpose(leaf({columns, rows}))};
}

/// Numbers from 0 to 255 as T, made of bytes.
template <class T>
Var bytes(xg::Tape& tape, const Extents& shape, Random& random) {
    return cast(tape.parameter(random_array<std::uint8_t>(shape, random, 1, 255)), xg::dtype_of<T>());
}

/// All steps in one loop and one by one; in how many there were calls of several operations.
template <class T>
std::size_t compare(std::size_t rows, std::size_t columns) {
    Random random(rows * 100 + columns);
    xg::Tape tape;
    const Var whole = tape.parameter(random_array<T>({rows, columns}, random, 0.5, 2));
    const std::vector<Var> all = operands<T>(tape, rows, columns, random);
    std::size_t joint = 0;
    auto check = [&](Var y, const char* what, char f, char g) {
        const Step step{.outputs = {y}, .updates = {}};
        auto one = tape.compile(step, {}), plain = tape.compile(step, {}, {.fuse = false});
        BOOST_TEST(same(one().template array<T>(), plain().template array<T>()), fmt::format("({}, {}) {} {}{}", rows, columns, what, f, g));
        const std::string text = one.str();
        for (const char* name : {" (a", " a*b", " c-(", " c/("}) joint += text.find(name) != std::string::npos;
    };
    const std::vector<Var> of_bytes = {bytes<T>(tape, {rows, columns}, random), bytes<T>(tape, {rows, 1}, random),
                                       transpose(bytes<T>(tape, {columns, rows}, random))};
    for (const Var b : all)
        for (const Var x : of_bytes)
            for (const char g : {'+', '-', '*', '/'}) {
                check(apply(g, x, b), "bytes left", ' ', g);
                check(apply(g, b, x), "bytes right", ' ', g);
                check(apply('-', apply(g, b, x), whole), "bytes in a pair", g, '-');
            }
    for (const Var b : all)
        for (const Var c : all)
            for (const char g : {'+', '-', '*', '/'}) {
                for (const Var first : {apply(g, whole, sqrt(b)), apply(g, sqrt(whole), b), apply(g, sqrt(b), whole)}) {
                    check(apply('/', c, first), "root", g, '/');
                    check(apply('-', first, c), "root", g, '-');
                }
                for (const char f : {'+', '-', '*', '/'})
                    for (const Var first : {apply(f, whole, b), apply(f, b, whole)}) {
                        check(apply(g, first, c), "left", f, g);
                        check(apply(g, c, first), "right", f, g);
                    }
                if (g == '+' || g == '-')
                    for (const Var d : all) {
                        check(apply(g, apply('*', whole, b), apply('*', c, d)), "products", '*', g);
                        check(apply(g, apply('*', whole, b), apply('*', c, square(d))), "square right", '*', g);
                        check(apply(g, apply('*', square(d), c), apply('*', b, whole)), "square left", '*', g);
                    }
            }
    return joint;
}

} // namespace

BOOST_AUTO_TEST_SUITE(joint)

BOOST_AUTO_TEST_CASE(arithmetic_gives_the_bits_of_single_operations) {
    for (const auto& [rows, columns] : std::vector<std::pair<std::size_t, std::size_t>>{{5, 70}, {300, 7}, {1, 1}, {1, 100}, {4, 64}, {3, 1}}) {
        BOOST_TEST(compare<float>(rows, columns) > 500u);
        BOOST_TEST(compare<double>(rows, columns) > 500u);
    }
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

BOOST_AUTO_TEST_SUITE_END()
