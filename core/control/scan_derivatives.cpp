#include <xgrad/core/control/scan_loop.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {
namespace {

/// The inputs of a node in their roles.
LoopInputs in_roles(const ScanLoop& loop, std::span<const Var> inputs) {
    const auto carries = inputs.begin() + static_cast<std::ptrdiff_t>(loop.body.carry.size());
    const auto xs = carries + static_cast<std::ptrdiff_t>(loop.body.x.size());
    return {{inputs.begin(), carries}, {carries, xs}, {xs, inputs.end()}};
}

/// Of flags for all inputs: those of one role, and of floating ones.
std::vector<char> flags_of(std::span<const char> wanted, std::size_t first, const std::vector<Var>& vars) {
    std::vector<char> result = floating(vars);
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = result[i] && wanted[first + i];
    return result;
}

std::vector<char> flags_of_dtype(const std::vector<Var>& vars, DType dtype) {
    std::vector<char> result;
    for (const Var& var : vars)
        result.push_back(var.dtype() == dtype);
    return result;
}

} // namespace

/// The adjoints of the inputs, from g, that of the results of one dtype: a loop from the last step to the first. Its
/// carries are the adjoints of the carries after a step, and the sums of those of what the body captures.
std::vector<Var> pull_back(const LoopPtr& shared, DType dtype, bool traced, Var g, std::span<const Var> inputs,
                           std::span<const char> wanted) {
    const GraphUse use(g);
    Graph& graph = *use;
    const ScanLoop& loop = *shared;
    const StepBody& b = loop.body;
    const LoopInputs in = in_roles(loop, inputs);
    const std::vector<char> carries = floating(b.carry), xs = flags_of(wanted, b.carry.size(), b.x),
                            captured = flags_of(wanted, b.carry.size() + b.x.size(), b.captured),
                            ys = flags_of_dtype(b.y, dtype), traces = flags_of_dtype(b.carry, dtype);

    const std::vector<Var> of_next = stand_ins(graph, types_of(chosen(b.next, carries))),
                           of_y = stand_ins(graph, types_of(chosen(b.y, ys))),
                           of_trace = stand_ins(graph, types_of(chosen(b.carry, traces))),
                           sums = stand_ins(graph, types_of(chosen(b.captured, captured)));
    const std::vector<Var> of_taken = adjoints(
        graph, joined(chosen(b.next, carries), chosen(b.y, ys)),
        joined(joined(chosen(b.carry, carries), chosen(b.x, xs)), chosen(b.captured, captured)), joined(of_next, of_y));

    StepBody r{.carry = joined(of_next, sums),
               .x = joined(joined(b.carry, b.x), joined(of_y, traced ? of_trace : std::vector<Var>())),
               .captured = b.captured,
               .next = {},
               .y = {}};
    LoopInputs of_r{.init = {}, .xs = {}, .captured = in.captured};
    // How a carry's adjoint goes on to the step before, and where it starts.
    const std::size_t first_trace = b.next.size() + b.y.size();
    std::size_t next_taken = 0, next_trace = 0;
    for (std::size_t i = 0; i < b.carry.size(); ++i) {
        const Var before = traced && traces[i] ? of_trace[next_trace++] : Var();
        if (carries[i]) {
            const Var adjoint = of_taken[next_taken++];
            r.next.push_back(before.valid() ? adjoint + before : adjoint);
            of_r.init.push_back(traces[i] ? part(g, loop.results.first(i), b.carry[i].shape())
                                          : zeros_like(graph, b.carry[i]));
        }
        const Type& all = loop.results.type(first_trace + i);
        of_r.xs.push_back(part(traced_node({shared, in}, all.dtype), loop.results.first(first_trace + i), all.shape));
    }
    of_r.xs = joined(of_r.xs, in.xs);
    for (std::size_t i = 0; i < b.y.size(); ++i)
        if (const std::size_t k = b.next.size() + i; ys[i])
            of_r.xs.push_back(part(g, loop.results.first(k), loop.results.type(k).shape));
    for (std::size_t i = first_trace; traced && i < loop.results.size(); ++i)
        if (traces[i - first_trace]) of_r.xs.push_back(part(g, loop.results.first(i), loop.results.type(i).shape));
    for (std::size_t i = 0; i < b.x.size(); ++i)
        if (xs[i]) r.y.push_back(of_taken[next_taken++]);
    for (const Var& sum : sums) {
        r.next.push_back(sum + of_taken[next_taken++]);
        of_r.init.push_back(zeros_like(graph, sum));
    }

    LoopOptions options = loop.options;
    options.reverse = !options.reverse;
    const RecordedLoop back = record_loop(graph, std::move(r), std::move(of_r), options);
    const ScanResult result = traced ? results_of(*back.loop, [&](DType d) { return scan_node(back, d); })
                                     : results_of_way_back(back, {shared, in});
    std::vector<Var> all(inputs.size());
    std::size_t next_carry = 0, next_y = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const std::size_t x = i - b.carry.size(), k = x - b.x.size();
        if (i < b.carry.size())
            all[i] = carries[i] ? result.carry[next_carry++] : Var();
        else if (x < b.x.size())
            all[i] = xs[x] ? result.ys[next_y++] : Var();
        else
            all[i] = captured[k] ? result.carry[next_carry++] : Var();
    }
    return all;
}

/// The tangent of the results of one dtype: a loop that carries tangents beside the carries.
Var push_forward(const ScanLoop& loop, DType dtype, bool traced, std::span<const Var> tangents,
                 std::span<const Var> inputs) {
    const GraphUse use(inputs[0]);
    Graph& graph = *use;
    const StepBody& b = loop.body;
    LoopInputs in = in_roles(loop, inputs);
    const LoopInputs given = in_roles(loop, tangents);
    const auto valid = [](const std::vector<Var>& vars) {
        std::vector<char> result;
        for (const Var& var : vars)
            result.push_back(var.valid());
        return result;
    };
    const std::vector<char> carries = floating(b.carry), xs = valid(given.xs), captured = valid(given.captured),
                            ys = flags_of_dtype(b.y, dtype), traces = flags_of_dtype(b.carry, dtype);
    const std::vector<Var> of_carry = stand_ins(graph, types_of(chosen(b.carry, carries))),
                           of_x = stand_ins(graph, types_of(chosen(b.x, xs))),
                           of_captured = stand_ins(graph, types_of(chosen(b.captured, captured)));
    const std::vector<Var> of_given = tangents_of(
        graph, joined(chosen(b.next, carries), chosen(b.y, ys)),
        joined(joined(chosen(b.carry, carries), chosen(b.x, xs)), chosen(b.captured, captured)),
        joined(joined(of_carry, of_x), of_captured));
    const auto first_y = of_given.begin() + static_cast<std::ptrdiff_t>(of_carry.size());

    StepBody r{.carry = joined(b.carry, of_carry),
               .x = joined(b.x, of_x),
               .captured = joined(b.captured, of_captured),
               .next = joined(b.next, {of_given.begin(), first_y}),
               .y = {first_y, of_given.end()}};
    for (std::size_t i = 0, next = 0; i < b.carry.size(); ++i) {
        if (!carries[i]) continue;
        in.init.push_back(given.init[i].valid() ? given.init[i] : zeros_like(graph, b.carry[i]));
        if (traced && traces[i]) r.y.push_back(of_carry[next]);
        ++next;
    }
    in.xs = joined(in.xs, chosen(given.xs, xs));
    in.captured = joined(in.captured, chosen(given.captured, captured));
    const RecordedLoop forward = record_loop(graph, std::move(r), std::move(in), loop.options);
    const ScanResult result = results_of(*forward.loop, [&](DType d) { return scan_node(forward, d); });

    std::vector<Var> parts;
    for (std::size_t i = 0, next = b.carry.size(); i < b.carry.size(); ++i)
        if (carries[i]) {
            if (traces[i]) parts.push_back(result.carry[next]);
            ++next;
        }
    return pack(joined(parts, result.ys));
}

} // namespace xgrad
