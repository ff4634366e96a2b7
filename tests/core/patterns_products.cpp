// Products with few columns, and their adjoints, work row by row in a loop: with operands that stand in every way, and
// with what else the loop does to the same rows.

#include "ways.hpp"

using namespace test;
using xg::Step;
using xg::Var;

namespace {

struct Size {
    std::size_t rows, inner, columns;
    std::string str() const { return fmt::format("{} x {} x {}", rows, inner, columns); }
};

/// On both sides of the widest product that is narrow, of vectors, and of what is worth a loop.
const std::vector<Size> sizes = {{1, 1, 1},   {1, 20, 1}, {2, 1, 1},    {1, 20, 3},  {5, 7, 1},   {37, 16, 10},
                                 {6, 50, 31}, {40, 33, 32}, {7, 12, 33}, {300, 9, 4}, {12, 48, 48}};

template <class T>
constexpr double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-13;

/// X W, and what follows from it: a second reader of X, both adjoints, an update of each.
template <class T>
void check_product(const Ways& ways, Var x, Var w, bool tx, bool tw, const std::string& what) {
    const Var y = matmul(x, w, tx, tw), loss = sum(square(y) * T(0.125));
    ways.check({.outputs = {y}, .updates = {}}, what);
    ways.check({.outputs = {y * 2 + 1, sum(x), x * 3}, .updates = {}}, what + ", with second readers");
    ways.check({.outputs = {gradient(loss, w)}, .updates = {}}, what + ", adjoint of the right operand");
    ways.check({.outputs = {loss, gradient(loss, w), gradient(loss, x), y}, .updates = {}}, what + ", both adjoints");
}

template <class T>
void check_sizes() {
    for (const Size& size : sizes)
        for (const bool tx : {false, true})
            for (const bool tw : {false, true}) {
                xg::Tape tape;
                const Ways ways(tape, tolerance<T>);
                const auto& [rows, inner, columns] = size;
                Standings<T> left(tape, tx ? inner : rows, tx ? rows : inner, rows),
                    right(tape, tw ? columns : inner, tw ? inner : columns, columns);
                const std::vector<Standing> xs = left.all(), ws = right.all();
                const Extents x_shape = {tx ? inner : rows, tx ? rows : inner},
                              w_shape = {tw ? columns : inner, tw ? inner : columns};
                const std::string what = fmt::format("{}{}{}, the left operand is ", size.str(),
                                                     tx ? ", left turned" : "", tw ? ", right turned" : "");
                for (const Standing& x : xs)
                    check_product<T>(ways, broadcast_to(x.var, xg::Shape(x_shape)), ws[0].var, tx, tw, what + x.name);
                const std::string other = fmt::format("{}{}{}, the right operand is ", size.str(),
                                                      tx ? ", left turned" : "", tw ? ", right turned" : "");
                for (const Standing& w : ws)
                    check_product<T>(ways, xs[1].var, broadcast_to(w.var, xg::Shape(w_shape)), tx, tw, other + w.name);
            }
}

/// Bytes made into numbers in every way that a narrow product knows, and in others.
template <class T>
void check_bytes(const Size& size) {
    constexpr xg::DType type = xg::dtype_of<T>();
    const std::vector<std::pair<std::string, std::function<Var(Var)>>> ways_to_numbers = {
        {"cast", [](Var x) { return cast(x, type); }},
        {"scaled", [](Var x) { return cast(x, type) * 0.25; }},
        {"scaled from the left", [](Var x) { return 0.25 * cast(x, type); }},
        {"divided", [](Var x) { return cast(x, type) / 4; }},
        {"shifted", [](Var x) { return cast(x, type) / 4 - 0.5; }},
        {"squared", [](Var x) { return square(cast(x, type)); }},
        {"times itself", [](Var x) { return cast(x, type) * cast(x, type); }},
        {"a mask", [](Var x) { return cast(cast(x, type) < 128, type); }},
        {"a scaled mask", [](Var x) { return cast(cast(x, type) < 128, type) * 0.25; }},
    };
    xg::Tape tape;
    const Ways ways(tape, tolerance<T>);
    Random random(size.inner);
    const Var bytes = tape.constant(random_array<std::uint8_t>({size.rows, size.inner}, random, 0, 255)),
              state = tape.state(random_array<std::uint8_t>({size.rows, size.inner}, random, 0, 255));
    const Var of_more = tape.constant(random_array<std::uint8_t>({size.rows + 3, size.inner + 2}, random, 0, 255));
    const Var chosen = tape.constant(
        random_array<std::int64_t>({size.rows}, random, 0, static_cast<double>(size.rows) + 2));
    const Var part = slice(of_more, {{1, -2}, {2, xg::Range::open}}), taken = take(slice(of_more, 1, 0, -2), chosen, 0);
    const Var w = tape.parameter(random_array<T>({size.inner, size.columns}, random, -0.1, 0.1)),
              g = tape.parameter(random_array<T>({size.rows, size.columns}, random, -0.1, 0.1));
    const Var scale = tape.parameter(random_array<T>({}, random, 0.1, 0.2)),
              each = tape.parameter(random_array<T>({size.inner}, random, 0.1, 0.2));
    int limit = 100;
    for (const auto& [name, to_numbers] : ways_to_numbers)
        for (const Var source : {bytes, state, taken, part}) {
            const std::string what = fmt::format("{}, bytes {}", size.str(), name);
            const Var x = to_numbers(source), mask = state < ++limit; // a new one, recorded before what reads x
            const Var y = matmul(x, w), small = y * T(1e-5), loss = sum(square(small) + softmax(small)),
                      dw = gradient(loss, w);
            ways.check({.outputs = {y}, .updates = {}}, what);
            ways.check({.outputs = {dw}, .updates = {{w, w - dw}}}, what + ", a step");
            ways.check({.outputs = {matmul(x, g, true), matmul(g, x, true)}, .updates = {}}, what + ", adjoints alone");
            ways.check({.outputs = {y, x, sum(x, 1)}, .updates = {}}, what + ", with second readers");
            ways.check({.outputs = {matmul(x * scale, w), matmul(x * each, w)}, .updates = {}},
                       what + ", scaled again");
            ways.check({.outputs = {matmul(x, x, true), matmul(x, x, false, true)}, .updates = {}},
                       what + ", with themselves");
            const Var s = softmax(small);
            ways.check({.outputs = {dw, log(s) * s, s * matmul(x, w)}, .updates = {}}, what + ", beside arithmetic");
            if (size.inner > 1)
                ways.check({.outputs = {matmul(slice(x, 1, 1, xg::Range::open), slice(w, 0, 1, xg::Range::open))},
                            .updates = {}},
                           what + ", without a column");
            ways.check({.outputs = {y}, .updates = {{state, mask}}}, what + ", replaced before they are read");
        }
}

/// An update in place may not be written over rows that its own product still reads.
template <class T>
void check_updates(const Size& size) {
    xg::Tape tape;
    const Ways ways(tape, tolerance<T>);
    Random random(size.rows);
    auto leaf = [&](const Extents& shape) { return tape.parameter(random_array<T>(shape, random, -0.2, 0.2)); };
    const auto& [rows, inner, columns] = size;
    const Var x = leaf({rows, inner}), square_of_x = leaf({inner, inner}), w = leaf({inner, columns});
    const Var y = matmul(x, w), loss = mean(square(y)), next = matmul(x, square_of_x);
    const Var adjoint = matmul(x, y, true), step = w - T(0.5) * gradient(loss, w);
    const std::vector<std::pair<std::string, Step>> steps = {
        {"x := x A", {.outputs = {}, .updates = {{x, next}}}},
        {"x := A^T, turned, of x", {.outputs = {}, .updates = {{x, matmul(x, square_of_x, false, true)}}}},
        {"x := x A + x", {.outputs = {}, .updates = {{x, next + x}}}},
        {"x := x A with a second reader of x", {.outputs = {x * 2, y}, .updates = {{x, next}}}},
        {"A := x^T x", {.outputs = {}, .updates = {{square_of_x, matmul(x, x, true)}}}},
        {"A := A A", {.outputs = {}, .updates = {{square_of_x, matmul(square_of_x, square_of_x)}}}},
        {"A := A^T A, x := x A",
         {.outputs = {y}, .updates = {{square_of_x, matmul(square_of_x, square_of_x, true)}, {x, next}}}},
        {"w := w + x^T x w", {.outputs = {loss}, .updates = {{w, w + adjoint}}}},
        {"a step of w and of x", {.outputs = {loss}, .updates = {{w, step}, {x, x - gradient(loss, x)}}}},
        {"w := its step, x := x scaled", {.outputs = {y}, .updates = {{x, x * 2}, {w, step}}}},
    };
    for (const auto& [name, what] : steps)
        ways.check(what, fmt::format("{}, {}", size.str(), name));
}

/// Both operands of an adjoint, and the large one of a product, are read by their own rows, not by those of the loop that makes them.
template <class T>
void check_other_rows(std::int64_t rows, std::int64_t columns) {
    xg::Tape tape;
    const Ways ways(tape, tolerance<T>);
    Random random(1);
    auto leaf = [&](std::int64_t m, std::int64_t n) {
        return tape.parameter(random_array<T>({static_cast<std::size_t>(m), static_cast<std::size_t>(n)}, random, -0.2, 0.2));
    };
    const Var u = leaf(2 * rows, columns), centred = u - mean(u, 1, xg::keepdims);
    for (const std::int64_t few : {1, 2, 4})
        for (const auto& shape : {xg::Dims{rows, 2 * columns}, xg::Dims{4 * rows, columns / 2}}) {
            const Var x = reshape(centred, shape), w = leaf(shape[1], few), g = leaf(shape[0], few);
            const std::string what = fmt::format("{} x {} of {} x {}, {} columns", shape[0], shape[1], 2 * rows, columns, few);
            ways.check({.outputs = {matmul(x, w)}}, what + ", product");
            ways.check({.outputs = {matmul(x, g, true), matmul(g, x, true)}}, what + ", adjoints");
        }
}

} // namespace

BOOST_AUTO_TEST_SUITE(patterns_products)

BOOST_AUTO_TEST_CASE(of_float64) { check_sizes<double>(); }
BOOST_AUTO_TEST_CASE(of_float32) { check_sizes<float>(); }

BOOST_AUTO_TEST_CASE(of_bytes) {
    for (const Size& size : sizes) {
        check_bytes<float>(size);
        check_bytes<double>(size);
    }
}

BOOST_AUTO_TEST_CASE(in_place) {
    for (const Size& size : sizes) {
        check_updates<float>(size);
        check_updates<double>(size);
    }
}

BOOST_AUTO_TEST_CASE(of_rows_other_than_those_of_the_loop) {
    check_other_rows<double>(4, 6);
    check_other_rows<float>(150, 40);
}

BOOST_AUTO_TEST_SUITE_END()
