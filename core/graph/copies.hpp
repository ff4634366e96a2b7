#pragma once
// Nodes recorded again, with others in the places of some that they follow from.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include <xgrad/core/graph/graph.hpp>

namespace xgrad {

class Copies {
  public:
    explicit Copies(Graph& graph) : graph_(graph) {}

    void put(std::uint32_t node, std::uint32_t copy) { copy_of_[node] = copy; }
    bool has(std::uint32_t node) const { return copy_of_.contains(node); }
    /// The node itself, if it has none.
    std::uint32_t of(std::uint32_t node) const {
        const auto copy = copy_of_.find(node);
        return copy == copy_of_.end() ? node : copy->second;
    }
    /// Records a node again, if an input has a copy; to be called in the order of recording.
    void record(std::uint32_t node) {
        const auto inputs = graph_.inputs(node);
        inputs_.assign(inputs.begin(), inputs.end());
        bool changed = false;
        for (std::uint32_t& input : inputs_) {
            const std::uint32_t before = input;
            input = of(input);
            changed |= input != before;
        }
        if (!changed) return;
        const Node n = graph_.node(node); // recording moves the nodes
        copy_of_[node] = graph_.record(*n.info, n.op, inputs_, n.where);
    }

  private:
    Graph& graph_;
    std::unordered_map<std::uint32_t, std::uint32_t> copy_of_;
    std::vector<std::uint32_t> inputs_;
};

} // namespace xgrad
