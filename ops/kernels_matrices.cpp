// Small matrices, compiled once for each instruction set.

#include <xgrad/ops/matrix_rotations.hpp>

namespace xgrad {

namespace {
template <class T>
MatrixKernels<T> kernels_of() {
    using Lanes = MatrixLanes<T, simd::Isa>;
    using Rotations = MatrixRotations<T, simd::Isa>;
    return {Lanes::lanes,    Lanes::lu,      Lanes::cholesky, Rotations::qr,
            Rotations::eigh, Rotations::svd, Lanes::lu_solve, Lanes::triangular_solve};
}
} // namespace

template <>
MatrixKernels<float> MatrixKernelsFor<simd::Isa>::make(float) {
    return kernels_of<float>();
}
template <>
MatrixKernels<double> MatrixKernelsFor<simd::Isa>::make(double) {
    return kernels_of<double>();
}

} // namespace xgrad
