// How functions of matrices are run.

#include <xgrad/ops/matrix_functions_ops.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include <xgrad/core/base/lapack.hpp>
#include <xgrad/core/base/memory.hpp>

namespace xgrad::linalg {

using xgrad::detail::BadMatrix, xgrad::detail::MatrixCall, xgrad::detail::leading_axes;

namespace {

template <class T>
std::size_t zero_pivot(const MatrixExtents& e, const T* lu) {
    for (std::size_t i = 0; i < e.n; ++i)
        if (lu[i * (e.n + 1)] == 0) return i + 1;
    return 0;
}

template <class T>
std::size_t solve_one(const MatrixExtents& e, const T* lu, const T* b, T* x) {
    const std::size_t n = e.n, k = e.k;
    const T* const row = lu + n * n;
    const auto element = [&](std::size_t i, std::size_t j) { return b ? b[i * k + j] : static_cast<T>(i == j); };
    if (!e.transposed) {
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < k; ++j)
                x[i * k + j] = element(static_cast<std::size_t>(row[i]), j);
        lapack::substitute(lu, n, {.lower = true, .unit = true}, x, k);
        lapack::substitute(lu, n, {.lower = false}, x, k);
        return 0;
    }
    std::vector<T> y(n * k);
    for (std::size_t i = 0; i < n * k; ++i)
        y[i] = element(i / k, i % k);
    lapack::substitute(lu, n, {.lower = false, .transposed = true}, y.data(), k);
    lapack::substitute(lu, n, {.lower = true, .transposed = true, .unit = true}, y.data(), k);
    for (std::size_t i = 0; i < n; ++i)
        std::copy_n(y.data() + i * k, k, x + static_cast<std::size_t>(row[i]) * k);
    return 0;
}

template <class T>
MatrixCall<T> solution_call(bool transposed, const ConstArray& packed, std::size_t n, const ConstArray* b, Array out) {
    const std::size_t k = out.shape().back();
    MatrixCall<T> call{.side_by_side = matrix_kernels<T>().lu_solve, .one = solve_one<T>};
    call.extents = {.m = n, .n = n, .k = k, .transposed = transposed};
    call.flops = static_cast<double>(2 * n * n * k);
    call.a = {packed.pointer<T>(), n * n + n, leading_axes(packed.shape(), 1)};
    call.out = {out.pointer<T>(), n * k, leading_axes(out.shape(), 2)};
    if (b) call.b = {b->pointer<T>(), n * k, leading_axes(b->shape(), 2)};
    return call;
}

/// Calls f(packed row of LU, i) for each matrix, with a zero of the dtype.
template <class F>
void visit_rows(ConstArrays in, F f) {
    xgrad::detail::visit_real(in[0].dtype(), [&]<class T>(T) {
        const std::size_t row = in[0].shape().back();
        const T* lu = in[0].pointer<T>();
        for (std::size_t i = 0, count = leading_axes(in[0].shape(), 1).numel(); i < count; ++i)
            f(lu + i * row, i);
    });
}

/// 1 or -1: of the order of rows after the n x n elements.
template <class T>
T parity(const T* lu, std::size_t n) {
    const T* const row = lu + n * n;
    bool odd = false;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < i; ++j)
            odd ^= row[j] > row[i];
    return odd ? T(-1) : T(1);
}

} // namespace

namespace detail {

void lu_solve_eval(bool transposed, bool nan, const ConstArray& packed, std::size_t n, const ConstArray* b, Array out) {
    xgrad::detail::visit_real(out.dtype(), [&]<class T>(T) {
        MatrixCall<T> call = solution_call<T>(transposed, packed, n, b, out);
        call.check = zero_pivot<T>;
        call.bad_gives_nan = nan;
        const BadMatrix bad = run_matrices(call);
        if (bad.matrix == BadMatrix::none) return;
        throw Error(fmt::format("{} is singular, pivot {} of its LU decomposition is 0",
                                xgrad::detail::name_of_matrix(call.out.leading, bad.matrix), bad.pivot));
    });
}

} // namespace detail

// --- Determinants -------------------------------------------------------------------------------------------------

void Det::eval(ConstArrays in, Array out) {
    const std::size_t n = in[1].shape().back();
    visit_rows(in, [&]<class T>(const T* lu, std::size_t i) {
        T product = parity(lu, n);
        for (std::size_t k = 0; k < n; ++k)
            product *= lu[k * (n + 1)];
        out.pointer<T>()[i] = product;
    });
}

void LogAbsDet::eval(ConstArrays in, Array out) {
    const std::size_t n = in[1].shape().back();
    visit_rows(in, [&]<class T>(const T* lu, std::size_t i) {
        T sum = 0;
        for (std::size_t k = 0; k < n; ++k)
            sum += std::log(std::abs(lu[k * (n + 1)]));
        out.pointer<T>()[i] = sum;
    });
}

void DetSign::eval(ConstArrays in, Array out) {
    const std::size_t n = in[1].shape().back();
    visit_rows(in, [&]<class T>(const T* lu, std::size_t i) {
        T sign = parity(lu, n);
        for (std::size_t k = 0; k < n; ++k) {
            const T pivot = lu[k * (n + 1)];
            sign *= pivot != pivot ? pivot : pivot == 0 ? T(0) : std::copysign(T(1), pivot);
        }
        out.pointer<T>()[i] = sign;
    });
}

namespace {

/// The cofactors of one matrix by its singular values: det(U) det(V) U diag(products of the other s) V^T.
template <class T>
void cofactors_of_singular(const T* a, std::size_t n, T* out) {
    const auto one = [n]<class Kernel>(Kernel kernel, const T* from, std::vector<T>& to) {
        MatrixGroup<T> group{};
        group.count = 1;
        group.a.fill(from), group.out.fill(to.data());
        const MatrixExtents extents{.m = n, .n = n};
        const auto room = std::make_unique<Buffer>(MatrixKernels<T>::work_of(extents) * matrix_kernels<T>().lanes *
                                                   sizeof(T));
        kernel(group, extents, reinterpret_cast<T*>(room->data()));
    };
    std::vector<T> parts(2 * n * n + n), factor(n * n + n);
    one(matrix_kernels<T>().svd, a, parts);
    const T *u = parts.data(), *s = u + n * n, *vh = s + n;
    T sign = 1;
    for (const T* orthogonal : {u, vh}) {
        one(matrix_kernels<T>().lu, orthogonal, factor);
        sign *= parity(factor.data(), n);
        for (std::size_t i = 0; i < n; ++i)
            sign *= std::copysign(T(1), factor[i * (n + 1)]);
    }
    std::fill_n(out, n * n, T(0));
    for (std::size_t l = 0; l < n; ++l) {
        T others = sign;
        for (std::size_t i = 0; i < n; ++i)
            if (i != l) others *= s[i];
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                out[i * n + j] += others * u[i * n + l] * vh[l * n + j];
    }
}

} // namespace

void Cofactors::eval(ConstArrays in, Array out) {
    const std::size_t n = in[1].shape().back();
    xgrad::detail::visit_real(out.dtype(), [&]<class T>(T) {
        run_matrices(solution_call<T>(true, in[0], n, nullptr, out));
        std::vector<T> determinants(leading_axes(out.shape(), 2).numel());
        Det::eval(in, {{out.dtype(), Shape(determinants.size())}, determinants.data()});
        visit_rows(in, [&]<class U>(const U* lu, std::size_t i) {
            T* const to = out.pointer<T>() + i * n * n;
            if (zero_pivot({.n = n}, lu) != 0) return cofactors_of_singular(in[1].pointer<T>() + i * n * n, n, to);
            for (std::size_t k = 0; k < n * n; ++k)
                to[k] *= determinants[i];
        });
    });
}

// --- The Moore-Penrose inverse ------------------------------------------------------------------------------------

Shape Pinv::shape(Types in) {
    return xgrad::detail::with_last(leading_axes(in[1].shape, 2), {in[1].shape.back(), xgrad::detail::rows_of(in[1])});
}

void Pinv::eval(ConstArrays in, Array out) const {
    const std::size_t m = out.shape().back(), n = xgrad::detail::rows_of(out.type), k = std::min(m, n);
    xgrad::detail::visit_real(out.dtype(), [&]<class T>(T) {
        const std::size_t row = in[0].shape().back();
        const auto one = [&](std::size_t i) {
            const T *u = in[0].pointer<T>() + i * row, *s = u + m * k, *vh = s + k;
            T* const to = out.pointer<T>() + i * n * m;
            std::fill_n(to, n * m, T(0));
            for (std::size_t l = 0; l < k; ++l) {
                if (s[l] <= static_cast<T>(rcond) * s[0]) continue; // not of NaN
                const T inverse = 1 / s[l];
                for (std::size_t r = 0; r < n; ++r)
                    for (std::size_t c = 0; c < m; ++c)
                        to[r * m + c] += vh[l * n + r] * inverse * u[c * k + l];
            }
        };
        xgrad::detail::for_each_matrix(leading_axes(out.shape(), 2).numel(), static_cast<double>(3 * m * n * k + 1),
                                       one);
    });
}

} // namespace xgrad::linalg
