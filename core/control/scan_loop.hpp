#pragma once
// A scan as nodes of a tape.
//
// A node has one array, so a loop is a node for each dtype among its results: in its array lie, one after the other, the
// carries after the last step, and the ys.
//
// The derivatives are loops, too: the body's adjoint, or its tangent, is recorded from the body's own stand-ins. What the
// adjoint reads of the body's values are ys of one loop more, which does the same steps. So that the steps are done once,
// a node knows of others that begin with the same elements: see OpInfo::fuller.

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include <xgrad/core/control.hpp>
#include <xgrad/core/control/body.hpp>
#include <xgrad/core/control/parts.hpp>

namespace xgrad {

/// What a step takes, and what it gives.
struct StepBody {
    std::vector<Var> carry, x, captured;
    std::vector<Var> next, y;
};

struct LoopOptions {
    std::size_t length;
    bool reverse;
    std::size_t every; // for a gradient, what it reads is kept of all steps (1), or the carries before each k-th step
    Location where;
};

/// A loop, shared by the nodes that are made of it and by the programs that run it.
class ScanLoop {
  public:
    ScanLoop(StepBody body, LoopOptions options);

    /// How many times carries are kept, where they are.
    std::size_t times_kept() const { return (options.length + options.every - 1) / options.every; }
    /// Which slice the step reads that comes after so many.
    std::size_t slice_of(std::size_t done) const { return options.reverse ? options.length - 1 - done : done; }
    /// The bytes of what one step gives for result i.
    std::size_t bytes_of_step(std::size_t i) const {
        return i < carries ? results.bytes(i) : options.length == 0 ? 0 : results.bytes(i) / options.length;
    }

    const StepBody body; // as long as its nodes stand
    const LoopOptions options;
    const Packing results, kept_results; // carries, ys; and, behind them, the kept carries
    const std::size_t carries, xs, ys;
    std::vector<std::size_t> slice_bytes; // of each x

    BodyProgramPtr program(const Graph& graph, const CompileOptions& o) const {
        return compiler_(graph, {joined(joined(body.carry, body.x), body.captured), joined(body.next, body.y)}, o,
                         options.where);
    }

    /// Nodes that begin with the results of this loop.
    mutable std::vector<Var> fuller;
    /// The loop whose ys are also what the adjoint of the body reads.
    struct WithValues {
        std::vector<Var> values; // of the body
        std::shared_ptr<const ScanLoop> loop;
    };
    mutable WithValues with_values;
    /// The loop that does its steps for so many examples at once; kept, as the nodes of one loop are batched one by one.
    struct Batched {
        std::size_t examples = 0;
        std::vector<char> inputs; // which of them are batched
        std::shared_ptr<const ScanLoop> loop;
    };
    mutable Batched batched;
    mutable std::weak_ptr<const ScanLoop> base; // of a loop with values: the one it was made for

  private:
    BodyCompiler compiler_;
};
using LoopPtr = std::shared_ptr<const ScanLoop>;

/// The arrays that a loop is recorded with.
struct LoopInputs {
    std::vector<Var> init, xs, captured;
    std::vector<Var> all() const { return joined(joined(init, xs), captured); }
};

/// A loop without what no step of it reads.
struct RecordedLoop {
    LoopPtr loop;
    LoopInputs inputs;
};

RecordedLoop record_loop(Graph& graph, StepBody body, LoopInputs inputs, LoopOptions options);

/// The node with the results of one dtype; and the one that has the kept carries behind them.
Var scan_node(const RecordedLoop& recorded, DType dtype);
Var keeping_node(const RecordedLoop& recorded, DType dtype);
/// Nodes that begin with the results of a loop are made known to it.
void add_fuller(const Graph& graph, const ScanLoop& loop, Var node);

/// Records an op with any number of inputs.
Var record_op(const auto& op, const std::vector<Var>& inputs) {
    const std::vector<Operand> operands(inputs.begin(), inputs.end());
    return record(op, std::span<const Operand>(operands));
}

/// The results of a loop, in nodes that node(dtype) gives.
template <class Node>
ScanResult results_of(const ScanLoop& loop, Node node) {
    std::array<Var, dtype_count> nodes;
    ScanResult result;
    for (std::size_t i = 0; i < loop.results.size(); ++i) {
        const Type& type = loop.results.type(i);
        Var& packed = nodes[static_cast<std::size_t>(type.dtype)];
        if (!packed.valid()) packed = node(type.dtype);
        (i < loop.carries ? result.carry : result.ys).push_back(part(packed, loop.results.first(i), type.shape));
    }
    return result;
}

/// The results of a loop that goes back over the steps of another one, and gets values of its body, which is what
/// `values` stand for: of all steps, or, where that one keeps some carries, from those. `with` is the other loop with
/// these values among its ys.
ScanResult results_of_way_back(const RecordedLoop& back, const RecordedLoop& forward, const RecordedLoop& with,
                               const std::vector<Var>& values);

/// The adjoints of a node's inputs, those that are wanted, from g, the adjoint of its array.
std::vector<Var> pull_back(const LoopPtr& loop, DType dtype, Var g, std::span<const Var> inputs,
                           std::span<const char> wanted);
/// The tangent of a node's array.
Var push_forward(const ScanLoop& loop, DType dtype, std::span<const Var> tangents, std::span<const Var> inputs);
/// A node's array for a batch of examples, (examples, n); with the kept carries or without.
Var batch(const ScanLoop& loop, DType dtype, bool keeps, const BatchedInputs& in);

} // namespace xgrad
