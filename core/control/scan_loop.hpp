#pragma once
// A scan as nodes of a tape.
//
// A node has one array, so a loop is a node for each dtype among its results: in its array lie, one after the other, the
// carries after the last step, the ys, and, where a derivative asks for them, the carries before each step. The node
// without those gives the first elements of the node with them, and need not run where the other one does.
//
// The derivatives are loops, too: the body's adjoint, or its tangent, is recorded from the body's own stand-ins.

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
    std::size_t every; // for a gradient, the carries before each so manieth step are kept
    Location where;
};

/// Which carries a node has beside the results: those before each step, before some, or none.
enum class Traced { none, some, all };

/// A loop, shared by the nodes that are made of it and by the programs that run it.
class ScanLoop {
  public:
    ScanLoop(StepBody body, LoopOptions options);

    /// Carries after the last step, ys, carries before each step; those of none give the first elements of both.
    const Packing& packing(Traced traced) const { return traced == Traced::some ? some_results : results; }
    std::size_t first_trace() const { return carries + ys; }
    /// How many elements a node has.
    std::size_t count(DType dtype, Traced traced) const {
        const Packing& all = packing(traced);
        for (std::size_t i = first_trace(); traced == Traced::none && i < all.size(); ++i)
            if (all.type(i).dtype == dtype) return all.first(i);
        return all.count(dtype);
    }
    /// How many steps there are before which the carries are kept, if not before all.
    std::size_t kept() const { return (options.length + options.every - 1) / options.every; }
    /// Which slice the step reads that comes after so many.
    std::size_t slice_of(std::size_t done) const { return options.reverse ? options.length - 1 - done : done; }

    const StepBody body; // as long as its nodes stand
    const LoopOptions options;
    const Packing results, some_results;
    const std::size_t carries, xs, ys;
    std::vector<std::size_t> slice_bytes; // of each x

    BodyProgramPtr program(const Graph& graph, const CompileOptions& o) const {
        return compiler_(graph, {joined(joined(body.carry, body.x), body.captured), joined(body.next, body.y)}, o,
                         options.where);
    }

    /// The loop that does its steps for so many examples at once; kept, as the nodes of one loop are batched one by one.
    struct Batched {
        std::size_t examples = 0;
        std::vector<char> inputs; // which of them are batched
        std::shared_ptr<const ScanLoop> loop;
    };
    mutable Batched batched;

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

/// The node with the results of one dtype; the one that has the carries before each step beside them; and the one that
/// has those before some.
Var scan_node(const RecordedLoop& recorded, DType dtype);
Var traced_node(const RecordedLoop& recorded, DType dtype);
Var some_node(const RecordedLoop& recorded, DType dtype);

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
    for (std::size_t i = 0; i < loop.first_trace(); ++i) {
        const Type& type = loop.results.type(i);
        Var& packed = nodes[static_cast<std::size_t>(type.dtype)];
        if (!packed.valid()) packed = node(type.dtype);
        (i < loop.carries ? result.carry : result.ys).push_back(part(packed, loop.results.first(i), type.shape));
    }
    return result;
}

/// The results of a loop that goes back over another one's steps: from the carries before each of them, or, where that
/// one keeps some, from those.
ScanResult results_of_way_back(const RecordedLoop& back, const RecordedLoop& forward);

/// The adjoints of a node's inputs, those that are wanted, from g, the adjoint of its array.
std::vector<Var> pull_back(const LoopPtr& shared, DType dtype, bool traced, Var g, std::span<const Var> inputs,
                           std::span<const char> wanted);
/// A node's array for a batch of examples: (examples, n).
Var batch(const ScanLoop& loop, DType dtype, Traced traced, const BatchedInputs& in);
/// The tangent of a node's array.
Var push_forward(const ScanLoop& loop, DType dtype, bool traced, std::span<const Var> tangents,
                 std::span<const Var> inputs);

} // namespace xgrad
