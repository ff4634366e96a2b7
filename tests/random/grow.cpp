#include "grow.hpp"

#include <algorithm>

#include "grower.hpp"

namespace test {

Program Grower::run() {
    for (int i = 0; i < 2; ++i)
        leaf(base_);
    const std::int64_t most_tries = 4 * moves_;
    for (std::int64_t done = 0, tries = 0; done < moves_ && tries < most_tries && program_.nodes.size() < 400; ++tries)
        try {
            pool_.push_back(move(known().value()));
            ++done;
        } catch (const Unwanted&) {
        } catch (const xg::Error&) {}
    take_results();
    return pruned(program_);
}

std::size_t Grower::move(std::size_t x) {
    switch (weighted({40, 8, 8, 10, 7, 5, 12, 4, 3, 3, 3, 4, 6})) {
    case 0: return arithmetic(x);
    case 1: return unary(x);
    case 2: return reduction(x);
    case 3: return view(x);
    case 4: return product(x);
    case 5: return kinked(x);
    case 6: return derivative(x);
    case 7: return view_onto(extents(x));
    case 8: return there_and_back(x);
    case 9: return rearranged(x);
    case 10: return transformed(x);
    case 11: return product_of_bytes();
    default: return looped(x);
    }
}

/// Through a loop, or a choice, whose body reads other results.
std::size_t Grower::looped(std::size_t x) {
    const Extents shape = extents(x);
    const std::size_t other = add("+", {operand(shape), number(0)});
    switch (weighted({40, 25, smooth_ ? 0 : 10, 25})) {
    case 0: return add("scan", {x, add("broadcast_to", {other}, shape)}, {integer(0, 6), integer(0, 3)});
    case 1:
        if (shape.empty()) throw Unwanted();
        return add("scan_ys", {source(random_shape()), x, operand({shape.begin() + 1, shape.end()})});
    case 2:
        if (!exact(x) || !exact(other)) throw Unwanted();
        return add("while_loop", {x, add("broadcast_to", {other}, shape)});
    default: return add("cond", {leaf(random_shape()), x, add("broadcast_to", {other}, shape)});
    }
}

/// Cast to the other floating dtype, and cast again.
std::size_t Grower::there_and_back(std::size_t x) {
    if (smooth_) throw Unwanted();
    const xg::DType usual = dtype_;
    dtype_ = usual == xg::DType::float64 ? xg::DType::float32 : xg::DType::float64;
    std::size_t y = add("cast", {x});
    if (random_.coin()) y = add("*", {y, number(0.5)});
    dtype_ = usual;
    return add("cast", {y});
}

std::size_t Grower::combined(char f, Pair x) {
    return add(std::string_view(&f, 1), {x.a, f == '/' ? positive(x.b) : x.b});
}

std::size_t Grower::either(char f, Pair x) { return random_.coin() ? combined(f, x) : combined(f, {x.b, x.a}); }

std::size_t Grower::arithmetic(std::size_t x) {
    static const std::vector<char> all = {'+', '-', '*', '/', '*', '+'};
    const Extents shape = extents(x);
    const char f = one_of(all), g = one_of(all);
    auto other = [&] { return operand(shape); };
    auto product_of_others = [&] {
        if (chance(8)) return combined('*', {number_everywhere(shape), number_everywhere(shape)});
        const std::size_t a = other();
        return either('*', {a, chance(25) ? a : other()});
    };
    switch (weighted({12, 30, 16, 12, 8, 8, 6, 4, 4})) {
    case 0: return either(f, {x, other()});
    case 1: return either(g, {either(f, {x, other()}), other()});
    case 2: return either(f == '+' ? '+' : '-', {either('*', {x, chance(25) ? x : other()}), product_of_others()});
    case 3: return either('+', {either('*', {x, other()}), either('*', {add("square", {other()}), other()})});
    case 4: return combined('/', {other(), either('+', {add("sqrt", {positive(x)}), number(0.125)})});
    case 5: return either(g, {either(f, {bytes(shape), x}), other()});
    case 6: return adam(x);
    case 7: return add("blend", {x, leaf(shape), spread(shape)});
    default: return either(g, {add("sqrt", {positive(other())}), x});
    }
}

/// p + s c / (a + sqrt(b)), as optimizers do.
std::size_t Grower::adam(std::size_t p) {
    const Extents shape = extents(p);
    const std::size_t root = add("sqrt", {positive(operand(shape))});
    auto mostly_number = [&](double value) {
        return chance(40) ? number(value) : chance(60) ? leaf({}, true) : positive(spread(shape));
    };
    const std::size_t quotient = add("/", {operand(shape), add("+", {root, mostly_number(0.0625)})});
    if (chance(10)) pool_.push_back(quotient); // for second readers
    const std::size_t step = add("*", {mostly_number(-0.125), quotient});
    return random_.coin() ? add("+", {p, step}) : add("+", {step, p});
}

std::size_t Grower::unary(std::size_t x) {
    switch (weighted({20, 15, 15, 10, 10, 10, 5, 5, 10, 5})) {
    case 0: return add("tanh", {x});
    case 1: return add("exp", {add("tanh", {x})});
    case 2: return add("square", {x});
    case 3: return add("sqrt", {positive(x)});
    case 4: return add("sigmoid", {x});
    case 5: return add("negative", {x});
    case 6: return add("log", {add("+", {add("square", {x}), number(1)})});
    case 7: return add("checkpoint", {x});
    case 8: return add("softplus", {x});
    default: return add("softsign", {x});
    }
}

std::size_t Grower::reduction(std::size_t x) {
    const Extents shape = extents(x);
    std::vector<std::int64_t> axes;
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
        if (random_.coin()) axes.push_back(static_cast<std::int64_t>(axis));
    const double keep = random_.coin() ? 1 : 0;
    switch (weighted({25, 25, 10, 10, 15, 15})) {
    case 0: return add("sum", {x}, axes, keep);
    case 1: return add("mean", {x}, axes, keep);
    case 2: return add("logsumexp", {x}, axes, keep);
    case 3: {
        const std::int64_t axis = random_axis(shape);
        return add(random_.coin() ? "softmax" : "log_softmax", {x}, {axis});
    }
    case 4: { // centred, and perhaps of variance one
        const std::size_t centred = add("-", {x, add("mean", {x}, axes, 1)});
        if (random_.coin()) return centred;
        const std::size_t variance = add("mean", {add("square", {centred})}, axes, 1);
        return add("/", {centred, add("sqrt", {add("+", {variance, number(0.125)})})});
    }
    default:
        if (!exact(x) || smooth_) throw Unwanted();
        return add(random_.coin() ? "max" : "min", {x}, axes, keep);
    }
}

std::size_t Grower::view(std::size_t x) {
    const Extents shape = extents(x);
    const std::int64_t axis = random_axis(shape), n = shape[static_cast<std::size_t>(axis)];
    switch (weighted({20, 25, 10, 10, 10, 5, 10, 10})) {
    case 0: return add("transpose", {x}, {});
    case 1: return slice_of(x);
    case 2: return reshaped(x);
    case 3: return add("diagonal", {x}, {0, 0, static_cast<std::int64_t>(shape.size()) - 1});
    case 4: return add("flip", {x}, random_.coin() ? Extents{} : Extents{axis});
    case 5: return add("triu", {x}, {integer(-1, 1)});
    case 6: return add("take", {x, integers({one_of(sizes_)}, n)}, {axis});
    default: return add("concatenate", {x, random_.coin() ? x : source(shape)}, {axis});
    }
}

std::size_t Grower::slice_of(std::size_t x) {
    const Extents shape = extents(x);
    const std::int64_t axis = random_axis(shape), n = shape[static_cast<std::size_t>(axis)];
    if (n == 0) throw Unwanted();
    const std::int64_t from = integer(0, n - 1);
    return random_.coin() ? add("slice", {x}, {axis, from, integer(from + 1, n), integer(1, 2)})
                          : add("slice", {x}, {axis, from, xg::Range::open, -1});
}

/// The same elements in other rows: a factor of one extent goes to its neighbour.
std::size_t Grower::reshaped(std::size_t x) {
    Extents shape = extents(x);
    const auto k = static_cast<std::size_t>(random_axis(shape));
    if (shape.size() < 2 || chance(30)) return add("reshape", {x}, random_.coin() ? Extents{-1} : Extents{shape[k], -1});
    const std::size_t other = k == 0 ? 1 : k - 1;
    for (const std::int64_t factor : {5, 3, 2})
        if (shape[k] % factor == 0 && shape[k] > factor) {
            shape[k] /= factor, shape[other] *= factor;
            return add("reshape", {x}, shape);
        }
    return add("reshape", {x}, {-1});
}

/// Scaled by a sum that stands only when its loop has ended, and reduced over rows other than those of x.
std::size_t Grower::rearranged(std::size_t x) {
    const std::size_t part = chance(60) ? x : slice_of(x), total = add("sum", {add("tanh", {source(extents(part))})});
    const std::size_t y = add("*", {reshaped(part), add("+", {total, number(0.5)})});
    const std::int64_t axis = random_axis(extents(y));
    return chance(60) ? add("mean", {y}, {axis}, random_.coin() ? 1 : 0) : y;
}

/// Products narrow and wide; of bytes, too.
std::size_t Grower::product(std::size_t x) {
    const Extents shape = extents(x);
    if (shape.size() < 2) throw Unwanted();
    const std::int64_t ta = integer(0, 1), tb = integer(0, 1);
    const std::int64_t m = shape[shape.size() - 2], k = ta ? m : shape.back(), rows = ta ? shape.back() : m;
    const std::int64_t n = one_of(std::vector<std::int64_t>{1, 2, 3, 10, 16, 31, 32, 33, 40});
    if (k * rows * n > 2000000) throw Unwanted();
    const std::size_t large = chance(35) ? bytes(shape) : x;
    if (chance(20)) return add("matmul", {large, source(shape)}, {ta, ta ? 0 : 1}); // x^T y, x y^T
    Extents small = tb ? Extents{n, k} : Extents{k, n};
    if (shape.size() > 2 && chance(40)) small.insert(small.begin(), random_.coin() ? shape[shape.size() - 3] : 1);
    const std::size_t y = add("matmul", {large, source(small)}, {ta, tb});
    return random_.coin() ? y : add("+", {y, leaf({n})});
}

/// A linear layer on bytes, which is read narrow, and its adjoint.
std::size_t Grower::product_of_bytes() {
    const std::int64_t rows = one_of(sizes_);
    std::int64_t inner = one_of(sizes_);
    const std::int64_t columns = one_of(std::vector<std::int64_t>{1, 2, 3, 10, 12, 32, 33});
    if (rows * inner * columns > 2000000) throw Unwanted();
    std::size_t x = 0;
    switch (weighted({50, 15, 15, 10, smooth_ ? 0 : 10})) {
    case 0: x = integers({rows, inner}, 256, xg::DType::uint8); break;
    case 1: x = add("transpose", {integers({inner, rows}, 256, xg::DType::uint8)}, {1, 0}); break;
    case 2: {
        const std::int64_t more = integer(0, 2);
        x = add("slice", {integers({rows + 2, inner}, 256, xg::DType::uint8)}, {0, more, more + rows, 1});
        break;
    }
    case 3: x = add("take", {integers({rows + 1, inner}, 256, xg::DType::uint8), integers({rows}, rows)}, {0}); break;
    default: x = add("<", {leaf({rows, inner}), leaf({rows, inner})}); // made in the loop
    }
    const std::size_t bytes_read = x;
    x = cast(x);
    if (program_.nodes[bytes_read].is("state")) // so that they may be replaced before the product has read them
        planned_.push_back({bytes_read, add("<", {bytes_read, number(128)})});
    switch (weighted({35, 15, 15, 10, 10, 15})) {
    case 0: break;
    case 1: x = add("*", {x, number(0.0625)}); break;
    case 2: x = either('*', {leaf({}), x}); break;
    case 3: x = either('*', {x, leaf({inner})}); break;
    case 4: x = add("*", {x, chance(50) ? x : leaf({rows, 1})}); break;
    default: x = either(one_of(std::vector<char>{'+', '-', '/'}), {x, number(16)});
    }
    if (chance(30)) pool_.push_back(x); // for second readers
    if (chance(20) && inner > 1) {
        const std::int64_t from = integer(0, 1);
        inner -= 1;
        x = add("slice", {x}, {1, from, from + inner, 1});
    }
    const std::size_t w = source({inner, columns}), y = add("matmul", {x, w}, {0, 0});
    pool_.push_back(y);
    switch (weighted({40, 35, 15, 10})) {
    case 0: return y;
    case 1: return add("gradient", {loss(y), w});
    case 2: return add("matmul", {x, source({rows, columns})}, {1, 0});
    default: return add("matmul", {source({rows, columns}), x}, {1, 0});
    }
}

std::size_t Grower::kinked(std::size_t x) {
    if (!exact(x) || smooth_) throw Unwanted();
    const std::size_t other = operand(extents(x));
    if (!exact(other)) throw Unwanted();
    switch (weighted({20, 10, 15, 15, 10, 5, 40})) {
    case 0: return add("maximum", {x, other});
    case 1: return add("minimum", {x, other});
    case 2: return add("abs", {x});
    case 3: return add("relu", {x});
    case 4: return add("clip", {x, number(-0.25), other});
    case 5:
        if (extents(x).empty()) throw Unwanted();
        return add("sort", {x}, {random_axis(extents(x))});
    default: {
        const std::size_t mask = add(random_.coin() ? "<" : ">=", {x, other});
        if (chance(25)) return add("*", {x, cast(mask)});
        return add("where", {mask, arithmetic(x), operand(extents(x))});
    }
    }
}

std::size_t Grower::loss(std::size_t x) {
    switch (weighted({25, 25, 20, 15, 15})) {
    case 0: return add("sum", {x});
    case 1: return add("sum", {add("square", {x})});
    case 2: return add("sum", {add("*", {x, operand(extents(x))})});
    case 3: return add("mean", {add("tanh", {x})});
    default: return add("sum", {add("-", {add("*", {x, x}), add("*", {operand(extents(x)), x})})});
    }
}

std::size_t Grower::derivative(std::size_t x) {
    std::vector<std::size_t> from = ancestors(x), parameters;
    for (const std::size_t i : from)
        if (program_.nodes[i].is("parameter")) parameters.push_back(i);
    const std::size_t by = parameters.empty() || chance(20) ? one_of(from) : one_of(parameters);
    switch (weighted({70, 15, 15})) {
    case 0: return add("gradient", {loss(x), by});
    case 1: return add("vjp", {x, by, source(extents(x))});
    default: return add("jvp", {x, by, source(extents(by))});
    }
}

/// Functions of rows, batched, and a whole Jacobian.
std::size_t Grower::transformed(std::size_t x) {
    const Extents shape = extents(x);
    switch (weighted({40, 30, 30})) {
    case 0:
        if (shape.size() < 2) throw Unwanted();
        return add("vmap", {x}, {random_axis(shape)});
    case 1:
        if (shape.empty()) throw Unwanted();
        return add("vmap_of_gradient", {x, source(shape)});
    default:
        if (shape.size() != 2 || shape[0] * shape[1] * shape[1] > 500000) throw Unwanted();
        return add("jacobian", {x, source({shape[1]})});
    }
}

Program grow(std::uint64_t seed) { return Grower(seed).run(); }
Program grow_smooth(std::uint64_t seed) { return Grower(seed, true).run(); }

} // namespace test
