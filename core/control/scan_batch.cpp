// A scan for a batch of examples is one scan, whose body does a step for all of them.

#include <xgrad/core/control/scan_loop.hpp>
#include <xgrad/core/derivative/batch.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/graph/structural_ops.hpp>

namespace xgrad {
namespace {

/// Steps in front of examples, or the other way round.
Var first_two_exchanged(Var x) {
    Dims axes;
    for (std::size_t i = 0; i < x.rank(); ++i)
        axes.push_back(static_cast<std::int64_t>(i < 2 ? 1 - i : i));
    return record(Transpose{axes}, x);
}

/// All carries are batched, as one that is not may become it; of the rest what is in `flags`.
LoopPtr batched_loop(Graph& graph, const ScanLoop& loop, std::size_t examples, const std::vector<char>& flags) {
    const ScanLoop::Batched& known = loop.batched;
    if (known.loop && known.examples == examples && known.inputs == flags &&
        graph.has(known.loop->body.next.empty() ? known.loop->body.y[0] : known.loop->body.next[0]))
        return known.loop;
    BatchRequest request{.ys = joined(loop.body.next, loop.body.y), .xs = {}, .batches = {}, .examples = examples};
    StepBody body;
    std::size_t next = 0;
    const auto take = [&](const std::vector<Var>& one, std::vector<Var>& all, bool always) {
        for (const Var& var : one) {
            if (!flags[next++] && !always) {
                all.push_back(var);
                continue;
            }
            all.push_back(graph.placeholder({var.dtype(), with_first(examples, var.shape())}, {}));
            request.xs.push_back(var);
            request.batches.push_back(all.back());
        }
    };
    take(loop.body.carry, body.carry, true);
    take(loop.body.x, body.x, false);
    take(loop.body.captured, body.captured, false);
    const std::vector<Var> results = batch_of(graph, request);
    const auto first_y = results.begin() + static_cast<std::ptrdiff_t>(loop.carries);
    body.next.assign(results.begin(), first_y);
    body.y.assign(first_y, results.end());
    loop.batched = {examples, flags, std::make_shared<const ScanLoop>(std::move(body), loop.options)};
    return loop.batched.loop;
}

} // namespace

Var batch(const ScanLoop& loop, DType dtype, bool keeps, const BatchedInputs& in) {
    const GraphUse use(in.x[0]);
    Graph& graph = *use;
    const std::size_t n = in.examples;
    const std::vector<char> flags(in.batched.begin(), in.batched.end());
    RecordedLoop all{batched_loop(graph, loop, n, flags), {}};
    for (std::size_t k = 0; k < in.x.size(); ++k) {
        if (k < loop.carries)
            all.inputs.init.push_back(in.all(k));
        else if (k < loop.carries + loop.xs)
            all.inputs.xs.push_back(flags[k] ? first_two_exchanged(in.x[k]) : in.x[k]);
        else
            all.inputs.captured.push_back(in.x[k]);
    }
    const Var packed = keeps ? keeping_node(all, dtype) : scan_node(all, dtype);
    if (const LoopPtr base = loop.base.lock()) // what begins with the other's results does so for a batch, too
        if (const ScanLoop::Batched& its = base->batched; its.loop && its.examples == n && its.inputs == flags)
            add_fuller(graph, *its.loop, packed);
    const Packing& packing = keeps ? all.loop->kept_results : all.loop->results;
    std::vector<Var> parts;
    for (std::size_t i = 0; i < packing.size(); ++i) {
        if (packing.type(i).dtype != dtype) continue;
        const Var one = part(packed, packing.first(i), packing.type(i).shape);
        parts.push_back(i < loop.carries ? one : first_two_exchanged(one));
    }
    return pack_each(n, parts);
}

} // namespace xgrad
