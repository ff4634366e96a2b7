// The kernels of core's own ops, compiled once for each instruction set.

#include <xgrad/core/graph/structural_ops.hpp>

namespace xgrad {

namespace detail {
template struct ElementwiseKernels<Add, simd::Isa>;
template struct ElementwiseKernels<Subtract, simd::Isa>;
template struct ElementwiseKernels<Negative, simd::Isa>;
template struct ElementwiseKernels<Multiply, simd::Isa>;
template struct ElementwiseKernels<Divide, simd::Isa>;
template struct ElementwiseKernels<Square, simd::Isa>;
template struct ElementwiseKernels<Sqrt, simd::Isa>;
template struct ElementwiseKernels<Cast<float>, simd::Isa>;
template struct ElementwiseKernels<Cast<double>, simd::Isa>;
template struct ElementwiseKernels<Cast<std::int64_t>, simd::Isa>;
template struct ElementwiseKernels<Cast<std::uint8_t>, simd::Isa>;
template struct ReductionKernels<Sum, simd::Isa>;
} // namespace detail

} // namespace xgrad
