// Going back over a loop's steps where it has kept the carries before some of them: those between are done again, a stretch
// at a time.

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/control/walk.hpp>

namespace xgrad {
namespace {

/// A loop that goes back over the steps of another one, and reads values of its body, which are the last of its ys.
struct WayBack {
    static constexpr std::size_t none = ~std::size_t{0};
    LoopPtr loop, forward;
    std::vector<std::size_t> value_of; // of each x of the loop: which of the other one's results it is, or none
    std::vector<std::size_t> given;    // of each other x: its place among those
    std::size_t given_xs = 0, first_value;
    std::vector<std::size_t> first_byte{0}; // of each value among those of a step, and their end

    WayBack(LoopPtr l, LoopPtr f, const std::vector<Var>& values)
        : loop(std::move(l)), forward(std::move(f)), first_value(forward->results.size() - values.size()) {
        for (const Var& x : loop->body.x) {
            const auto value = std::find_if(values.begin(), values.end(), [&](const Var& v) { return v.is(x); });
            const bool is_value = value != values.end();
            value_of.push_back(is_value ? static_cast<std::size_t>(value - values.begin()) : none);
            given.push_back(is_value ? none : given_xs++);
        }
        for (std::size_t i = first_value; i < forward->results.size(); ++i)
            first_byte.push_back(first_byte.back() + forward->bytes_of_step(i));
    }
    bool reads_values() const { return given_xs < loop->xs; }
};

/// The results of one dtype of a WayBack, where the other loop has kept some carries. Its first input is what gives the
/// same from the values of all steps. It reads the loop's inputs without those values, then the kept carries, and what
/// the other loop goes over and captures.
struct ScanFromSome {
    static constexpr auto name = "scan";
    static constexpr bool prefix = true;
    std::shared_ptr<const WayBack> way;
    DType results;
    BodyProgramPtr program = nullptr, forward = nullptr; // in a plan

    Shape shape(Types) const { return Shape{way->loop->results.count(results)}; }
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
    /// As from the values of all steps.
    static Var vmap(const BatchedInputs& in) { return in.all(0); }
    std::size_t hash() const { return std::hash<const void*>{}(way.get()) + static_cast<std::size_t>(results); }
    std::string str() const {
        return fmt::format("of {} steps, from {} kept", way->loop->options.length, way->forward->times_kept());
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

    const std::size_t every = other.options.every, length = other.options.length, bytes = way->first_byte.back();
    Walk walk(other, *forward, other_captured);
    std::byte* const values = walk.scratch(every * bytes);
    std::size_t stretch = WayBack::none; // the one whose values these are
    const auto run_forwards = [&](std::size_t wanted) {
        stretch = wanted;
        for (std::size_t i = 0; i < other.carries; ++i)
            walk.set_carry(i, static_cast<const std::byte*>(kept[i].data) + wanted * other.bytes_of_step(i));
        for (std::size_t k = 0; k < every && wanted * every + k < length; ++k) {
            const std::size_t done = wanted * every + k;
            walk.step(done, [&](std::size_t i) { return slice_of(other, i, other_xs[i], done); });
            for (std::size_t i = way->first_value; i < other.results.size(); ++i)
                copy(values + k * bytes + way->first_byte[i - way->first_value], walk.given(i), other.bytes_of_step(i));
        }
    };
    const auto slice = [&](std::size_t i, std::size_t done) -> const std::byte* {
        if (way->value_of[i] == WayBack::none) return slice_of(loop, i, xs[way->given[i]], done);
        const std::size_t step = length - 1 - done; // of the other loop
        if (step / every != stretch) run_forwards(step / every);
        return values + step % every * bytes + way->first_byte[way->value_of[i]];
    };
    run(loop, *program, results, false, in, captured, slice, static_cast<std::byte*>(out.data));
}

} // namespace

ScanResult results_of_way_back(const RecordedLoop& back, const RecordedLoop& forward, const RecordedLoop& with,
                               const std::vector<Var>& values) {
    const auto way = std::make_shared<const WayBack>(back.loop, with.loop, values);
    if (forward.loop->options.every == 1 || !way->reads_values())
        return results_of(*back.loop, [&](DType dtype) { return scan_node(back, dtype); });
    LoopInputs rest{back.inputs.init, {}, back.inputs.captured};
    for (std::size_t i = 0; i < back.loop->xs; ++i)
        if (way->value_of[i] == WayBack::none) rest.xs.push_back(back.inputs.xs[i]);
    std::vector<Var> inputs = rest.all();
    const Packing& kept = forward.loop->kept_results;
    for (std::size_t i = forward.loop->results.size(); i < kept.size(); ++i)
        inputs.push_back(part(keeping_node(forward, kept.type(i).dtype), kept.first(i), kept.type(i).shape));
    inputs = joined(joined(inputs, forward.inputs.xs), forward.inputs.captured);
    return results_of(*back.loop, [&](DType dtype) {
        return record_op(ScanFromSome{way, dtype}, joined({scan_node(back, dtype)}, inputs));
    });
}

} // namespace xgrad
