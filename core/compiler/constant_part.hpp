#pragma once
// What of a step follows from constants alone.

#include <cstdint>
#include <vector>

#include <xgrad/core/compiler/request.hpp>
#include <xgrad/core/graph/graph.hpp>

namespace xgrad {

/// The nodes that follow from constants alone and are read by others, or are results: a program of their own computes
/// them once (see constant_results.hpp), and to the program of the step they are leaves.
class ConstantPart {
  public:
    ConstantPart() = default;
    /// Empty if nothing is computed from constants, or nothing else.
    ConstantPart(const Graph& graph, const CompileRequest& request);

    const std::vector<std::uint32_t>& nodes() const { return nodes_; } // in the order of recording
    bool has(std::uint32_t node) const { return !is_in_.empty() && node < is_in_.size() && is_in_[node]; }

  private:
    std::vector<std::uint32_t> nodes_;
    std::vector<char> is_in_; // for each node
};

} // namespace xgrad
