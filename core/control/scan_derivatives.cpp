#include <algorithm>

#include <xgrad/core/control/scan_loop.hpp>
#include <xgrad/core/graph/ancestors.hpp>
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

/// What the adjoint of a body reads of its values, and is not computed from others by arithmetic alone: these are cheaper
/// computed again than kept, and masks and indices would be results of another dtype, in a node of their own. Carries are
/// values, what a step gets from outside is not.
class BodyValues {
  public:
    BodyValues(const Graph& graph, const StepBody& body, const std::vector<Var>& adjoints,
               const std::vector<Var>& cotangents)
        : graph_(graph), body_(flags(joined(joined(body.carry, body.x), body.captured), adjoints)),
          outside_(flags(joined(body.x, body.captured), adjoints, false)), seen_(body_.size()) {
        const std::vector<char> of_cotangents = flags(cotangents, adjoints);
        std::vector<std::uint32_t> ends;
        for (const Var& adjoint : adjoints)
            ends.push_back(graph.index(adjoint));
        const std::vector<char> needed = ancestors(graph, ends);
        for (std::uint32_t i = 0; i < needed.size(); ++i)
            if (needed[i] && of_cotangents[i])
                for (const std::uint32_t input : graph.inputs(i))
                    if (!of_cotangents[input]) visit(input);
        // What is read only by way of what has no derivative is kept without one: it may have no vjp.
        const std::size_t differentiable = values.size();
        while (!later_.empty()) {
            const std::uint32_t node = later_.back();
            later_.pop_back();
            visit(node);
        }
        kept = values;
        for (std::size_t i = differentiable; i < values.size(); ++i)
            if (is_floating(values[i].dtype())) kept[i] = stop_gradient(values[i]);
    }
    std::vector<Var> values;
    std::vector<Var> kept; // of each value, what the loop gives

  private:
    /// Of all nodes up to the last adjoint: whether they are among these, or follow from one.
    std::vector<char> flags(const std::vector<Var>& vars, const std::vector<Var>& adjoints, bool follow = true) const {
        std::uint32_t count = 0;
        for (const Var& adjoint : adjoints)
            count = std::max(count, graph_.index(adjoint) + 1);
        std::vector<char> result(count);
        for (const Var& var : vars)
            if (const std::uint32_t i = graph_.index(var); i < count) result[i] = 1;
        for (std::uint32_t i = 0; follow && i < count; ++i)
            for (const std::uint32_t input : graph_.inputs(i))
                result[i] |= result[input];
        return result;
    }
    bool is_cheap(std::uint32_t node) const {
        const OpInfo& info = *graph_.node(node).info;
        return info.view || info.symbol != 0 || info.negates || !is_floating(graph_.node(node).dtype);
    }
    void visit(std::uint32_t node) {
        if (seen_[node] || !body_[node] || outside_[node]) return;
        seen_[node] = 1;
        if (graph_.leaf(node) || !is_cheap(node)) {
            values.push_back(graph_.var(node));
            return;
        }
        const OpInfo& info = *graph_.node(node).info;
        const bool none = info.zero_derivative || !is_floating(graph_.node(node).dtype);
        for (std::size_t k = 0; k < graph_.inputs(node).size(); ++k)
            if (none || k < info.nondiff)
                later_.push_back(graph_.inputs(node)[k]);
            else
                visit(graph_.inputs(node)[k]);
    }

    const Graph& graph_;
    std::vector<char> body_, outside_, seen_;
    std::vector<std::uint32_t> later_; // read by way of what has no derivative
};

/// The loop with values of its body among its ys, which does the same steps.
RecordedLoop with_values(const Graph& graph, const LoopPtr& loop, const LoopInputs& inputs,
                         const std::vector<Var>& values) {
    ScanLoop::WithValues& known = loop->with_values;
    const bool same = known.loop && std::equal(values.begin(), values.end(), known.values.begin(), known.values.end(),
                                               [](const Var& a, const Var& b) { return a.is(b); });
    if (!same) {
        StepBody body = loop->body;
        body.y = joined(body.y, values);
        known = {values, std::make_shared<const ScanLoop>(std::move(body), loop->options)};
        known.loop->base = loop;
    }
    const RecordedLoop recorded{known.loop, inputs};
    for (const DType dtype : recorded.loop->results.dtypes())
        if (std::any_of(values.begin(), values.end(), [&](const Var& v) { return v.dtype() == dtype; }))
            add_fuller(graph, *loop, scan_node(recorded, dtype));
    return recorded;
}

} // namespace

/// A loop from the last step to the first. Its carries are the adjoints of the carries after a step, and the sums of
/// those of what the body captures.
std::vector<Var> pull_back(const LoopPtr& shared, DType dtype, Var g, std::span<const Var> inputs,
                           std::span<const char> wanted) {
    const GraphUse use(g);
    Graph& graph = *use;
    const ScanLoop& loop = *shared;
    const StepBody& b = loop.body;
    const LoopInputs in = in_roles(loop, inputs);
    const std::vector<char> carries = floating(b.carry), xs = flags_of(wanted, b.carry.size(), b.x),
                            captured = flags_of(wanted, b.carry.size() + b.x.size(), b.captured),
                            ys = flags_of_dtype(b.y, dtype);
    const std::vector<Var> of_next = stand_ins(graph, types_of(chosen(b.next, carries))),
                           of_y = stand_ins(graph, types_of(chosen(b.y, ys))),
                           sums = stand_ins(graph, types_of(chosen(b.captured, captured)));
    std::vector<Var> of_taken = adjoints(
        graph, joined(chosen(b.next, carries), chosen(b.y, ys)),
        joined(joined(chosen(b.carry, carries), chosen(b.x, xs)), chosen(b.captured, captured)), joined(of_next, of_y));

    const BodyValues read(graph, b, of_taken, joined(of_next, of_y));
    const std::vector<Var> shown = stand_ins(graph, types_of(read.values));
    of_taken = replaced(graph, of_taken, read.values, shown);
    const RecordedLoop with = with_values(graph, shared, in, read.kept);

    StepBody r{.carry = joined(of_next, sums),
               .x = joined(joined(shown, b.x), of_y),
               .captured = b.captured,
               .next = {},
               .y = {}};
    LoopInputs of_r{.init = {}, .xs = {}, .captured = in.captured};
    const Packing& all_results = with.loop->results;
    for (std::size_t i = loop.results.size(); i < all_results.size(); ++i) {
        const Type& type = all_results.type(i);
        of_r.xs.push_back(part(scan_node(with, type.dtype), all_results.first(i), type.shape));
    }
    of_r.xs = joined(of_r.xs, in.xs);
    for (std::size_t i = 0; i < loop.results.size(); ++i) {
        const Type& type = loop.results.type(i);
        const Var given = type.dtype == dtype ? part(g, loop.results.first(i), type.shape) : Var();
        if (i >= loop.carries) {
            if (given.valid()) of_r.xs.push_back(given);
        } else if (carries[i])
            of_r.init.push_back(given.valid() ? given : zeros_like(graph, b.carry[i]));
    }
    auto next = of_taken.begin();
    for (std::size_t i = 0; i < of_next.size(); ++i)
        r.next.push_back(*next++);
    for (const char flag : xs)
        if (flag) r.y.push_back(*next++);
    for (const Var& sum : sums) {
        r.next.push_back(sum + *next++);
        of_r.init.push_back(zeros_like(graph, sum));
    }

    LoopOptions options = loop.options;
    options.reverse = !options.reverse;
    const RecordedLoop back = record_loop(graph, std::move(r), std::move(of_r), options);
    const ScanResult result = results_of_way_back(back, {shared, in}, with, shown);
    std::vector<Var> all;
    auto carry = result.carry.begin(), y = result.ys.begin();
    for (const char flag : carries)
        all.push_back(flag ? *carry++ : Var());
    for (const char flag : xs)
        all.push_back(flag ? *y++ : Var());
    for (const char flag : captured)
        all.push_back(flag ? *carry++ : Var());
    return all;
}

/// The tangent of the results of one dtype: a loop that carries tangents beside the carries.
Var push_forward(const ScanLoop& loop, DType dtype, std::span<const Var> tangents, std::span<const Var> inputs) {
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
                            ys = flags_of_dtype(b.y, dtype), own = flags_of_dtype(b.carry, dtype);
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
    for (std::size_t i = 0; i < b.carry.size(); ++i)
        if (carries[i]) in.init.push_back(given.init[i].valid() ? given.init[i] : zeros_like(graph, b.carry[i]));
    in.xs = joined(in.xs, chosen(given.xs, xs));
    in.captured = joined(in.captured, chosen(given.captured, captured));
    const RecordedLoop forward = record_loop(graph, std::move(r), std::move(in), loop.options);
    const ScanResult result = results_of(*forward.loop, [&](DType d) { return scan_node(forward, d); });

    std::vector<Var> parts;
    for (std::size_t i = 0, next = b.carry.size(); i < b.carry.size(); ++i)
        if (carries[i]) {
            if (own[i]) parts.push_back(result.carry[next]);
            ++next;
        }
    return pack(joined(parts, result.ys));
}

} // namespace xgrad
