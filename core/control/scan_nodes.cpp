// The nodes of a loop: with the carries before each step, before some, or before none.

#include <fmt/format.h>

#include <xgrad/core/control/walk.hpp>

namespace xgrad {
namespace {

/// The results of one dtype, with the carries before each step or without. Without them the first input is a node that
/// has them, or some: see OpInfo::prefix.
template <bool traced>
struct Scan {
    static constexpr auto name = "scan";
    static constexpr bool prefix = !traced;
    static constexpr std::size_t skipped = traced ? 0 : 1; // of the inputs
    static constexpr Traced kept = traced ? Traced::all : Traced::none;
    LoopPtr loop;
    DType results;

    Shape shape(Types) const { return Shape{loop->count(results, kept)}; }
    DType dtype(Types) const { return results; }
    void eval(ConstArrays in, Array out) const {
        const ConstArrays xs = in.subspan(loop->carries);
        run(
            *loop, results, kept, in, xs.subspan(loop->xs),
            [&](std::size_t i, std::size_t done) { return slice_of(*loop, i, xs[i], done); },
            static_cast<std::byte*>(out.data));
    }
    std::vector<Var> vjp(Var g, Var y, std::span<const Var> x) const {
        return vjp_of_wanted(g, y, x, std::vector<char>(x.size(), 1));
    }
    std::vector<Var> vjp_of_wanted(Var g, Var, std::span<const Var> x, std::span<const char> wanted) const {
        std::vector<Var> result(skipped);
        for (const Var& adjoint : pull_back(loop, results, traced, g, x.subspan(skipped), wanted.subspan(skipped)))
            result.push_back(adjoint);
        return result;
    }
    Var jvp(std::span<const Var> tangents, Var, std::span<const Var> x) const {
        return push_forward(*loop, results, traced, tangents.subspan(skipped), x.subspan(skipped));
    }
    std::size_t hash() const { return std::hash<LoopPtr>{}(loop) + static_cast<std::size_t>(results); }
    std::string str() const { return fmt::format("of {} steps", loop->options.length); }
    bool operator==(const Scan& other) const { return loop == other.loop && results == other.results; }
};

/// The results of one dtype, and the carries before some steps.
struct ScanWithSome {
    static constexpr auto name = "scan";
    LoopPtr loop;
    DType results;

    Shape shape(Types) const { return Shape{loop->count(results, Traced::some)}; }
    DType dtype(Types) const { return results; }
    void eval(ConstArrays in, Array out) const {
        const ConstArrays xs = in.subspan(loop->carries);
        run(
            *loop, results, Traced::some, in, xs.subspan(loop->xs),
            [&](std::size_t i, std::size_t done) { return slice_of(*loop, i, xs[i], done); },
            static_cast<std::byte*>(out.data));
    }
    std::size_t hash() const { return std::hash<LoopPtr>{}(loop) + static_cast<std::size_t>(results); }
    std::string str() const { return fmt::format("of {} steps, keeps {}", loop->options.length, loop->kept()); }
    bool operator==(const ScanWithSome& other) const { return loop == other.loop && results == other.results; }
};

} // namespace

Var traced_node(const RecordedLoop& r, DType dtype) { return record_op(Scan<true>{r.loop, dtype}, r.inputs.all()); }
Var some_node(const RecordedLoop& r, DType dtype) { return record_op(ScanWithSome{r.loop, dtype}, r.inputs.all()); }

Var scan_node(const RecordedLoop& r, DType dtype) {
    const Var with_carries = r.loop->options.every == 1 ? traced_node(r, dtype) : some_node(r, dtype);
    return record_op(Scan<false>{r.loop, dtype}, joined({with_carries}, r.inputs.all()));
}

} // namespace xgrad
