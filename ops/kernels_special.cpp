// The kernels of special.hpp, compiled once for each instruction set.

#include <xgrad/ops/special_ops.hpp>

namespace xgrad::detail {

template struct ElementwiseKernels<Erf, simd::Isa>;
template struct ElementwiseKernels<Erfc, simd::Isa>;
template struct ElementwiseKernels<NormalDensity, simd::Isa>;
template struct ElementwiseKernels<Ndtr, simd::Isa>;
template struct ElementwiseKernels<Exp2, simd::Isa>;
template struct ElementwiseKernels<Log2, simd::Isa>;
template struct ElementwiseKernels<Log10, simd::Isa>;
template struct ElementwiseKernels<Cbrt, simd::Isa>;
template struct ElementwiseKernels<Rsqrt, simd::Isa>;
template struct ElementwiseKernels<LogAddExp, simd::Isa>;
template struct ElementwiseKernels<XLogY, simd::Isa>;

} // namespace xgrad::detail
