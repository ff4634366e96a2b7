// The nodes of a loop: its results, and these with the carries before some steps.

#include <fmt/format.h>

#include <xgrad/core/control/walk.hpp>
#include <xgrad/core/graph/graph.hpp>

namespace xgrad {
namespace {

/// The results of one dtype; with the kept carries behind them, from which the steps between are done again.
template <bool keeps>
struct Scan {
    static constexpr auto name = "scan";
    static constexpr bool zero_derivative = keeps; // nobody differentiates by what is there for other steps
    LoopPtr loop;
    DType results;
    BodyProgramPtr program = nullptr; // in a plan

    Shape shape(Types) const { return Shape{(keeps ? loop->kept_results : loop->results).count(results)}; }
    DType dtype(Types) const { return results; }
    const std::vector<Var>& fuller() const requires(!keeps) { return loop->fuller; }
    void prepare(const Graph& graph, const CompileOptions& options) { program = loop->program(graph, options); }
    void eval(ConstArrays in, Array out) const {
        const ConstArrays xs = in.subspan(loop->carries);
        const auto slice = [&](std::size_t i, std::size_t done) { return slice_of(*loop, i, xs[i], done); };
        run(*loop, *program, results, keeps, in, xs.subspan(loop->xs), slice, static_cast<std::byte*>(out.data));
    }
    std::vector<Var> vjp_of_wanted(Var g, Var, std::span<const Var> x, std::span<const char> wanted) const
        requires(!keeps) {
        return pull_back(loop, results, g, x, wanted);
    }
    Var jvp(std::span<const Var> tangents, Var, std::span<const Var> x) const requires(!keeps) {
        return push_forward(*loop, results, tangents, x);
    }
    Var vmap(const BatchedInputs& in) const { return batch(*loop, results, keeps, in); }
    std::size_t hash() const { return std::hash<LoopPtr>{}(loop) + static_cast<std::size_t>(results); }
    std::string str() const {
        const std::string steps = fmt::format("of {} steps", loop->options.length);
        return keeps ? fmt::format("{}, keeps {}", steps, loop->times_kept()) : steps;
    }
    bool operator==(const Scan& other) const { return loop == other.loop && results == other.results; }
};

} // namespace

Var scan_node(const RecordedLoop& r, DType dtype) { return record_op(Scan<false>{r.loop, dtype}, r.inputs.all()); }

Var keeping_node(const RecordedLoop& r, DType dtype) {
    const Var node = record_op(Scan<true>{r.loop, dtype}, r.inputs.all());
    add_fuller(*GraphUse(node), *r.loop, node);
    return node;
}

} // namespace xgrad
