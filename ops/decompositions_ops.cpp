// How decompositions are run.

#include <xgrad/ops/decompositions_ops.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/base/lapack.hpp>
#include <xgrad/core/graph/requirements.hpp>

namespace xgrad::linalg {

using xgrad::detail::BadMatrix, xgrad::detail::MatrixCall;
using xgrad::detail::columns_of, xgrad::detail::leading_axes, xgrad::detail::require_matrices,
    xgrad::detail::require_square, xgrad::detail::rows_of, xgrad::detail::visit_real, xgrad::detail::with_last;

namespace {

double cube(std::size_t n) { return static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n); }

/// What all decompositions of one array have in common. `one` is the same of a large matrix.
template <class T>
MatrixCall<T> call_of(const ConstArray& a, const Array& out, double flops, MatrixKernel<T> side_by_side,
                      decltype(MatrixCall<T>::one) one) {
    MatrixCall<T> call{.side_by_side = side_by_side, .one = one};
    call.extents = {.m = rows_of(a.type), .n = columns_of(a.type)};
    call.flops = flops;
    const Shape leading = leading_axes(a.shape(), 2);
    call.a = {a.pointer<T>(), call.extents.m * call.extents.n, leading};
    call.out = {out.pointer<T>(), out.shape().numel() / std::max<std::size_t>(1, leading.numel()), leading};
    return call;
}

void require_converged(const BadMatrix& bad, const ConstArray& a) {
    if (bad.matrix == BadMatrix::none) return;
    throw Error(fmt::format("the iteration does not converge for {}; scale it, or look at its elements",
                            xgrad::detail::name_of_matrix(leading_axes(a.shape(), 2), bad.matrix)));
}

} // namespace

Shape LuFactor::shape(Types in) {
    require_matrices(in[0]);
    const std::size_t m = rows_of(in[0]), n = columns_of(in[0]);
    return with_last(leading_axes(in[0].shape, 2), {m * n + m});
}

void LuFactor::eval(ConstArrays in, Array out) {
    visit_real(out.dtype(), [&]<class T>(T) {
        run_matrices(call_of<T>(in[0], out, cube(columns_of(in[0].type)), matrix_kernels<T>().lu,
                                [](const MatrixExtents& e, const T* a, const T*, T* to) -> std::size_t {
                                    lapack::lu(a, e.m, e.n, to);
                                    return 0;
                                }));
    });
}

Shape EighFactor::shape(Types in) {
    require_square(in[0]);
    const std::size_t n = columns_of(in[0]);
    return with_last(leading_axes(in[0].shape, 2), {n + n * n});
}

void EighFactor::eval(ConstArrays in, Array out) {
    visit_real(out.dtype(), [&]<class T>(T) {
        require_converged(
            run_matrices(call_of<T>(in[0], out, 30 * cube(columns_of(in[0].type)), matrix_kernels<T>().eigh,
                                    [](const MatrixExtents& e, const T* a, const T*, T* to) {
                                        return std::size_t{!lapack::eigh(a, e.n, to)};
                                    })),
            in[0]);
    });
}

Shape SvdFactor::shape(Types in) {
    require_matrices(in[0]);
    const std::size_t m = rows_of(in[0]), n = columns_of(in[0]), k = std::min(m, n);
    return with_last(leading_axes(in[0].shape, 2), {m * k + k + k * n});
}

void SvdFactor::eval(ConstArrays in, Array out) {
    const std::size_t larger = std::max(rows_of(in[0].type), columns_of(in[0].type));
    visit_real(out.dtype(), [&]<class T>(T) {
        require_converged(run_matrices(call_of<T>(in[0], out, 40 * cube(larger), matrix_kernels<T>().svd,
                                                  [](const MatrixExtents& e, const T* a, const T*, T* to) {
                                                      return std::size_t{!lapack::svd(a, e.m, e.n, to)};
                                                  })),
                          in[0]);
    });
}

Shape QrFactor::shape(Types in) {
    require_matrices(in[0]);
    const std::size_t m = rows_of(in[0]), n = columns_of(in[0]), k = std::min(m, n);
    return with_last(leading_axes(in[0].shape, 2), {m * k + k * n});
}

void QrFactor::eval(ConstArrays in, Array out) {
    const std::size_t larger = std::max(rows_of(in[0].type), columns_of(in[0].type));
    visit_real(out.dtype(), [&]<class T>(T) {
        run_matrices(call_of<T>(in[0], out, 4 * cube(larger), matrix_kernels<T>().qr,
                                [](const MatrixExtents& e, const T* a, const T*, T* to) -> std::size_t {
                                    lapack::qr(a, e.m, e.n, to);
                                    return 0;
                                }));
    });
}

Shape Cholesky::shape(Types in) {
    require_square(in[0]);
    return in[0].shape;
}

void Cholesky::eval(ConstArrays in, Array out) const {
    visit_real(out.dtype(), [&]<class T>(T) {
        MatrixCall<T> call = call_of<T>(
            in[0], out, cube(columns_of(in[0].type)), matrix_kernels<T>().cholesky,
            [](const MatrixExtents& e, const T* a, const T*, T* to) { return lapack::cholesky(a, e.n, to); });
        call.bad_gives_nan = nan;
        const BadMatrix bad = run_matrices(call);
        if (bad.matrix == BadMatrix::none) return;
        throw Error(fmt::format("{} is not positive definite, pivot {} is not positive; "
                                "{{.indefinite = xg::linalg::Failure::nan}} gives NaN instead",
                                xgrad::detail::name_of_matrix(call.a.leading, bad.matrix), bad.pivot));
    });
}

// --- Triangles ----------------------------------------------------------------------------------------------------

namespace detail {

Shape shape_of_solution(Types in, std::size_t first) {
    const Type &a = in[first], &b = in[first + 1];
    require_square(a);
    require_matrices(b);
    if (a.dtype != b.dtype)
        throw Error(fmt::format("dtypes differ, {} {} and {} {}; {}", xgrad::name(a.dtype), a.shape.str(),
                                xgrad::name(b.dtype), b.shape.str(), xgrad::detail::advice_to_cast(a.dtype, b.dtype)));
    if (columns_of(a) != rows_of(b))
        throw Error(fmt::format("a is {} and b {}; b must have as many rows as a", a.shape.str(), b.shape.str()));
    return with_last(xgrad::detail::common_leading(a, b, 2, 2), {rows_of(b), columns_of(b)});
}

void triangular_eval(const TriangularForm& form, ConstArrays in, Array out) {
    visit_real(out.dtype(), [&]<class T>(T) {
        const std::size_t n = columns_of(in[0].type), k = columns_of(in[1].type);
        MatrixCall<T> call{.side_by_side = matrix_kernels<T>().triangular_solve};
        call.extents = {n, n, k, form.lower, form.transposed, form.unit};
        call.one = [](const MatrixExtents& e, const T* a, const T* b, T* x) -> std::size_t {
            std::copy_n(b, e.n * e.k, x);
            lapack::substitute(a, e.n, {e.lower, e.transposed, e.unit}, x, e.k);
            return 0;
        };
        call.check = [](const MatrixExtents& e, const T* a) -> std::size_t {
            for (std::size_t i = 0; i < e.n && !e.unit; ++i)
                if (a[i * (e.n + 1)] == 0) return i + 1;
            return 0;
        };
        call.flops = static_cast<double>(n * n * k);
        call.a = {in[0].pointer<T>(), n * n, leading_axes(in[0].shape(), 2)};
        call.b = {in[1].pointer<T>(), n * k, leading_axes(in[1].shape(), 2)};
        call.out = {out.pointer<T>(), n * k, leading_axes(out.shape(), 2)};
        call.bad_gives_nan = form.nan;
        const BadMatrix bad = run_matrices(call);
        if (bad.matrix == BadMatrix::none) return;
        throw Error(fmt::format("the triangle of {} is singular, element {} of its diagonal is 0",
                                xgrad::detail::name_of_matrix(call.out.leading, bad.matrix), bad.pivot));
    });
}

} // namespace detail
} // namespace xgrad::linalg
