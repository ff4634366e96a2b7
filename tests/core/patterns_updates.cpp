// Updates in place, and what is computed only in the later loop that reads it: with operands that stand in every way,
// beside others that read the old values.

#include "ways.hpp"

using namespace test;
using xg::Step;
using xg::Var;

namespace {

constexpr double tolerance = 1e-13;

/// What a step can do to p with an operand x, and what else reads p then.
struct Rule {
    std::string name;
    std::function<Var(Var p, Var x)> next;
};

std::vector<Rule> rules() {
    return {
        {"x", [](Var p, Var x) { return broadcast_to(x, p.shape()); }},
        {"p + x", [](Var p, Var x) { return p + x; }},
        {"p - 0.5 x", [](Var p, Var x) { return p - 0.5 * x; }},
        {"0.9 p + 0.1 x^2", [](Var p, Var x) { return 0.9 * p + 0.1 * square(x); }},
        {"p + 2 x / (1 + sqrt(x))", [](Var p, Var x) { return p + 2 * (x / (1 + sqrt(x))); }},
        {"p + p / (1 + sqrt(x))", [](Var p, Var x) { return p + 0.5 * (p / (1 + sqrt(x))); }},
        {"x / (1 + sqrt(p)) 2 + p", [](Var p, Var x) { return 2 * (x / (1 + sqrt(p))) + p; }},
        {"p x - p p", [](Var p, Var x) { return p * x - p * p; }},
        {"p - mean(p x) of each row", [](Var p, Var x) { return p - mean(p * x, {-1}, xg::keepdims); }},
        {"p - mean(p x) of each column", [](Var p, Var x) { return p - mean(p * x, {0}, xg::keepdims); }},
        {"p + the first column of p x", [](Var p, Var x) { return p + slice(p * x, 1, 0, 1); }},
        {"p + the first column of p", [](Var p, Var x) { return p + slice(p, 1, 0, 1) * x; }},
        {"p + the last row of p", [](Var p, Var x) { return p + slice(p, 0, -1, xg::Range::open) * x; }},
        {"p turned about", [](Var p, Var x) { return flip(p, {0}) * x; }},
        {"the columns of p turned about", [](Var p, Var x) { return flip(p, {1}) * x + p; }},
        {"softmax(p + x)", [](Var p, Var x) { return softmax(p + x); }},
        {"cumsum(p) x", [](Var p, Var x) { return cumsum(p, 1) * x; }},
        {"cumsum(p)", [](Var p, Var) { return cumsum(p, 1); }},
    };
}

void check_updates(std::size_t rows, std::size_t columns) {
    xg::Tape tape;
    Standings<double> standings(tape, rows, columns, rows + 100 * columns);
    const Ways ways(tape, tolerance);
    const Var p = standings.leaf({rows, columns}), v = standings.leaf({rows, columns});
    std::vector<Standing> all = standings.all();
    all.push_back({"p itself", p});
    all.push_back({"a result of p", p * 3});
    all.push_back({"another leaf that is updated", v});
    for (const auto& [name, next] : rules())
        for (const auto& [standing, x] : all) {
            const std::string what = fmt::format("{} x {}, p := {}, x is {}", rows, columns, name, standing);
            const Var q = next(p, x);
            ways.check({.outputs = {}, .updates = {{p, q}}}, what);
            ways.check({.outputs = {p, p * 2, sum(p, 0)}, .updates = {{p, q}}}, what + ", the old one read as well");
            ways.check({.outputs = {q, transpose(p)}, .updates = {{p, q}}}, what + ", the new one put out");
            ways.check({.outputs = {sum(p * v)}, .updates = {{p, q}, {v, 0.5 * v + q}}},
                       what + ", another one from it");
            ways.check({.outputs = {}, .updates = {{p, v}, {v, q}}}, what + ", exchanged");
        }
}

/// u is read by a later loop over the same rows alone, so that it may be computed there; by two; or through a view.
void check_sunk(std::size_t rows, std::size_t columns) {
    xg::Tape tape;
    Standings<double> standings(tape, rows, columns, rows + 10 * columns);
    const Ways ways(tape, tolerance);
    const Var p = standings.leaf({rows, columns}), v = standings.leaf({rows, columns}), row = standings.leaf({columns});
    const Var top = sum(v, {0}, xg::keepdims); // stands only when its loop has ended
    for (const auto& [standing, x] : standings.all()) {
        const std::string what = fmt::format("{} x {}, x is {}", rows, columns, standing);
        const Var wide = broadcast_to(x, p.shape());
        for (const auto& [name, u] : std::vector<std::pair<std::string, Var>>{{"p x + row", p * x + row},
                                                                              {"exp(p) x", exp(p) * x},
                                                                              {"x as it is", wide},
                                                                              {"v x", v * x},
                                                                              {"(x + row)^2", square(wide + row)}}) {
            const std::string of = fmt::format("{}, u = {}", what, name);
            ways.check({.outputs = {u * top}, .updates = {}}, of + ", sunk");
            ways.check({.outputs = {u * top, u}, .updates = {}}, of + ", with a second reader");
            ways.check({.outputs = {u * top + tanh(u), sum(u * top, 1)}, .updates = {}},
                       of + ", read twice in the loop");
            ways.check({.outputs = {transpose(u) * transpose(top)}, .updates = {}}, of + ", read turned");
            ways.check({.outputs = {slice(u, 1, 0, xg::Range::open, 2) * (1 + slice(top, 1, 0, xg::Range::open, 2)) /
                                    standings.leaf({rows, 1})},
                        .updates = {}},
                       of + ", every other column");
            ways.check({.outputs = {slice(u, 0, 0, 1) * top + v}, .updates = {}}, of + ", its first row");
            ways.check({.outputs = {u * top / sum(u, {0}, xg::keepdims)}, .updates = {}}, of + ", and its sum");
            ways.check({.outputs = {v}, .updates = {{v, u * top}}}, of + ", into an update");
            ways.check({.outputs = {}, .updates = {{p, u * top}, {v, v + p}}}, of + ", beside an update");
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(patterns_updates)

BOOST_AUTO_TEST_CASE(in_place_of_narrow_rows) { check_updates(5, 7); }
BOOST_AUTO_TEST_CASE(in_place_of_wide_rows) { check_updates(4, 49); }
BOOST_AUTO_TEST_CASE(in_place_of_several_blocks) { check_updates(150, 17); }
BOOST_AUTO_TEST_CASE(in_place_of_one_element) { check_updates(1, 1); }

BOOST_AUTO_TEST_CASE(sunk_in_narrow_rows) { check_sunk(6, 10); }
BOOST_AUTO_TEST_CASE(sunk_in_wide_rows) { check_sunk(3, 64); }
BOOST_AUTO_TEST_CASE(sunk_in_several_blocks) { check_sunk(130, 24); }
BOOST_AUTO_TEST_CASE(sunk_in_one_row) { check_sunk(1, 5); }
BOOST_AUTO_TEST_CASE(sunk_in_rows_of_nothing) { check_sunk(4, 0); }

/// The first half of a leaf, as it lies, in the rows of the loop that replaces the leaf: it is overwritten before it is read.
BOOST_AUTO_TEST_CASE(in_place_beside_the_first_half_of_the_leaf) {
    for (const auto& [rows, columns] : std::vector<std::pair<std::int64_t, std::int64_t>>{{10, 14}, {600, 30}, {2, 2}}) {
        xg::Tape tape;
        Random random(1);
        const Ways ways(tape, tolerance);
        const Var p = tape.parameter(random_array<double>({static_cast<std::size_t>(rows), static_cast<std::size_t>(columns)}, random, 0.5, 2));
        const Var z = exp(p) - mean(p, 1, xg::keepdims);
        const Var half = reshape(slice(p, 0, 0, rows / 2), {rows, columns / 2}), y = slice(z, 1, 0, columns / 2) * half;
        ways.check({.outputs = {y}, .updates = {{p, p + z}}}, fmt::format("{} x {}", rows, columns));
    }
}

/// A result that moves to a loop over other rows, and what it alone reads, in every third place.
BOOST_AUTO_TEST_CASE(sunk_into_a_loop_over_other_rows) {
    for (const std::int64_t n : {5, 600}) {
        xg::Tape tape;
        Random random(1);
        const Ways ways(tape, tolerance);
        auto leaf = [&](const Extents& shape) { return tape.parameter(random_array<double>(shape, random, 0.5, 2)); };
        const auto rows = static_cast<std::size_t>(2 * n);
        const Var x = leaf({rows, 3}) * leaf({rows, 3}), u = exp(slice(x, 1, 1, 2)), total = sum(exp(leaf({rows})));
        ways.check({.outputs = {sum(reshape(u, {n, 2}) * total, 1)}}, fmt::format("{} rows", n));
    }
}

BOOST_AUTO_TEST_SUITE_END()
