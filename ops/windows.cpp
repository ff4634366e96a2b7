#include <fmt/format.h>
#include <fmt/ranges.h>

#include <xgrad/core/graph/forms.hpp>
#include <xgrad/ops/window_kernels.hpp>

namespace xgrad {

std::string text_of(std::span<const std::int64_t> numbers) { return fmt::format("({})", fmt::join(numbers, ", ")); }

std::string text_of(const Sides& sides) {
    return sides.before == sides.after ? fmt::format("{}", sides.before)
                                       : fmt::format("{{{}, {}}}", sides.before, sides.after);
}

std::string text_of(std::span<const Sides> paddings) {
    std::string result;
    for (const Sides& sides : paddings)
        result += (result.empty() ? "" : ", ") + text_of(sides);
    return fmt::format("({})", result);
}

std::optional<Sliding> slide(std::int64_t extent, std::int64_t window, std::int64_t stride, const Sides& padding,
                             std::int64_t dilation, bool is_same, bool ceil_mode) {
    const std::int64_t reach = reach_of(window, dilation);
    if (is_same) {
        if (extent == 0 || reach > static_cast<std::int64_t>(max_numel)) return {};
        const std::int64_t count = (extent - 1) / stride + 1;
        const std::int64_t total = std::max<std::int64_t>(0, (count - 1) * stride + reach - extent);
        return Sliding{extent, window, stride, Sides(total / 2, total - total / 2), dilation, count};
    }
    const std::int64_t left = extent + padding.before + padding.after - reach;
    if (left < 0) return {};
    std::int64_t count = (left + (ceil_mode ? stride - 1 : 0)) / stride + 1;
    if (ceil_mode && (count - 1) * stride >= extent + padding.before)
        --count; // the last one would stand in the padding
    return Sliding{extent, window, stride, padding, dilation, count};
}

template <class T>
const WindowKernels<T>& window_kernels() {
    static const WindowKernels<T> kernels = detail::make_kernels<WindowKernelsFor>(T());
    return kernels;
}
template const WindowKernels<float>& window_kernels();
template const WindowKernels<double>& window_kernels();

} // namespace xgrad
