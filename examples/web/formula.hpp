#pragma once
// Formulas of x and y that a reader types.

#include <string_view>

#include <xgrad/xgrad.hpp>

namespace web {

/// Records a formula on the tape of x and y, such as "(1 - x)^2 + 100 (y - x^2)^2":
///
///     sum     = product { ("+" | "-") product }
///     product = sign { ("*" | "/") sign | sign }        a factor may follow without a sign: 2 x (y + 1)
///     sign    = ("-" | "+") sign | power
///     power   = value [ "^" sign ]
///     value   = number | "x" | "y" | "pi" | "e" | "(" sum ")" | function "(" sum ")"
///
/// Functions are abs, cos, exp, log, sin, sqrt, tan and tanh. Throws RequestError with the position of what is wrong.
[[nodiscard]] xgrad::Var record_formula(std::string_view text, xgrad::Var x, xgrad::Var y);

} // namespace web
