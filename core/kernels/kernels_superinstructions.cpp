// Compiled without contraction to fused multiply-adds, so that operations in one pass give the very bits of several
// passes.

#include <xgrad/core/kernels/superinstructions.hpp>

namespace xgrad {

template struct SuperinstructionsFor<simd::Isa>;

} // namespace xgrad
