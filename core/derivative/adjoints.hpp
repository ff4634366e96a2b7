#pragma once
// What the derivative rules of ops give is looked at before it is used: a wrong one must not go on as a wrong number.
// `caller` is whom errors name: the user's call of gradient, not what the rule itself calls.

#include <cstddef>
#include <cstdint>

#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/var.hpp>

namespace xgrad {

class Graph;

/// An op is differentiated whose struct has no rule for it: throws, with what to do.
[[noreturn]] void fail_without_rule(const Graph& graph, std::uint32_t node, const detail::Caller& caller);

/// Throws unless the vjp of the node gave as many adjoints as it has inputs.
void check_adjoint_count(const Graph& graph, std::uint32_t node, std::size_t given, const detail::Caller& caller);

/// Throws unless `adjoint` may be that of the node's input k: of its tape, its dtype, and of a shape that its own
/// broadcasts to.
void check_adjoint(const Graph& graph, std::uint32_t node, std::size_t k, Var adjoint, const detail::Caller& caller);

/// What the node's jvp gave, in the node's shape; throws unless it is of its tape and dtype, and broadcasts to that
/// shape.
Var checked_tangent(const Graph& graph, std::uint32_t node, Var tangent, const detail::Caller& caller);

} // namespace xgrad
