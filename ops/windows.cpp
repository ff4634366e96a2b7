#include <xgrad/core/forms.hpp>
#include <xgrad/ops/window_kernels.hpp>

namespace xgrad {

template <class T>
const WindowKernels<T>& window_kernels() {
    static const WindowKernels<T> kernels = detail::make_kernels<WindowKernelsFor>(T());
    return kernels;
}
template const WindowKernels<float>& window_kernels();
template const WindowKernels<double>& window_kernels();

} // namespace xgrad
