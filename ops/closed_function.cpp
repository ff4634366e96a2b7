#include <xgrad/ops/closed_function.hpp>

#include <xgrad/core/graph/graph.hpp>

namespace xgrad {

ClosedFunction::ClosedFunction(Graph& graph, const char* function, const char* argument,
                               const std::vector<Type>& arguments, const std::function<Vars(const Vars&)>& f,
                               Location where) {
    const Vars given = xgrad::stand_ins(graph, arguments, argument, where);
    const Trace trace(graph, function, where);
    const Vars results = f(given); // the user's own code: an error there has its own line
    const Call call(function, where);
    trace.check();
    require_of_tape(graph, function, "result", results, where);
    closed_ = trace.close(given, results);
}

std::vector<Var> ClosedFunction::operator()(const Vars& arguments, std::span<const Var> captured) const {
    const GraphUse use(arguments[0]);
    Vars to = arguments;
    to.insert(to.end(), captured.begin(), captured.end());
    return replaced(*use, closed_.body.gives, closed_.body.takes, to);
}

} // namespace xgrad
