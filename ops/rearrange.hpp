#pragma once
// More views and copies, made of those of shape.hpp where they can be; all elements keep their values, and all dtypes
// are taken.

#include <utility>
#include <vector>

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// With two axes swapped.
[[nodiscard]] Var swap_axes(Operand x, std::int64_t a, std::int64_t b);
/// With the axes `from` at the places `to` of the result; the others keep their order.
[[nodiscard]] Var moveaxis(Operand x, const Dims& from, const Dims& to);

/// Arrays of one shape side by side along a new axis, which stands at `axis` of the result.
[[nodiscard]] Var stack(const std::vector<Var>& parts, std::int64_t axis = 0, Location where = Location::current());
/// The same of a few: stack(a, b).
[[nodiscard]] Var stack(Var a, Var b, std::int64_t axis = 0, Location where = Location::current());
[[nodiscard]] Var stack(Var a, Var b, Var c, std::int64_t axis = 0, Location where = Location::current());
[[nodiscard]] Var stack(Var a, Var b, Var c, Var d, std::int64_t axis = 0, Location where = Location::current());
/// Cut into `sections` equal parts along an axis, which their number must divide (numpy.split).
[[nodiscard]] std::vector<Var> split(Operand x, std::int64_t sections, std::int64_t axis = 0);
/// Cut into parts of these sizes along an axis; they must add up to its extent (torch.split).
[[nodiscard]] std::vector<Var> split_sizes(Operand x, const std::vector<std::int64_t>& sizes, std::int64_t axis = 0);

/// The whole array repeated along each axis; the counts belong to the last axes, and may be more than x has
/// (numpy.tile).
[[nodiscard]] Var tile(Operand x, const Dims& counts);
/// Each element repeated `count` times along an axis (numpy.repeat); without an axis along the flattened array.
[[nodiscard]] Var repeat(Operand x, std::int64_t count, std::int64_t axis);
[[nodiscard]] Var repeat(Operand x, std::int64_t count);
/// Backwards along the axes; none given: along all.
[[nodiscard]] Var flip(Operand x, const Dims& axes = {});
/// With `before` and `after` elements of a value added at the ends of the first axes: pad(x, {{1, 1}, {0, 2}}).
/// dx = the adjoint without them
[[nodiscard]] Var pad(Operand x, const std::vector<std::pair<std::int64_t, std::int64_t>>& widths, double value = 0);

enum class PadMode {
    edge,      // the element at that end:      a a a | a b c d | d d d
    reflect,   // mirrored at it:               d c b | a b c d | c b a
    symmetric, // mirrored beyond it:           c b a | a b c d | d c b
    wrap,      // from the other end on:        b c d | a b c d | a b c
};
/// The same with elements of x itself: pad(x, {{1, 1}, {0, 2}}, PadMode::reflect). The widths may be of any size; an
/// axis without elements cannot be continued.  dx = the adjoint added up where the elements came from.  numpy.pad
[[nodiscard]] Var pad(Operand x, const std::vector<std::pair<std::int64_t, std::int64_t>>& widths, PadMode mode);

/// The elements x[i, i + offset] of two axes, which are left out; the diagonal is the last axis of the result. A view.
[[nodiscard]] Var diagonal(Operand x, std::int64_t offset = 0, std::int64_t axis1 = 0, std::int64_t axis2 = 1);
/// The lower triangle of the last two axes, j <= i + k; zeros elsewhere.
[[nodiscard]] Var tril(Operand x, std::int64_t k = 0);
/// The upper triangle of the last two axes, j >= i + k; zeros elsewhere.
[[nodiscard]] Var triu(Operand x, std::int64_t k = 0);

} // namespace xgrad
#pragma GCC visibility pop
