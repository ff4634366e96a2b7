// The kernels of the elementwise ops and reductions, compiled once for each instruction set. An op that is missing here
// does not link.

#include <xgrad/ops/arithmetic_ops.hpp>
#include <xgrad/ops/elementary_ops.hpp>
#include <xgrad/ops/reduce_ops.hpp>

namespace xgrad::detail {

template struct ElementwiseKernels<Power, simd::Isa>;
template struct ElementwiseKernels<Abs, simd::Isa>;
template struct ElementwiseKernels<Sign, simd::Isa>;
template struct ElementwiseKernels<Maximum, simd::Isa>;
template struct ElementwiseKernels<Minimum, simd::Isa>;
template struct ElementwiseKernels<Clip, simd::Isa>;
template struct ElementwiseKernels<ClipBetween, simd::Isa>;
template struct ElementwiseKernels<Less, simd::Isa>;
template struct ElementwiseKernels<LessEqual, simd::Isa>;
template struct ElementwiseKernels<Equal, simd::Isa>;
template struct ElementwiseKernels<NotEqual, simd::Isa>;
template struct ElementwiseKernels<Where, simd::Isa>;

template struct ElementwiseKernels<Exp, simd::Isa>;
template struct ElementwiseKernels<Log, simd::Isa>;
template struct ElementwiseKernels<LogOneMinusExp, simd::Isa>;
template struct ElementwiseKernels<Log1p, simd::Isa>;
template struct ElementwiseKernels<Expm1, simd::Isa>;
template struct ElementwiseKernels<SigmoidSlope, simd::Isa>;
template struct ElementwiseKernels<Tanh, simd::Isa>;
template struct ElementwiseKernels<Sigmoid, simd::Isa>;
template struct ElementwiseKernels<Softplus, simd::Isa>;
template struct ElementwiseKernels<Relu, simd::Isa>;

template struct ReductionKernels<Max, simd::Isa>;
template struct ReductionKernels<Min, simd::Isa>;

} // namespace xgrad::detail
