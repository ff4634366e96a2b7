#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/control/scan_loop.hpp>
#include <xgrad/core/derivative/batch.hpp>
#include <xgrad/core/graph/constants.hpp>
#include <xgrad/core/graph/graph.hpp>

namespace xgrad {
namespace {

std::size_t length_of(const std::vector<Var>& xs, const ScanOptions& options, Location where) {
    for (std::size_t i = 0; i < xs.size(); ++i) {
        if (xs[i].rank() == 0)
            throw Error(fmt::format("scan: x {} is {} (); what is gone over must have a first axis, of one slice for "
                                    "each step. What is the same at each step is just used by the body",
                                    i, name(xs[i].dtype())),
                        where);
        if (xs[i].shape()[0] != xs[0].shape()[0])
            throw Error(fmt::format("scan: x {} has {} slices, {}, and x 0 has {}, {}; all need as many, one for each "
                                    "step",
                                    i, xs[i].shape()[0], xs[i].shape().str(), xs[0].shape()[0], xs[0].shape().str()),
                        where);
    }
    if (xs.empty()) return options.length;
    const std::size_t slices = xs[0].shape()[0];
    if (options.length != 0 && options.length != slices)
        throw Error(
            fmt::format("scan: {} steps were asked for, and x 0, {}, has {} slices; leave the length out, or cut "
                        "the xs",
                        options.length, xs[0].shape().str(), slices),
            where);
    return slices;
}

} // namespace

namespace detail {

ScanResult record_scan(const ScanBody& body, const std::vector<Var>& init, const std::vector<Var>& xs,
                       ScanOptions options, Location where) {
    const std::vector<Var> given = joined(init, xs);
    if (given.empty())
        throw Error("scan: there is neither a first carry nor an x, so the body has nothing to depend on", where);
    const GraphUse use(given, "scan", where);
    Graph& graph = *use;
    std::size_t length = 0;
    std::vector<Type> slices = types_of(xs);
    {
        const Call call("scan", where);
        require_of_tape(graph, "scan", "the first carry", init, where);
        require_of_tape(graph, "scan", "x", xs, where);
        length = length_of(xs, options, where);
        if (options.keep.every == 0)
            throw Error(
                "scan: the carries before each 0-th step were asked to be kept; keep_every takes a number of at "
                "least 1",
                where);
        for (Type& slice : slices)
            slice.shape = without_first(slice.shape);
    }
    StepBody step{.carry = stand_ins(graph, types_of(init), "a carry of scan", where),
                  .x = stand_ins(graph, slices, "a slice of scan", where),
                  .captured = {},
                  .next = {},
                  .y = {}};
    const Trace trace(graph, "scan", where);
    std::tie(step.next, step.y) = body(step.carry, step.x); // the user's own code: an error there has its own line
    const Call call("scan", where);
    trace.check();
    require_of_tape(graph, "scan", "the next carry", step.next, where);
    require_of_tape(graph, "scan", "y", step.y, where);
    require_carries("scan", init, step.next, where);
    const ClosedBody closed = trace.close(joined(step.carry, step.x), joined(step.next, step.y));
    const auto results = closed.body.gives.begin(), ys = results + static_cast<std::ptrdiff_t>(step.next.size());
    step.next.assign(results, ys);
    step.y.assign(ys, closed.body.gives.end());
    step.captured.assign(closed.body.takes.begin() + static_cast<std::ptrdiff_t>(step.carry.size() + step.x.size()),
                         closed.body.takes.end());
    const auto root = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(length))));
    const std::size_t every = options.keep.square_root ? std::max<std::size_t>(1, root) : options.keep.every;
    const RecordedLoop recorded = record_loop(graph, std::move(step), {init, xs, closed.captured},
                                              {length, options.reverse, every, where});
    return results_of(*recorded.loop, [&](DType dtype) { return scan_node(recorded, dtype); });
}

std::vector<Var> record_fori(std::int64_t lower, std::int64_t upper,
                             const std::function<std::vector<Var>(Var, const std::vector<Var>&)>& body,
                             const std::vector<Var>& init, Location where) {
    if (init.empty()) throw Error("fori_loop: there is no first carry, so the loop has no result", where);
    const GraphUse use(init, "fori_loop", where);
    const std::uint64_t length = upper <= lower ? 0
                                                : static_cast<std::uint64_t>(upper) - static_cast<std::uint64_t>(lower);
    const auto [indices, elements] = new_constant(*use, {DType::int64, Shape(length)}, where);
    for (std::uint64_t i = 0; i < length; ++i) {
        const std::int64_t index = lower + static_cast<std::int64_t>(i);
        std::memcpy(elements + i * sizeof(index), &index, sizeof(index));
    }
    const auto step = [&](const std::vector<Var>& carry, const std::vector<Var>& x) {
        return std::pair{body(x[0], carry), std::vector<Var>()};
    };
    return record_scan(step, init, {indices}, {}, where).carry;
}

} // namespace detail
} // namespace xgrad
