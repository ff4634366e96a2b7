// The kernels of gamma_ops.hpp, compiled once for each instruction set.

#include <xgrad/ops/gamma_ops.hpp>

namespace xgrad::detail {

template struct ElementwiseKernels<Polygamma, simd::Isa>;
template struct ElementwiseKernels<Digamma, simd::Isa>;
template struct ElementwiseKernels<LGamma, simd::Isa>;
template struct ElementwiseKernels<BetaLn, simd::Isa>;
template struct ElementwiseKernels<Beta, simd::Isa>;
template struct ElementwiseKernels<ErfInv, simd::Isa>;
template struct ElementwiseKernels<Ndtri, simd::Isa>;
template struct ElementwiseKernels<BesselIe, simd::Isa>;
template struct ElementwiseKernels<I0e, simd::Isa>;
template struct ElementwiseKernels<I1e, simd::Isa>;

} // namespace xgrad::detail
