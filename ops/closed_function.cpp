#include <xgrad/ops/closed_function.hpp>

#include <xgrad/core/graph/graph.hpp>

namespace xgrad {

ClosedFunction::ClosedFunction(Graph& graph, const char* function, const char* argument,
                               const std::vector<Type>& arguments, const std::function<Vars(const Vars&)>& f,
                               Location where)
    : graph_(graph) {
    const Vars given = stand_ins(graph, arguments, argument, where);
    const Trace trace(graph, function, where);
    const Vars results = f(given); // the user's own code: an error there has its own line
    const Call call(function, where);
    trace.check();
    require_of_tape(graph, function, "result", results, where);
    ClosedBody closed = trace.close(given, results);
    const auto first = closed.body.takes.begin(), end = first + static_cast<std::ptrdiff_t>(given.size());
    arguments_.assign(first, end);
    of_captured_.assign(end, closed.body.takes.end());
    results_ = std::move(closed.body.gives);
    captured_ = std::move(closed.captured);
}

std::vector<Var> ClosedFunction::operator()(const Vars& arguments, std::span<const Var> captured) const {
    return replaced(graph_, results_, joined(arguments_, of_captured_),
                    joined(arguments, {captured.begin(), captured.end()}));
}

ClosedFunction ClosedFunction::followed_by(
    const std::function<Vars(const Vars& arguments, const Vars& results)>& more) const {
    return {graph_, arguments_, of_captured_, more(arguments_, results_)};
}

ClosedFunction ClosedFunction::with_vjp(const std::vector<char>& by_arguments,
                                        const std::vector<char>& by_captured) const {
    const Vars cotangents = stand_ins(graph_, types_of(results_));
    return {
        graph_, joined(arguments_, cotangents), of_captured_,
        joined(results_, adjoints(graph_, results_,
                                  joined(chosen(arguments_, by_arguments), chosen_captured(by_captured)), cotangents))};
}

ClosedFunction ClosedFunction::with_jvp(const std::vector<char>& by_arguments,
                                        const std::vector<char>& by_captured) const {
    const Vars of_arguments = stand_ins(graph_, types_of(chosen(arguments_, by_arguments))),
               of_captured = stand_ins(graph_, types_of(chosen_captured(by_captured)));
    return {graph_, joined(arguments_, of_arguments), joined(of_captured_, of_captured),
            joined(results_,
                   tangents_of(graph_, results_, joined(chosen(arguments_, by_arguments), chosen_captured(by_captured)),
                               joined(of_arguments, of_captured)))};
}

} // namespace xgrad
