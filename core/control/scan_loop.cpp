#include <xgrad/core/control/scan_loop.hpp>

#include <xgrad/core/derivative/batch.hpp>
#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/graph/graph.hpp>

namespace xgrad {
namespace {

std::vector<Type> result_types(const StepBody& body, std::size_t length) {
    std::vector<Type> types = types_of(body.next);
    for (const Type& type : types_of(body.y))
        types.push_back({type.dtype, with_first(length, type.shape)});
    return types;
}

std::vector<Type> with_carries(std::vector<Type> types, const StepBody& body, std::size_t times) {
    for (const Type& type : types_of(body.carry))
        types.push_back({type.dtype, with_first(times, type.shape)});
    return types;
}

/// Leaves out what no step reads.
void leave_out(std::vector<Var>& stand_ins, std::vector<Var>& inputs, const Graph& graph,
               const std::vector<char>& needed, std::size_t least) {
    for (std::size_t i = stand_ins.size(); i-- > 0 && stand_ins.size() > least;) {
        const std::uint32_t node = graph.index(stand_ins[i]);
        if (node < needed.size() && needed[node]) continue;
        stand_ins.erase(stand_ins.begin() + static_cast<std::ptrdiff_t>(i));
        inputs.erase(inputs.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

} // namespace

ScanLoop::ScanLoop(StepBody b, LoopOptions o)
    : body(std::move(b)), options(o), results(result_types(body, o.length)),
      kept_results(with_carries(result_types(body, o.length), body, times_kept())), carries(body.carry.size()),
      xs(body.x.size()), ys(body.y.size()) {
    for (const Type& type : types_of(body.x))
        slice_bytes.push_back(type.shape.numel() * size_of(type.dtype));
}

RecordedLoop record_loop(Graph& graph, StepBody body, LoopInputs inputs, LoopOptions options) {
    std::vector<std::uint32_t> ends;
    for (const Var& end : joined(body.next, body.y))
        ends.push_back(graph.index(end));
    const std::vector<char> needed = ancestors(graph, ends);
    leave_out(body.captured, inputs.captured, graph, needed, 0);
    leave_out(body.x, inputs.xs, graph, needed, body.carry.empty() ? 1 : 0);
    return {std::make_shared<const ScanLoop>(std::move(body), options), std::move(inputs)};
}

void add_fuller(const Graph& graph, const ScanLoop& loop, Var node) {
    std::vector<Var>& all = loop.fuller;
    std::erase_if(all, [&](const Var& known) { return known.is(node) || !graph.has(known); });
    all.push_back(node);
}

} // namespace xgrad
