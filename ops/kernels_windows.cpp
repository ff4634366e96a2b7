#include <xgrad/ops/window_kernels.hpp>

namespace xgrad {

template struct WindowKernelsFor<simd::Isa>;

} // namespace xgrad
