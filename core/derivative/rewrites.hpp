#pragma once
// What recording has left out: see Graph::Rewrite.

#include <cstdint>
#include <vector>

#include <xgrad/core/error.hpp>

namespace xgrad {

class Graph;

/// Throws if what the ys are made of was recorded in simpler forms that do not lead through an x: the derivative would be
/// silently 0, or a part of it.
void check_rewrites(const Graph& graph, const char* function, const std::vector<std::uint32_t>& ys,
                    const std::vector<std::uint32_t>& xs, Location where);

} // namespace xgrad
