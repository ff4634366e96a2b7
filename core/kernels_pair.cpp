// Compiled without contraction to fused multiply-adds, so that two operations in one pass give the very bits of two passes.

#include <xgrad/core/pair_kernels.hpp>

namespace xgrad {

template struct PairKernelsFor<simd::Isa>;

} // namespace xgrad
