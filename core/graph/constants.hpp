#pragma once
// Numbers on the tape: what the simplifications of ops look at.

#include <cstddef>
#include <optional>
#include <utility>

#include <xgrad/core/var.hpp>

namespace xgrad {

class Graph;

/// The value of an operand that is a number, or a Var that stands for one.
std::optional<double> number_of(const Operand& operand);

/// Whether x is the number `value` on the tape, and `other` has its dtype: what a neutral element must be.
/// For OpInfo::simplify, during which the tape is in use by this thread.
bool is_neutral(Var x, double value, Var other);

/// Zeros: one number, shown in all places.
[[nodiscard]] Var zeros_of(Graph& graph, const Type& type);

/// A constant of the tape, and its elements, which are to be written.
std::pair<Var, std::byte*> new_constant(Graph& graph, const Type& type, Location where);

} // namespace xgrad
