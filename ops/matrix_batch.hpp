#pragma once
// Batches of matrices at work: the last axes of an array are a matrix's, those in front of them count matrices and
// broadcast. Small matrices lie side by side in vectors, large ones go to LAPACK one by one; either way groups of them
// are shared out to threads. How, shapes alone decide, so results do not depend on the number of threads.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include <xgrad/core/op.hpp>
#include <xgrad/ops/matrix_kernels.hpp>

namespace xgrad::detail {

/// All axes but the last so many.
Shape leading_axes(const Shape& shape, std::size_t last);
Shape with_last(Shape leading, std::initializer_list<std::size_t> last);
inline std::size_t rows_of(const Type& matrices) { return matrices.shape[matrices.shape.rank() - 2]; }
inline std::size_t columns_of(const Type& matrices) { return matrices.shape.back(); }
/// Throws unless x is of real matrices, and of square ones if asked for.
void require_matrices(const Type& x);
void require_square(const Type& x);
/// The leading axes of both, broadcast; throws if they do not.
Shape common_leading(const Type& a, const Type& b, std::size_t last_of_a, std::size_t last_of_b);

/// Calls f with a zero of the dtype, one of the real ones.
template <class F>
void visit_real(DType dtype, F f) {
    if (dtype == DType::float32)
        f(float{});
    else
        f(double{});
}

/// An operand or a result: where its matrices lie one after the other, each of so many elements.
template <class T>
struct MatrixArray {
    T* data = nullptr;
    std::size_t size = 0;
    Shape leading;
};

template <class T>
struct MatrixCall {
    MatrixExtents extents;
    MatrixKernel<T> side_by_side;
    /// The same of one large matrix; gives the first bad pivot plus 1, or 0.
    std::size_t (*one)(const MatrixExtents&, const T* a, const T* b, T* out);
    /// Looks at a before: the first bad pivot plus 1, or 0. May be null.
    std::size_t (*check)(const MatrixExtents&, const T* a) = nullptr;
    double flops = 0; // of one matrix, about
    MatrixArray<const T> a, b;
    MatrixArray<T> out;
    bool bad_gives_nan = false;
};

/// The first matrix with a bad pivot; `matrix` is none where all are well, or such give NaN.
struct BadMatrix {
    static constexpr std::size_t none = ~std::size_t{0};
    std::size_t matrix = none, pivot = 0;
};
template <class T>
BadMatrix run_matrices(const MatrixCall<T>& call);

/// Calls f(i) for all matrices, spread over threads.
void for_each_matrix(std::size_t count, double flops, const std::function<void(std::size_t)>& f);

/// "the matrix", or "matrix (2, 0) of the batch (3, 4)"
std::string name_of_matrix(const Shape& leading, std::size_t matrix);

/// Of ops whose inputs are all batched, or broadcast.
template <class Op>
Var vmap_of_matrices(const Op& op, const BatchedInputs& in, std::size_t last_axes) {
    std::size_t rank = last_axes;
    for (std::size_t k = 0; k < in.x.size(); ++k)
        rank = std::max(rank, in.x[k].shape().rank() - static_cast<std::size_t>(in.batched[k]));
    std::vector<Operand> x;
    for (std::size_t k = 0; k < in.x.size(); ++k)
        x.emplace_back(in.aligned(k, rank));
    return record(op, x);
}

} // namespace xgrad::detail
