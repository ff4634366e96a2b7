// The kernels of statistics.hpp, compiled once for each instruction set.

#include <xgrad/ops/statistics_ops.hpp>

namespace xgrad::detail {

template struct ReductionKernels<Prod, simd::Isa>;

} // namespace xgrad::detail
