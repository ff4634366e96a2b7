#pragma once
// Reductions over any axes; see also sum in core/structural.hpp.

#include <xgrad/core/op.hpp>
#include <xgrad/core/structural.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// The average.  dy/dx_i = 1/n.  Of integers and masks it is float64: `mean(argmax(scores, 1) == labels)` is the
/// accuracy.
[[nodiscard]] Var mean(Operand x, const Dims& axes = {}, KeepDims keep = {});
/// The largest element; NaN if there is one; an error for none.  The adjoint is shared evenly among ties (torch.amax).
[[nodiscard]] Var max(Operand x, const Dims& axes = {}, KeepDims keep = {});
/// The smallest element, as max.
[[nodiscard]] Var min(Operand x, const Dims& axes = {}, KeepDims keep = {});

} // namespace xgrad
#pragma GCC visibility pop
