#include <xgrad/ops/matrix_functions_ops.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/statistics.hpp>

namespace xgrad::linalg {

namespace {

struct ForInverse {
    static constexpr auto name = "inverse";
};
struct ForPower {
    static constexpr auto name = "matrix_power";
};
struct ForTriangular {
    static constexpr auto name = "solve_triangular";
};

/// f of b as a matrix, if it is a vector; and its result as a vector again.
template <class F>
Var with_columns(const Operand& b, F f) {
    const bool vector = b.var.valid() && b.shape().rank() == 1;
    const Var x = f(vector ? Operand(expand_dims(b, 1), b.where) : b);
    return vector ? squeeze(x, -1) : x;
}

} // namespace

// --- Linear equations ---------------------------------------------------------------------------------------------

Var solve(Operand a, Operand b, SolveOptions options) {
    const Call call("solve", a.where);
    const LuSolve op{false, options.singular == Failure::nan};
    return with_columns(b, [&](const Operand& columns) {
        xgrad::detail::require_floating("solve", a);
        const Type types[] = {{a.dtype(), a.shape()}, {columns.dtype(), columns.shape()}};
        (void)detail::shape_of_solution(types, 0);
        return record(op, record(LuFactor{}, a), a, columns);
    });
}

Var LuSolve::vmap(const BatchedInputs& in) const {
    std::size_t rank = 2;
    for (const std::size_t k : {1, 2})
        rank = std::max(rank, in.x[k].shape().rank() - static_cast<std::size_t>(in.batched[k]));
    return record(*this, in.aligned(0, rank - 1), in.aligned(1, rank), in.aligned(2, rank));
}

Var solve_triangular(Operand a, Operand b, TriangularOptions options) {
    const Call call("solve_triangular", a.where);
    const TriangularSolve<ForTriangular> op{
        {options.lower, options.transposed, options.unit_diagonal, options.singular == Failure::nan}};
    return with_columns(b, [&](const Operand& columns) { return record(op, a, columns); });
}

Var inverse(Operand a, SolveOptions options) {
    const Call call("inverse", a.where);
    const Var packed = record(LuFactor{}, a);
    xgrad::detail::require_square({a.dtype(), a.shape()});
    return record(LuInverse<ForInverse>{options.singular == Failure::nan}, packed, a);
}

Var inv(Operand a, SolveOptions options) {
    const Call call("inv", a.where);
    return inverse(a, options);
}

// --- Determinants -------------------------------------------------------------------------------------------------

namespace {
Var square_factor(const Operand& a) {
    const Var packed = record(LuFactor{}, a);
    xgrad::detail::require_square({a.dtype(), a.shape()});
    return packed;
}
/// For each matrix of m.
Var for_matrices(Var x) { return expand_dims(x, {-2, -1}); }
} // namespace

Var det(Operand a) {
    const Call call("det", a.where);
    return record(Det{}, square_factor(a), a);
}

SignAndLog slogdet(Operand a) {
    const Call call("slogdet", a.where);
    const Var packed = square_factor(a);
    return {record(DetSign{}, packed, a), record(LogAbsDet{}, packed, a)};
}

std::array<Var, 2> Det::vjp(Var g, Var, Var packed, Var a) {
    return {Var{}, for_matrices(g) * record(Cofactors{}, packed, a)};
}
std::array<Var, 2> LogAbsDet::vjp(Var g, Var, Var packed, Var a) {
    return {Var{}, for_matrices(g) * transposed(record(LuInverse<LogAbsDet>{false}, packed, a))};
}
/// d C = tr(A^-1 dA) C - C dA^T A^-T
std::array<Var, 2> Cofactors::vjp(Var g, Var y, Var packed, Var a) {
    const Var b = transposed(record(LuInverse<Cofactors>{false}, packed, a));
    return {Var{}, sum(g * y, {-2, -1}, keepdims) * b - product(product(b, g, false, true), y)};
}

// --- Least squares ------------------------------------------------------------------------------------------------

namespace {
double counting(const Operand& a, double rcond) {
    if (!(rcond < 0)) return rcond;
    const Shape& shape = a.shape();
    const std::size_t extent = std::max(shape[shape.rank() - 2], shape.back());
    return static_cast<double>(extent) * (a.dtype() == DType::float32 ? 0x1p-23 : 0x1p-52);
}
} // namespace

Var pinv(Operand a, double rcond) {
    const Call call("pinv", a.where);
    const Var packed = record(SvdFactor{}, a);
    return record(Pinv{counting(a, rcond)}, packed, a);
}

std::array<Var, 2> Pinv::vjp(Var g, Var p, Var, Var a) {
    const Var left = product(product(transposed(g), p), p, false, true); // g^T P P^T
    const Var right = product(product(p, p, true), g, false, true);      // P^T P g^T
    return {Var{}, (left - product(a, product(p, left))) + (right - product(product(right, p), a)) -
                       product(product(p, g, true), p, false, true)};
}

LeastSquares lstsq(Operand a, Operand b, double rcond) {
    const Call call("lstsq", a.where);
    const Var p = pinv(a, rcond);
    const bool vector = b.var.valid() && b.shape().rank() == 1;
    const Var x = matmul(p, b), s = singular_values(record(SvdFactor{}, a), a.var);
    const Var residuals = sum(square(b - matmul(a, x)), vector ? -1 : -2);
    const Var counted = s > counting(a, rcond) * max(s, -1, keepdims);
    return {x, residuals, sum(counted, -1), s};
}

// --- Powers and norms ---------------------------------------------------------------------------------------------

Var matrix_power(Operand a, std::int64_t n) {
    const Call call("matrix_power", a.where);
    const Var packed = square_factor(a);
    const Shape shape = a.shape();
    if (n == 0) return broadcast_to(identity(a.var, shape.back()), shape);
    Var square = n < 0 ? record(LuInverse<ForPower>{false}, packed, a) : a.var, result;
    for (std::uint64_t left = n < 0 ? 0 - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);;) {
        if (left & 1) result = result.valid() ? product(result, square) : square;
        if ((left >>= 1) == 0) return result;
        square = product(square, square);
    }
}

Var expm(Operand a) { return record(Expm{}, a); }

Var kron(Operand a, Operand b) {
    const Call call("kron", a.where);
    xgrad::detail::require_one_dtype("kron", a, b);
    const Shape of_a = a.shape(), of_b = b.shape();
    const std::size_t rank = std::max(of_a.rank(), of_b.rank());
    if (2 * rank > max_rank)
        throw Error(fmt::format("takes at most {} axes, was given {} and {}", max_rank / 2, of_a.str(), of_b.str()));
    Shape left, right, result;
    for (std::size_t i = 0; i < rank; ++i) {
        const auto extent = [&](const Shape& shape) {
            return i + shape.rank() < rank ? std::size_t{1} : shape[i + shape.rank() - rank];
        };
        left = xgrad::detail::with_last(left, {extent(of_a), 1});
        right = xgrad::detail::with_last(right, {1, extent(of_b)});
        result.append(static_cast<std::int64_t>(extent(of_a) * extent(of_b)));
    }
    return reshape_to(reshape_to(a, left) * reshape_to(b, right), result);
}

Var norm(Operand x, double p) {
    const Call call("norm", x.where);
    return xgrad::norm(x, p);
}

Var norm(Operand x, MatrixNorm which) {
    const Call call("norm", x.where);
    xgrad::detail::require_matrices({x.dtype(), x.shape()});
    if (which == MatrixNorm::frobenius) return xgrad::norm(x, 2, {-2, -1});
    const Var s = svd(x).S;
    if (which == MatrixNorm::nuclear) return sum(s, -1);
    if (s.shape().back() == 0) return sum(s, -1); // of nothing
    return squeeze(slice(s, -1, 0, 1), -1);
}

} // namespace xgrad::linalg
