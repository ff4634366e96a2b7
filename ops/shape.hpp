#pragma once
// Views and copies: what changes the shape or the order of elements, not their values.

#include <limits>
#include <vector>

#include <xgrad/core/op.hpp>
#include <xgrad/core/structural.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// The same elements in row-major order in another shape; one extent may be -1 and is then worked out.
[[nodiscard]] Var reshape(Operand x, const Dims& shape);
/// The axes in another order: the result's axis i is x's axis `axes[i]`. None given: reversed.
[[nodiscard]] Var transpose(Operand x, const Dims& axes = {});
/// New axes of extent 1, which stand at `axes` of the result.
[[nodiscard]] Var expand_dims(Operand x, const Dims& axes);
/// Without the given axes, which must have extent 1; none given: without all of extent 1.
[[nodiscard]] Var squeeze(Operand x, const Dims& axes = {});
/// The arrays one after the other along `axis`; their other extents must be equal.
[[nodiscard]] Var concatenate(const std::vector<Var>& parts, std::int64_t axis = 0,
                              Location where = Location::current());

/// The same of a few: concatenate(a, b, c).
[[nodiscard]] Var concatenate(Var a, Var b, std::int64_t axis = 0, Location where = Location::current());
[[nodiscard]] Var concatenate(Var a, Var b, Var c, std::int64_t axis = 0, Location where = Location::current());
[[nodiscard]] Var concatenate(Var a, Var b, Var c, Var d, std::int64_t axis = 0, Location where = Location::current());

/// Part of an axis, as start:stop:step in NumPy: negative numbers count from the end, a negative step goes backwards,
/// and what lies outside is left out. `Range{}` is the whole axis.
struct Range {
    static constexpr std::int64_t open = std::numeric_limits<std::int64_t>::min();
    std::int64_t start = open, stop = open, step = 1;
};
/// One range for each of the first axes; the others are whole.
[[nodiscard]] Var slice(Operand x, const std::vector<Range>& ranges);
/// The range start:stop:step of one axis.
[[nodiscard]] Var slice(Operand x, std::int64_t axis, std::int64_t start, std::int64_t stop, std::int64_t step = 1);

namespace detail {
/// Zeros of a shape with x put at start, start + step, ... along each axis: the adjoint of slice.
[[nodiscard]] Var embed(Operand x, const Shape& shape, const Dims& start, const Dims& step);
/// The view start, start + step, ... of the given extents.
[[nodiscard]] Var strided(Operand x, const Shape& shape, const Dims& start, const Dims& step);
} // namespace detail

} // namespace xgrad
#pragma GCC visibility pop
