// The nodes of a loop: with the carries before each step, before some, or before none.

#include <fmt/format.h>

#include <xgrad/core/control/walk.hpp>

namespace xgrad {
namespace {

/// The results of one dtype, with the carries before each step, before some, or before none. Without them the first
/// input is a node that has them: see OpInfo::prefix.
template <Traced traced>
struct Scan {
    static constexpr auto name = "scan";
    static constexpr bool prefix = traced == Traced::none;
    static constexpr std::size_t skipped = prefix ? 1 : 0, nondiff = skipped; // of the inputs
    // Nobody differentiates by carries before some steps: they are there for the steps between.
    static constexpr bool zero_derivative = traced == Traced::some;
    LoopPtr loop;
    DType results;
    BodyProgramPtr program = nullptr; // in a plan

    Shape shape(Types) const { return Shape{loop->count(results, traced)}; }
    DType dtype(Types) const { return results; }
    void prepare(const Graph& graph, const CompileOptions& options) { program = loop->program(graph, options); }
    void eval(ConstArrays in, Array out) const {
        const ConstArrays xs = in.subspan(loop->carries);
        const auto slice = [&](std::size_t i, std::size_t done) { return slice_of(*loop, i, xs[i], done); };
        run(*loop, *program, results, traced, in, xs.subspan(loop->xs), slice, static_cast<std::byte*>(out.data));
    }
    std::vector<Var> vjp(Var g, Var y, std::span<const Var> x) const requires(!zero_derivative) {
        return vjp_of_wanted(g, y, x, std::vector<char>(x.size(), 1));
    }
    std::vector<Var> vjp_of_wanted(Var g, Var, std::span<const Var> x, std::span<const char> wanted) const
        requires(!zero_derivative) {
        std::vector<Var> result(skipped);
        for (const Var& adjoint : pull_back(loop, results, !prefix, g, x.subspan(skipped), wanted.subspan(skipped)))
            result.push_back(adjoint);
        return result;
    }
    Var jvp(std::span<const Var> tangents, Var, std::span<const Var> x) const requires(!zero_derivative) {
        return push_forward(*loop, results, !prefix, tangents.subspan(skipped), x.subspan(skipped));
    }
    Var vmap(const BatchedInputs& in) const {
        return batch(*loop, results, traced, {in.examples, in.x.subspan(skipped), in.batched.subspan(skipped)});
    }
    std::size_t hash() const { return std::hash<LoopPtr>{}(loop) + static_cast<std::size_t>(results); }
    std::string str() const {
        const std::string steps = fmt::format("of {} steps", loop->options.length);
        return traced == Traced::some ? fmt::format("{}, keeps {}", steps, loop->kept()) : steps;
    }
    bool operator==(const Scan& other) const { return loop == other.loop && results == other.results; }
};

} // namespace

Var traced_node(const RecordedLoop& r, DType dtype) {
    return record_op(Scan<Traced::all>{r.loop, dtype}, r.inputs.all());
}
Var some_node(const RecordedLoop& r, DType dtype) {
    return record_op(Scan<Traced::some>{r.loop, dtype}, r.inputs.all());
}

Var scan_node(const RecordedLoop& r, DType dtype) {
    const Var with_carries = r.loop->options.every == 1 ? traced_node(r, dtype) : some_node(r, dtype);
    return record_op(Scan<Traced::none>{r.loop, dtype}, joined({with_carries}, r.inputs.all()));
}

} // namespace xgrad
