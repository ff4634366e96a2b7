#include <xgrad/ops/creation.hpp>

#include <cmath>

#include <fmt/format.h>

#include <xgrad/core/base/checked.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {
namespace {

Var repeated(Tape& tape, const Shape& shape, double value, DType dtype, Location where) {
    if (!is_floating(dtype) && value != std::floor(value))
        throw Error(fmt::format("the value {} is no {}; ask for float32 or float64", value, name(dtype)), where);
    const Var number = cast(Operand(tape.constant(value, where), where), dtype);
    return broadcast_to(number, shape);
}

/// start + i step for i < count, computed in float64.
std::vector<double> steps(double start, double step, std::size_t count) {
    std::vector<double> numbers(count);
    for (std::size_t i = 0; i < count; ++i)
        numbers[i] = start + static_cast<double>(i) * step;
    return numbers;
}

Var constant(Tape& tape, const std::vector<double>& numbers, DType dtype, Location where) {
    return cast(Operand(tape.constant(numbers, where), where), dtype);
}

} // namespace

Var full(Tape& tape, const Shape& shape, double value, DType dtype, Location where) {
    const Call call("full", where);
    return repeated(tape, shape, value, dtype, where);
}
Var zeros(Tape& tape, const Shape& shape, DType dtype, Location where) {
    const Call call("zeros", where);
    return repeated(tape, shape, 0, dtype, where);
}
Var ones(Tape& tape, const Shape& shape, DType dtype, Location where) {
    const Call call("ones", where);
    return repeated(tape, shape, 1, dtype, where);
}

Var full_like(Operand x, double value) {
    const Call call("full_like", x.where);
    const Shape shape = x.shape();
    return repeated(x.var.tape(), shape, value, x.dtype(), x.where);
}
Var zeros_like(Operand x) {
    const Call call("zeros_like", x.where);
    return full_like(x, 0);
}
Var ones_like(Operand x) {
    const Call call("ones_like", x.where);
    return full_like(x, 1);
}

Var eye(Tape& tape, std::size_t rows, std::size_t columns, std::int64_t offset, DType dtype, Location where) {
    const Call call("eye", where);
    if (columns == 0) columns = rows;
    const Shape shape(rows, columns); // looks at the extents
    std::vector<double> numbers(shape.numel());
    for (std::size_t i = 0; i < rows; ++i)
        if (const std::int64_t j = add_sat(static_cast<std::int64_t>(i), offset);
            j >= 0 && j < static_cast<std::int64_t>(columns))
            numbers[i * columns + static_cast<std::size_t>(j)] = 1;
    const Var flat = tape.constant(numbers, where);
    return cast(Operand(reshape_to(Operand(flat, where), shape), where), dtype);
}

Var arange(Tape& tape, double start, double stop, double step, DType dtype, Location where) {
    const Call call("arange", where);
    if (!std::isfinite(start) || !std::isfinite(stop) || !std::isfinite(step) || step == 0)
        throw Error(fmt::format("arange: from {} to {} by {}; the numbers must be finite, and the step not 0", start,
                                stop, step),
                    where);
    const double count = std::max(0.0, std::ceil((stop - start) / step));
    if (count > static_cast<double>(max_numel))
        throw Error(fmt::format("arange: from {} to {} by {} are too many numbers", start, stop, step), where);
    if (!is_floating(dtype) && (start != std::floor(start) || step != std::floor(step)))
        throw Error(fmt::format("arange: from {} by {} are no whole numbers; ask for float64 instead of {}", start,
                                step, name(dtype)),
                    where);
    return constant(tape, steps(start, step, static_cast<std::size_t>(count)), dtype, where);
}

Var linspace(Tape& tape, double start, double stop, std::size_t count, DType dtype, Location where) {
    const Call call("linspace", where);
    if (!std::isfinite(start) || !std::isfinite(stop) || !is_floating(dtype))
        throw Error(fmt::format("linspace: from {} to {} as {}; both must be finite, the dtype float32 or float64",
                                start, stop, name(dtype)),
                    where);
    std::vector<double> numbers = steps(
        start, (stop - start) / static_cast<double>(std::max<std::size_t>(2, count) - 1), count);
    if (count > 1) numbers.back() = stop;
    return constant(tape, numbers, dtype, where);
}

} // namespace xgrad
