// The kernels that belong to no op, compiled once for each instruction set.

#include <xgrad/core/kernels/move.hpp>
#include <xgrad/core/kernels/narrow.hpp>
#include <xgrad/core/kernels/small_product.hpp>
#include <xgrad/core/kernels/tables.hpp>

namespace xgrad {

template struct MoveKernelsFor<simd::Isa>;
template struct NarrowKernelsFor<simd::Isa>;
template struct SmallProductFor<simd::Isa>;

} // namespace xgrad
