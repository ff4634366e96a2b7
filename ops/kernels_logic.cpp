// The kernels of rounding.hpp, logic.hpp and activations.hpp, compiled once for each instruction set.

#include <xgrad/ops/activations_ops.hpp>
#include <xgrad/ops/logic_ops.hpp>
#include <xgrad/ops/rounding_ops.hpp>

namespace xgrad::detail {

template struct ElementwiseKernels<Floor, simd::Isa>;
template struct ElementwiseKernels<Ceil, simd::Isa>;
template struct ElementwiseKernels<Round, simd::Isa>;
template struct ElementwiseKernels<Trunc, simd::Isa>;
template struct ElementwiseKernels<Fmod, simd::Isa>;

template struct ElementwiseKernels<IsNan, simd::Isa>;
template struct ElementwiseKernels<IsInf, simd::Isa>;
template struct ElementwiseKernels<IsFinite, simd::Isa>;
template struct ElementwiseKernels<LogicalAnd, simd::Isa>;
template struct ElementwiseKernels<LogicalOr, simd::Isa>;
template struct ElementwiseKernels<LogicalXor, simd::Isa>;
template struct ElementwiseKernels<LogicalNot, simd::Isa>;

template struct ElementwiseKernels<Gelu, simd::Isa>;
template struct ElementwiseKernels<Elu, simd::Isa>;
template struct ElementwiseKernels<LeakyRelu, simd::Isa>;
template struct ElementwiseKernels<HardTanh, simd::Isa>;
template struct ElementwiseKernels<Softsign, simd::Isa>;

} // namespace xgrad::detail
