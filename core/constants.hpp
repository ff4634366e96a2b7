#pragma once
// Numbers on the tape: what the simplifications of ops look at.

#include <optional>

#include <xgrad/core/var.hpp>

namespace xgrad {

/// The value of an operand that is a number, or a Var that stands for one.
std::optional<double> number_of(const Operand& operand);

/// a, if b is the number `neutral` and a op b has a's shape and dtype; else Var{}.
Var identity_operand(const Operand& a, const Operand& b, double neutral);


} // namespace xgrad
