// The numerics check: what is said of a NaN or an infinity.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <xgrad/core/program/executable.hpp>

namespace xgrad {
namespace {

using Input = NumericsCheck::Input;

double element(DType dtype, const std::byte* data, std::int64_t i) {
    return detail::visit(dtype, [&]<class T>(T) { return static_cast<double>(reinterpret_cast<const T*>(data)[i]); });
}

/// Shortest digits that give the number back in its own dtype.
std::string written(DType dtype, double x) {
    if (std::isnan(x)) return "nan"; // of either sign
    return dtype == DType::float32 ? fmt::format("{}", static_cast<float>(x)) : fmt::format("{}", x);
}

double input_element(const Input& input, std::byte* const* bases, std::size_t i) {
    return element(input.type.dtype, bases[input.place.base] + input.place.offset, input.elements.place_of(i));
}

std::string describe(const Input& input, std::byte* const* bases) {
    const std::string type = fmt::format("{} {}", name(input.type.dtype), input.type.shape.str());
    if (input.count == 0) return type + ", empty";
    double low = INFINITY, high = -INFINITY;
    std::size_t bad = 0;
    for (std::size_t i = 0; i < input.count; ++i) {
        const double x = input_element(input, bases, i);
        bad += !std::isfinite(x);
        low = std::fmin(low, x);
        high = std::fmax(high, x);
    }
    if (bad != 0) return fmt::format("{} with {} elements that are not finite", type, bad);
    return fmt::format("{} from {} to {}", type, written(input.type.dtype, low), written(input.type.dtype, high));
}

template <class T>
std::size_t first_bad(const std::byte* data, std::size_t n) {
    const T* x = reinterpret_cast<const T*>(data);
    return static_cast<std::size_t>(std::find_if(x, x + n, [](T v) { return !std::isfinite(v); }) - x);
}

} // namespace

void require_finite(const NumericsCheck& check, std::byte* const* bases) {
    const std::byte* data = bases[check.place.base] + check.place.offset;
    const std::size_t n = check.type.shape.numel();
    const bool single = check.type.dtype == DType::float32;
    const std::size_t bad = single ? first_bad<float>(data, n) : first_bad<double>(data, n);
    if (bad == n) return;

    std::string text = fmt::format(
        "{}: element {} of {} {} is {}", check.label, check.type.shape.position(bad), name(check.type.dtype),
        check.type.shape.str(),
        written(check.type.dtype, element(check.type.dtype, data, static_cast<std::int64_t>(bad))));
    std::vector<std::string> inputs;
    for (const Input& input : check.inputs)
        inputs.push_back(check.elementwise ? written(input.type.dtype, input_element(input, bases, bad))
                                           : describe(input, bases));
    if (inputs.size() == 1)
        text += fmt::format("; its input {}is {}", check.elementwise ? "there " : "", inputs[0]);
    else if (!inputs.empty())
        text += fmt::format("; its inputs {}are {}", check.elementwise ? "there " : "", fmt::join(inputs, " and "));
    throw Error(text, check.where);
}

} // namespace xgrad
