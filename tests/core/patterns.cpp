// Every pattern of arithmetic that is one call, with operands that stand in every way. The operations and their order
// are those of one op at a time, so the bits are.

#include <array>

#include "ways.hpp"

using namespace test;
using xg::Step;
using xg::Var;

namespace {

using Operands = std::array<Var, 4>;

struct Pattern {
    std::string name;
    std::size_t operands;
    std::function<Var(const Operands&)> make;
    /// What a second reader may read as well.
    std::function<Var(const Operands&)> part;
};

Var apply(char op, Var a, Var b) {
    switch (op) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    default: return a / b;
    }
}

std::vector<Pattern> patterns() {
    std::vector<Pattern> all;
    for (const char f : {'+', '-', '*', '/'})
        for (const char g : {'+', '-', '*', '/'}) {
            const auto first = [f](const Operands& x) { return apply(f, x[0], x[1]); };
            all.push_back({fmt::format("(a{}b){}c", f, g), 3,
                           [=](const Operands& x) { return apply(g, first(x), x[2]); }, first});
            all.push_back({fmt::format("c{}(a{}b)", g, f), 3,
                           [=](const Operands& x) { return apply(g, x[2], first(x)); }, first});
        }
    const auto product = [](const Operands& x) { return x[0] * x[1]; };
    const auto root = [](const Operands& x) { return sqrt(x[0]); };
    const auto square_of = [](const Operands& x) { return square(x[3]); };
    all.insert(
        all.end(),
        {
            {"a*b+c*d", 4, [](const Operands& x) { return x[0] * x[1] + x[2] * x[3]; }, product},
            {"a*b-c*d", 4, [](const Operands& x) { return x[0] * x[1] - x[2] * x[3]; }, product},
            {"a*b-c*c", 3, [](const Operands& x) { return x[0] * x[1] - x[2] * x[2]; }, product},
            {"a*b+c*d^2", 4, [](const Operands& x) { return x[0] * x[1] + x[2] * square(x[3]); }, square_of},
            {"d^2*c+a*b", 4, [](const Operands& x) { return square(x[3]) * x[2] + x[0] * x[1]; }, square_of},
            {"a*d^2+c*d^2", 4, [](const Operands& x) { return x[0] * square(x[3]) + x[2] * square(x[3]); }, square_of},
            {"c/(b+sqrt(a))", 3, [](const Operands& x) { return x[2] / (x[1] + sqrt(x[0])); }, root},
            {"c/(sqrt(a)+b)", 3, [](const Operands& x) { return x[2] / (sqrt(x[0]) + x[1]); }, root},
            {"d+b*(c/(1+sqrt(a)))", 4, [](const Operands& x) { return x[3] + x[1] * (x[2] / (1 + sqrt(x[0]))); }, root},
            {"(a*b+c)*d", 4, [](const Operands& x) { return (x[0] * x[1] + x[2]) * x[3]; }, product},
            {"exp(a*b)+c", 3, [](const Operands& x) { return exp(x[0] * x[1]) + x[2]; }, product},
            {"where(a<b, c*d, c)", 4, [](const Operands& x) { return where(x[0] < x[1], x[2] * x[3], x[2]); }, product},
        });
    return all;
}

/// The pattern alone, with a second reader of what it joins, and with updates of an array that it reads.
void check(const Ways& ways, const Pattern& pattern, const Operands& x, Var p, const std::string& what) {
    const Var y = pattern.make(x);
    ways.check({.outputs = {y}, .updates = {}}, what);
    ways.check({.outputs = {y, pattern.part(x)}, .updates = {}}, what + ", with a second reader");
    if (y.shape() == p.shape()) ways.check({.outputs = {pattern.part(x)}, .updates = {{p, y}}}, what + ", in place");
}

/// Each operand in every way while the others are dense, and all of them in random ways.
template <class T>
void check_all(std::size_t rows, std::size_t columns, std::size_t mixed, bool only_mixed = false) {
    xg::Tape tape;
    Standings<T> standings(tape, rows, columns, 10 * rows + columns);
    const std::vector<Standing> all = standings.all();
    const Ways ways(tape);
    const Var p = standings.leaf({rows, columns});
    const Operands dense = {p, all[0].var, all[1].var, standings.leaf({rows, columns})};
    Random random(1);
    for (const Pattern& pattern : patterns()) {
        for (std::size_t k = 0; k < pattern.operands && !only_mixed; ++k)
            for (const Standing& standing : all) {
                Operands x = dense;
                x[k] = standing.var;
                check(ways, pattern, x, p,
                      fmt::format("{} of {} x {}, operand {} is {}", pattern.name, rows, columns, k, standing.name));
            }
        for (std::size_t i = 0; i < mixed; ++i) {
            Operands x = dense;
            std::string what = fmt::format("{} of {} x {}", pattern.name, rows, columns);
            for (std::size_t k = 0; k < pattern.operands; ++k) {
                const Standing& standing = all[random.bits() % all.size()];
                x[k] = standing.var;
                what += ", " + standing.name;
            }
            check(ways, pattern, x, p, what);
        }
    }
}

/// Arrays, rows, columns, numbers and turned arrays in all combinations: each has a kernel of its own, or none.
template <class T>
void check_combinations(std::size_t rows, std::size_t columns) {
    xg::Tape tape;
    Standings<T> standings(tape, rows, columns, 1);
    const Ways ways(tape);
    const std::vector<Standing> all = {{"dense", standings.leaf({rows, columns})},
                                       {"one for each row", standings.leaf({rows, 1})},
                                       {"one for each column", standings.leaf({columns})},
                                       {"one number", standings.leaf({1, 1})},
                                       {"turned", transpose(standings.leaf({columns, rows}))}};
    for (const Pattern& pattern : patterns()) {
        const std::size_t n = all.size(), combinations = pattern.operands == 4 ? n * n * n * n : n * n * n;
        for (std::size_t i = 0; i < combinations; ++i) {
            Operands x;
            std::string what = fmt::format("{} of {} x {}", pattern.name, rows, columns);
            for (std::size_t k = 0, rest = i; k < pattern.operands; ++k, rest /= n) {
                x[k] = all[rest % n].var;
                what += ", " + all[rest % n].name;
            }
            ways.check({.outputs = {pattern.make(x)}, .updates = {}}, what);
        }
    }
}

/// A part of each row of a result, cast: what it is cast to takes as many bytes as the whole row, but not its place.
template <class To>
void check_cast_of_a_part(std::size_t rows, std::size_t columns) {
    xg::Tape tape;
    const Ways ways(tape);
    Random random(rows);
    constexpr xg::DType type = xg::dtype_of<To>();
    const auto n = static_cast<std::int64_t>(columns);
    auto leaf = [&]<class T>(std::size_t width, T) { return tape.parameter(random_array<T>({rows, width}, random, 0.5, 2)); };
    const std::size_t wide = columns * sizeof(To), half = columns * sizeof(To) / sizeof(float);
    const Var mask = leaf(wide, To()) < leaf(wide, To()), single = leaf(half, float()) * 2, beside = leaf(columns, To());
    for (const Var made : {mask, single}) {
        const Var part = cast(slice(made, 1, 0, n), type);
        ways.check({.outputs = {exp(part)}}, fmt::format("{} x {}, cast", rows, columns));
        ways.check({.outputs = {exp(part - beside)}}, fmt::format("{} x {}, cast and subtracted", rows, columns));
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(patterns)

BOOST_AUTO_TEST_CASE(casts_of_a_part) {
    for (const std::size_t rows : {1, 5, 300})
        for (const std::size_t columns : {7, 60, 200}) {
            check_cast_of_a_part<double>(rows, columns);
            check_cast_of_a_part<float>(rows, columns);
        }
}

BOOST_AUTO_TEST_CASE(all_combinations_in_narrow_rows) { check_combinations<float>(30, 7); }
BOOST_AUTO_TEST_CASE(all_combinations_in_wide_rows) { check_combinations<double>(5, 70); }
BOOST_AUTO_TEST_CASE(all_combinations_in_one_row) { check_combinations<float>(1, 100); }
BOOST_AUTO_TEST_CASE(all_combinations_in_one_column) { check_combinations<double>(3, 1); }

BOOST_AUTO_TEST_CASE(narrow_rows) { check_all<double>(5, 7, 20); }
BOOST_AUTO_TEST_CASE(wide_rows) { check_all<float>(6, 50, 20); }
BOOST_AUTO_TEST_CASE(rows_beside_the_threshold) { check_all<double>(3, 48, 20); }
BOOST_AUTO_TEST_CASE(many_rows) { check_all<float>(300, 9, 5); }
BOOST_AUTO_TEST_CASE(one_element) { check_all<double>(1, 1, 20); }
BOOST_AUTO_TEST_CASE(one_column) { check_all<float>(20, 1, 20); }
BOOST_AUTO_TEST_CASE(several_chunks) {
    xg::set_num_threads(3);
    check_all<float>(1300, 50, 3, true);
    xg::set_num_threads(2);
}
BOOST_AUTO_TEST_CASE(no_rows) { check_all<double>(0, 5, 5); }

BOOST_AUTO_TEST_SUITE_END()
