// Going back over a loop's steps where it has kept the carries before some of them: those between are computed again, a
// stretch at a time.

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/control/walk.hpp>

namespace xgrad {
namespace {

/// A loop that goes back over the steps of another one, and reads the carries before each of them.
struct WayBack {
    static constexpr std::size_t none = ~std::size_t{0};
    LoopPtr loop, forward;
    std::vector<std::size_t> carry_of; // of each x of the loop: which carry of the other one it is, or none
    std::vector<std::size_t> given;    // of each other x: its place among those
    std::size_t given_xs = 0;
    std::vector<std::size_t> first_byte{0}; // of each carry among all, and their end

    WayBack(LoopPtr l, LoopPtr f) : loop(std::move(l)), forward(std::move(f)) {
        const std::vector<Var>& carries = forward->body.carry;
        for (const Var& x : loop->body.x) {
            const auto carry = std::find_if(carries.begin(), carries.end(), [&](const Var& v) { return v.is(x); });
            const bool is_carry = carry != carries.end();
            carry_of.push_back(is_carry ? static_cast<std::size_t>(carry - carries.begin()) : none);
            given.push_back(is_carry ? none : given_xs++);
        }
        for (std::size_t i = 0; i < forward->carries; ++i)
            first_byte.push_back(first_byte.back() + forward->results.bytes(i));
    }
    bool reads_carries() const { return given_xs < loop->xs; }
};

/// The results of one dtype of a WayBack, where the other loop has kept some carries. Its first input is what gives the
/// same from all of them. It reads the loop's inputs without those carries, then the kept ones, and what the other loop
/// goes over and captures.
struct ScanFromSome {
    static constexpr auto name = "scan";
    static constexpr bool prefix = true;
    std::shared_ptr<const WayBack> way;
    DType results;
    BodyProgramPtr program = nullptr, forward = nullptr; // in a plan

    Shape shape(Types) const { return Shape{way->loop->count(results, Traced::none)}; }
    DType dtype(Types) const { return results; }
    void prepare(const Graph& graph, const CompileOptions& options) {
        program = way->loop->program(graph, options);
        forward = way->forward->program(graph, options);
    }
    void eval(ConstArrays in, Array out) const;
    static std::vector<Var> vjp(Var g, Var, std::span<const Var> x) {
        std::vector<Var> result(x.size());
        result[0] = g;
        return result;
    }
    static Var jvp(std::span<const Var> tangents, Var, std::span<const Var>) { return tangents[0]; }
    /// As from all carries.
    static Var vmap(const BatchedInputs& in) { return in.all(0); }
    std::size_t hash() const { return std::hash<const void*>{}(way.get()) + static_cast<std::size_t>(results); }
    std::string str() const {
        return fmt::format("of {} steps, from {} kept", way->loop->options.length, way->forward->kept());
    }
    bool operator==(const ScanFromSome& other) const { return way == other.way && results == other.results; }
};

void ScanFromSome::eval(ConstArrays in, Array out) const {
    const ScanLoop &loop = *way->loop, &other = *way->forward;
    const std::size_t inputs = way->given_xs;
    const ConstArrays xs = in.subspan(loop.carries, inputs),
                      captured = in.subspan(loop.carries + inputs, loop.body.captured.size()),
                      kept = in.subspan(loop.carries + inputs + captured.size(), other.carries),
                      other_xs = in.subspan(loop.carries + inputs + captured.size() + kept.size(), other.xs),
                      other_captured = in.last(other.body.captured.size());

    const std::size_t every = other.options.every, length = other.options.length;
    const std::vector<std::size_t>& first_byte = way->first_byte;
    Walk walk(other, *forward, other_captured);
    std::byte* const carries = walk.scratch(every * first_byte.back());
    std::size_t stretch = WayBack::none; // the one that `carries` has
    /// The carries before each step of a stretch.
    const auto run_forwards = [&](std::size_t wanted) {
        stretch = wanted;
        for (std::size_t i = 0; i < other.carries; ++i)
            walk.set_carry(i, static_cast<const std::byte*>(kept[i].data) + wanted * other.results.bytes(i));
        const std::size_t steps = std::min(every, length - wanted * every);
        for (std::size_t k = 0; k < steps; ++k) {
            for (std::size_t i = 0; i < other.carries; ++i)
                copy(carries + k * first_byte.back() + first_byte[i], walk.carry(i), other.results.bytes(i));
            const std::size_t done = wanted * every + k;
            if (k + 1 < steps) walk.step(done, [&](std::size_t i) { return slice_of(other, i, other_xs[i], done); });
        }
    };
    run(
        loop, *program, results, Traced::none, in, captured,
        [&](std::size_t i, std::size_t done) -> const std::byte* {
            if (way->carry_of[i] == WayBack::none) return slice_of(loop, i, xs[way->given[i]], done);
            const std::size_t step = length - 1 - done; // of the other loop
            if (step / every != stretch) run_forwards(step / every);
            return carries + step % every * first_byte.back() + first_byte[way->carry_of[i]];
        },
        static_cast<std::byte*>(out.data));
}

} // namespace

ScanResult results_of_way_back(const RecordedLoop& r, const RecordedLoop& forward) {
    const auto way = std::make_shared<const WayBack>(r.loop, forward.loop);
    if (forward.loop->options.every == 1 || !way->reads_carries())
        return results_of(*r.loop, [&](DType dtype) { return scan_node(r, dtype); });
    LoopInputs rest{r.inputs.init, {}, r.inputs.captured};
    for (std::size_t i = 0; i < r.loop->xs; ++i)
        if (way->carry_of[i] == WayBack::none) rest.xs.push_back(r.inputs.xs[i]);
    std::vector<Var> inputs = rest.all();
    const Packing& some = forward.loop->some_results;
    for (std::size_t i = forward.loop->first_trace(); i < some.size(); ++i)
        inputs.push_back(part(some_node(forward, some.type(i).dtype), some.first(i), some.type(i).shape));
    inputs = joined(joined(inputs, forward.inputs.xs), forward.inputs.captured);
    return results_of(*r.loop, [&](DType dtype) {
        return record_op(ScanFromSome{way, dtype}, joined({scan_node(r, dtype)}, inputs));
    });
}

} // namespace xgrad
