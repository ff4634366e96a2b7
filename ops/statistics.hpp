#pragma once
// More reductions over any axes, none given: all; see also reduce.hpp, and sum in core/structural.hpp.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// The product; 1 of nothing.  dy/dx_i = the product of the others, made without a division: right where factors are 0.
/// uint8 gives int64, which wraps around when it is full.
[[nodiscard]] Var prod(Operand x, const Dims& axes = {}, KeepDims keep = {});

/// The variance sum_i (x_i - mean)^2 / (n - correction); NaN where n <= correction.  dy/dx_i = 2 (x_i - mean) / (n -
/// correction).
/// The correction is 1 as in PyTorch (NumPy's ddof is 0). Of integers and masks the variance, the standard deviation
/// and the norm are float64.
[[nodiscard]] Var var(Operand x, const Dims& axes = {}, KeepDims keep = {}, double correction = 1);
/// The standard deviation s = sqrt(var).  ds/dx_i = (x_i - mean) / ((n - correction) s), 0 where s = 0 (as PyTorch). It
/// is NumPy's std, a name that C++ has taken.
[[nodiscard]] Var stddev(Operand x, const Dims& axes = {}, KeepDims keep = {}, double correction = 1);

/// The p-norm (sum |x_i|^p)^(1/p) for any p; the largest |x_i| for p = infinity, the least for -infinity, how many are
/// not 0 for p = 0. It overflows or vanishes only where the result does. For p < 0 it is 0 if one x_i is, and infinite
/// of nothing.
/// dy/dx_i = sign(x_i) (|x_i|/y)^(p-1), where y = 0 it is 0, for p = infinity shared evenly among ties (as PyTorch).
[[nodiscard]] Var norm(Operand x, double p = 2, const Dims& axes = {}, KeepDims keep = {});

/// Whether one element is not 0, and whether all are: masks (uint8), of any dtype. Of nothing: 0 and 1.
[[nodiscard]] Var any(Operand x, const Dims& axes = {}, KeepDims keep = {});
[[nodiscard]] Var all(Operand x, const Dims& axes = {}, KeepDims keep = {});

/// Where the largest element stands along an axis, int64; the first of equal ones, the first NaN if there is one.
/// Without an axis: its index in the flattened array. An error if there is none.
[[nodiscard]] Var argmax(Operand x, std::int64_t axis, KeepDims keep = {});
[[nodiscard]] Var argmax(Operand x);
/// Where the smallest element stands, as argmax.
[[nodiscard]] Var argmin(Operand x, std::int64_t axis, KeepDims keep = {});
[[nodiscard]] Var argmin(Operand x);

} // namespace xgrad
#pragma GCC visibility pop
