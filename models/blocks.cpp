#include <xgrad/models/blocks.hpp>

#include <fmt/format.h>

#include <xgrad/ops/shape.hpp>

namespace xgrad::models {

template <std::size_t N>
Var MaxPoolOfAxes<N>::operator()(Operand x) const {
    const Call call(N == 1 ? "MaxPool1d" : N == 2 ? "MaxPool" : "MaxPool3d", x.where);
    if constexpr (N == 1)
        return max_pool1d(x, window, options);
    else if constexpr (N == 2)
        return max_pool2d(x, window, options);
    else
        return max_pool3d(x, window, options);
}

template <std::size_t N>
Var AvgPoolOfAxes<N>::operator()(Operand x) const {
    const Call call(N == 1 ? "AvgPool1d" : N == 2 ? "AvgPool" : "AvgPool3d", x.where);
    if constexpr (N == 1)
        return avg_pool1d(x, window, options);
    else if constexpr (N == 2)
        return avg_pool2d(x, window, options);
    else
        return avg_pool3d(x, window, options);
}

template struct MaxPoolOfAxes<1>;
template struct MaxPoolOfAxes<2>;
template struct MaxPoolOfAxes<3>;
template struct AvgPoolOfAxes<1>;
template struct AvgPoolOfAxes<2>;
template struct AvgPoolOfAxes<3>;

Var Dropout::operator()(Operand x, bool training) const {
    const Call call("Dropout", x.where);
    Random source = random; // the same states of the tape
    return dropout(x, rate, source, training);
}

Var Flatten::operator()(Operand x) const {
    const Call call("Flatten", x.where);
    const Shape& shape = x.shape();
    if (shape.rank() == 0)
        throw Error("x is a single number; it must be (N, ...), its first axis that of the examples", x.where);
    Shape one;
    for (std::size_t axis = 1; axis < shape.rank(); ++axis)
        one.append(static_cast<std::int64_t>(shape[axis]));
    return reshape_to(x, Shape(shape[0], one.numel()));
}

} // namespace xgrad::models
