#pragma once
// Numbers on the tape: what the simplifications of ops look at.

#include <optional>

#include <xgrad/core/var.hpp>

namespace xgrad {

/// The value of an operand that is a number, or a Var that stands for one.
std::optional<double> number_of(const Operand& operand);

/// Whether x is the number `value` on the tape, and `other` has its dtype: what a neutral element must be.
/// For OpInfo::simplify, during which the tape is in use by this thread.
bool is_neutral(Var x, double value, Var other);

} // namespace xgrad
