#pragma once
// A batch of examples of what was recorded for one: its nodes are recorded again on arrays with one axis more, the
// first.

#include <cstdint>
#include <memory>
#include <vector>

#include <xgrad/core/var.hpp>

namespace xgrad {

class Graph;
struct BatchedInputs;
struct OpInfo;

struct BatchRequest {
    std::vector<Var> ys;      // of one example
    std::vector<Var> xs;      // what they are functions of: nodes that stand for one example
    std::vector<Var> batches; // the examples of each x, along a first axis
    std::size_t examples;
    /// Random draws that were recorded from this node on are made for each example; earlier ones are shared by all.
    std::uint32_t first_own_draw = ~0u;
};

/// Each y of all examples, along a first axis; repeated if it is the same for all. What follows from no x is not
/// recorded again. Each form of ops has one rule, see batch.cpp.
std::vector<Var> batch_of(Graph& graph, const BatchRequest& request);

/// A shape with an axis in front, and without its first one.
Shape with_first(std::size_t extent, const Shape& shape);
Shape without_first(const Shape& shape);

/// An op of its own that does what `op` does, for one example after the other.
Var record_each_example(Graph& graph, const OpInfo& info, const void* op, const BatchedInputs& in);

/// A copy of an op's attributes.
std::shared_ptr<void> copy_of(const OpInfo& info, const void* op);

} // namespace xgrad
