// The kernels of trigonometry.hpp, compiled once for each instruction set.

#include <xgrad/ops/trigonometry_ops.hpp>

namespace xgrad::detail {

template struct ElementwiseKernels<Sin, simd::Isa>;
template struct ElementwiseKernels<Cos, simd::Isa>;
template struct ElementwiseKernels<Tan, simd::Isa>;
template struct ElementwiseKernels<OneMinusSquare, simd::Isa>;
template struct ElementwiseKernels<Asin, simd::Isa>;
template struct ElementwiseKernels<Acos, simd::Isa>;
template struct ElementwiseKernels<Atan, simd::Isa>;
template struct ElementwiseKernels<Sinh, simd::Isa>;
template struct ElementwiseKernels<Cosh, simd::Isa>;
template struct ElementwiseKernels<Asinh, simd::Isa>;
template struct ElementwiseKernels<Acosh, simd::Isa>;
template struct ElementwiseKernels<Atanh, simd::Isa>;
template struct ElementwiseKernels<Atan2, simd::Isa>;
template struct ElementwiseKernels<Hypot, simd::Isa>;

} // namespace xgrad::detail
