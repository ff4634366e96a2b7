// What stands beside an array in an operation: the array itself, rows, columns, numbers, bytes, and views of other
// results.

#include <algorithm>
#include <numeric>

#include "grower.hpp"

namespace test {

std::size_t Grower::operand(const Extents& shape) {
    switch (weighted({26, 14, 14, 10, 8, 28, 4, 3})) {
    case 0:
        if (const auto x = known(&shape)) return *x;
        return leaf(shape);
    case 1: return leaf(shape);
    case 2: return spread(shape);
    case 3: return number(one_of(std::vector<double>{2, 0.5, 3, -1, 1, 0.25, 10}));
    case 4: return bytes(shape);
    case 5: return view_onto(shape);
    case 6: return number_everywhere(shape);
    default: return counted(shape);
    }
}

std::size_t Grower::number_everywhere(const Extents& shape) {
    return add("broadcast_to", {leaf(random_.coin() ? Extents{} : Extents(shape.size(), 1))}, shape);
}

std::size_t Grower::counted(const Extents& shape) {
    const xg::DType dtype = chance(75) ? xg::DType::int64 : xg::DType::uint8;
    Extents row = shape;
    if (!row.empty()) row.front() = 1;
    if (shape.size() == 2 && chance(15)) {
        const std::int64_t inner = one_of(sizes_);
        return cast(add("matmul", {integers({shape[0], inner}, 9), integers({inner, shape[1]}, 9)}, {0, 0}));
    }
    auto some = [&] { return integers(chance(20) ? row : shape, 9, dtype); };
    std::size_t x = some();
    if (chance(30)) x = add({.kind = &kind("cast"), .in = {integers(shape, 9, xg::DType::uint8)}, .dtype = dtype});
    for (std::int64_t more = integer(1, 3); more > 0; --more)
        x = either(one_of(std::vector<char>{'+', '-', '*'}), {x, some()});
    return cast(x);
}

/// The last axes, some of them with extent 1.
std::size_t Grower::spread(const Extents& shape) {
    const std::int64_t from = chance(40) ? integer(0, static_cast<std::int64_t>(shape.size())) : 0;
    Extents part(shape.begin() + from, shape.end());
    for (std::int64_t& extent : part)
        if (chance(50)) extent = 1;
    return chance(70) ? leaf(part) : source(part);
}

std::size_t Grower::bytes(const Extents& shape) {
    Extents part = shape;
    if (chance(20))
        for (std::int64_t& extent : part)
            if (random_.coin()) extent = 1;
    const bool turned = part.size() == 2 && chance(25);
    if (turned) std::swap(part[0], part[1]);
    std::size_t x = integers(part, 256, chance(90) ? xg::DType::uint8 : xg::DType::int64);
    if (turned && random_.coin()) return cast(add("transpose", {x}, {1, 0}));
    x = cast(x);
    if (turned) return add("transpose", {x}, {1, 0});
    return chance(30) ? add("*", {x, number(0.0625)}) : x;
}

std::size_t Grower::source(const Extents& shape) {
    if (chance(55))
        if (const auto x = known(&shape)) return *x;
    const std::size_t x = leaf(shape);
    if (chance(15)) return x;
    std::size_t y = x;
    switch (weighted({25, 15, 15, 10, 10, 10, 10, 5})) {
    case 0: y = add("*", {x, number(one_of(std::vector<double>{10, 2, 0.5}))}); break;
    case 1: y = add("-", {x, number(1)}); break;
    case 2: y = add("*", {x, leaf(shape)}); break;
    case 3: y = add("square", {x}); break;
    case 4: y = add("/", {leaf(shape), positive(x)}); break;
    case 5: y = add("tanh", {x}); break;
    case 6: y = add("+", {x, spread(shape)}); break;
    default: y = add("sqrt", {positive(x)});
    }
    pool_.push_back(y);
    return y;
}

std::size_t Grower::positive(std::size_t x) {
    const Node& n = program_.nodes[x];
    if (n.is_leaf() && n.low > 0) return x;
    if (exact(x) && !smooth_ && chance(20)) return x; // whatever comes of it, NaNs too, is the same bits
    return add("+", {add("square", {x}), number(0.5)});
}

std::size_t Grower::view_onto(const Extents& shape) {
    switch (weighted({36, 18, 8, 14, 10, 14})) {
    case 0: return slice_onto(shape);
    case 1: return turned_onto(shape);
    case 2: return diagonal_onto(shape);
    case 3: return chosen_onto(shape);
    case 4: return joined_onto(shape);
    default: return computed_onto(shape);
    }
}

std::size_t Grower::view_of_itself(std::size_t x) {
    const Extents shape = extents(x);
    const std::int64_t axis = random_axis(shape), n = shape[static_cast<std::size_t>(axis)];
    if (n == 0) throw Unwanted();
    const std::int64_t i = integer(0, n - 1);
    switch (weighted({20, 20, 15, 15, 10, 10, 10})) {
    case 0: return add("slice", {x}, {axis, i, i + 1, 1});
    case 1: return add("flip", {x}, {axis});
    case 2: return add("mean", {x}, {axis}, 1);
    case 3: return add("take", {x, integers({n}, n)}, {axis});
    case 4: return add("cumsum", {x}, {axis});
    case 5: return add("transpose", {x}, {});
    default: { // as many as there are, but the first ones alone, in another shape
        const std::size_t first = add("slice", {x}, {0, 0, (shape[0] + 1) / 2, 1});
        return add("sum", {add("reshape", {first}, {shape.back(), -1})}, {1});
    }
    }
}

std::size_t Grower::slice_onto(const Extents& shape) {
    const std::int64_t axis = random_axis(shape), open = xg::Range::open;
    const auto k = static_cast<std::size_t>(axis);
    const std::int64_t n = shape[k];
    Extents larger = shape;
    switch (weighted({40, 15, 20, 15, 10})) {
    case 0: { // one of them for all
        if (n == 0) throw Unwanted();
        const std::int64_t i = integer(0, n - 1);
        return add("slice", {source(shape)}, {axis, i, i + 1, 1});
    }
    case 1: return add("slice", {source(shape)}, {axis, open, open, -1});
    case 2: {
        const std::int64_t before = integer(0, 3);
        larger[k] = n + before + integer(0, 3);
        return add("slice", {source(larger)}, {axis, before, before + n, 1});
    }
    case 3: {
        larger[k] = 2 * n;
        const std::size_t x = source(larger);
        return random_.coin() ? add("slice", {x}, {axis, integer(0, 1), open, 2})
                              : add("slice", {x}, {axis, open, open, -2});
    }
    default: {
        larger[k] = 2 * n;
        const std::int64_t part = integer(0, 1);
        return add("split", {source(larger)}, {2, axis, part});
    }
    }
}

std::size_t Grower::turned_onto(const Extents& shape) {
    if (chance(25)) { // the same elements in another shape
        const std::int64_t n = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
        Extents other = {n};
        for (const std::int64_t factor : {2, 3, 5, 8})
            if (n != 0 && n % factor == 0 && random_.coin())
                other = random_.coin() ? Extents{factor, n / factor} : Extents{n / factor, factor};
        return add("reshape", {source(other)}, shape);
    }
    if (chance(20)) return add("broadcast_to", {spread(shape)}, shape);
    std::vector<std::int64_t> axes(shape.size());
    std::iota(axes.begin(), axes.end(), 0);
    if (axes.size() < 2) throw Unwanted();
    for (std::size_t i = axes.size(); i > 1; --i)
        std::swap(axes[i - 1], axes[static_cast<std::size_t>(integer(0, static_cast<std::int64_t>(i) - 1))]);
    if (axes.size() == 2) axes = {1, 0};
    Extents turned(shape.size());
    for (std::size_t i = 0; i < axes.size(); ++i)
        turned[static_cast<std::size_t>(axes[i])] = shape[i];
    return add("transpose", {source(turned)}, axes);
}

std::size_t Grower::diagonal_onto(const Extents& shape) {
    if (shape.empty() || shape.size() > 3) throw Unwanted();
    Extents rest(shape.begin(), shape.end() - 1), square = rest;
    const auto first = static_cast<std::size_t>(integer(0, static_cast<std::int64_t>(rest.size())));
    const std::int64_t n = shape.back(), shift = chance(30) ? integer(1, 2) : 0;
    square.insert(square.begin() + static_cast<std::ptrdiff_t>(first), n);
    square.push_back(n + shift);
    return add("diagonal", {source(square)},
               {shift, static_cast<std::int64_t>(first), static_cast<std::int64_t>(square.size()) - 1});
}

std::size_t Grower::chosen_onto(const Extents& shape) {
    const std::int64_t axis = random_axis(shape);
    const auto k = static_cast<std::size_t>(axis);
    switch (weighted({50, 25, 25})) {
    case 0: {
        Extents from = shape;
        from[k] = one_of(sizes_);
        return add("take", {source(from), integers({shape[k]}, from[k])}, {axis});
    }
    case 1: {
        const std::size_t labels = integers({shape.begin(), shape.end() - 1}, shape.back());
        return add("one_hot", {labels}, {shape.back()});
    }
    default: {
        const std::size_t labels = integers({shape.begin(), shape.end() - 1}, shape.back());
        const std::size_t picked = add("pick", {source(shape), labels});
        return add("expand_dims", {picked}, {static_cast<std::int64_t>(shape.size()) - 1});
    }
    }
}

std::size_t Grower::joined_onto(const Extents& shape) {
    const std::int64_t axis = random_axis(shape);
    const auto k = static_cast<std::size_t>(axis);
    Extents first = shape, second = shape;
    switch (weighted({40, 20, 25, 15})) {
    case 0:
        if (shape[k] < 2) throw Unwanted();
        first[k] = integer(1, shape[k] - 1);
        second[k] = shape[k] - first[k];
        return add("concatenate", {source(first), source(second)}, {axis});
    case 1: {
        if (shape[k] != 2) throw Unwanted();
        first.erase(first.begin() + axis);
        return add("stack", {source(first), source(first)}, {axis});
    }
    case 2: {
        if (shape[k] < 2) throw Unwanted();
        const std::int64_t before = integer(0, 1);
        first[k] = shape[k] - 1;
        std::vector<std::int64_t> widths(2 * shape.size());
        widths[2 * k] = before;
        widths[2 * k + 1] = 1 - before;
        const auto value = static_cast<double>(integer(-1, 1));
        return add("pad", {source(first)}, widths, value);
    }
    default:
        if (shape[k] % 2 != 0) throw Unwanted();
        first[k] = shape[k] / 2;
        return add("repeat", {source(first)}, {2, axis});
    }
}

std::size_t Grower::computed_onto(const Extents& shape) {
    const std::int64_t axis = random_axis(shape);
    switch (weighted({30, 10, 15, 15, 10, 10, 10})) {
    case 0: {
        const bool mean = random_.coin();
        return add(mean ? "mean" : "sum", {source(shape)}, {axis}, 1);
    }
    case 1: {
        const std::size_t x = source(shape);
        if (!exact(x) || smooth_) throw Unwanted();
        return add("max", {x}, {axis}, 1);
    }
    case 2: return add("softmax", {source(shape)}, {axis});
    case 3: {
        if (shape.size() != 2) throw Unwanted();
        const std::int64_t inner = one_of(sizes_), ta = integer(0, 1), tb = integer(0, 1);
        const std::size_t a = source(ta ? Extents{inner, shape[0]} : Extents{shape[0], inner});
        const std::size_t b = source(tb ? Extents{shape[1], inner} : Extents{inner, shape[1]});
        return add("matmul", {a, b}, {ta, tb});
    }
    case 4:
        if (smooth_) throw Unwanted();
        return add("uniform", {}, shape, static_cast<double>(integer(1, 9)));
    case 5: return add("cumsum", {source(shape)}, {axis});
    default: {
        const std::size_t x = source(shape);
        return add("gradient", {loss(arithmetic(x)), x});
    }
    }
}

} // namespace test
