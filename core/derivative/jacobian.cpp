#include <xgrad/core/jacobian.hpp>

#include <fmt/format.h>

#include <xgrad/core/derivative/batch.hpp>
#include <xgrad/core/derivative/identity.hpp>
#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/graph/structural_ops.hpp>

namespace xgrad {
namespace {

Shape joined(const Shape& a, const Shape& b) {
    Shape result = a;
    for (const std::size_t extent : b)
        result.append(static_cast<std::int64_t>(extent));
    return result;
}

/// Each array of a shape that has a one in one place, along a first axis.
Var unit_arrays(Graph& graph, const Type& type) {
    const std::size_t count = type.shape.numel();
    return reshape_to(identity_matrix(graph, count, type.dtype), joined(Shape(count), type.shape));
}

/// The first axis goes to the end, and takes the shape of x.
Var columns_last(Var columns, const Shape& y, const Shape& x) {
    Dims axes;
    for (std::size_t axis = 1; axis <= y.rank(); ++axis)
        axes.push_back(static_cast<std::int64_t>(axis));
    axes.push_back(0);
    return reshape_to(y.rank() == 0 ? columns : record(Transpose{axes}, columns), joined(y, x));
}

/// What both modes do: the derivatives along one stand-in, and a batch of them for all arrays that have a one in one
/// place.
std::vector<Var> along_units(Graph& graph, Var stand_in, std::vector<Var> derivatives) {
    const Type type = graph.type(graph.index(stand_in));
    return batch_of(graph, {std::move(derivatives), {stand_in}, {unit_arrays(graph, type)}, type.shape.numel()});
}

std::vector<Var> forward(Graph& graph, const std::vector<Var>& ys, Var x, Location where) {
    const Type type = graph.type(graph.index(x));
    const Var tangent = graph.placeholder(type, where);
    std::vector<Var> result = along_units(graph, tangent, jvp(ys, {x}, {tangent}, where));
    for (std::size_t i = 0; i < ys.size(); ++i)
        result[i] = columns_last(result[i], ys[i].shape(), type.shape);
    return result;
}

std::vector<Var> reverse(Graph& graph, Var y, const std::vector<Var>& xs, Location where) {
    const Type type = graph.type(graph.index(y));
    const Var cotangent = graph.placeholder(type, where);
    std::vector<Var> result = along_units(graph, cotangent, vjp({y}, xs, {cotangent}, where));
    for (std::size_t i = 0; i < xs.size(); ++i)
        result[i] = reshape_to(result[i], joined(type.shape, xs[i].shape()));
    return result;
}

void check(const char* function, Var y, const std::vector<Var>& xs, Location where) {
    if (!is_floating(y.dtype()))
        throw Error(fmt::format("{}: y is {} {}, which has no derivative; it must be made of float32 or float64 Vars",
                                function, name(y.dtype()), y.shape().str()),
                    where);
    for (const Var& x : xs)
        if (y.shape().rank() + x.shape().rank() > max_rank)
            throw Error(fmt::format("{}: of {} by {} it has {} axes, and arrays have at most {}; reshape y, or what x "
                                    "is made of, into fewer axes",
                                    function, y.shape().str(), x.shape().str(), y.shape().rank() + x.shape().rank(),
                                    max_rank),
                        where);
}

} // namespace

std::vector<Var> jacobian(Var y, const std::vector<Var>& xs, const JacobianOptions& options, Location where) {
    if (xs.empty()) return {};
    const Call call("jacobian", where);
    std::vector<Var> all = xs;
    all.push_back(y);
    const GraphUse use(all, "jacobian", where);
    Graph& graph = *use;
    check("jacobian", y, xs, where);
    const std::size_t rows = y.shape().numel();
    std::size_t columns = 0;
    for (const Var& x : xs)
        columns += x.shape().numel();
    // Of as many, rows are cheaper: they need no transposition at the end.
    const bool by_columns = options.mode == JacobianMode::automatic ? columns < rows
                                                                    : options.mode == JacobianMode::forward;
    if (!by_columns) return reverse(graph, y, xs, where);
    std::vector<Var> result;
    for (const Var& x : xs)
        result.push_back(forward(graph, {y}, x, where)[0]);
    return result;
}

Var jacobian(Var y, Var x, const JacobianOptions& options, Location where) {
    return jacobian(y, std::vector<Var>{x}, options, where)[0];
}

std::vector<std::vector<Var>> hessian(Var y, const std::vector<Var>& xs, Location where) {
    if (xs.empty()) return {};
    const Call call("hessian", where);
    const GraphUse use(xs, "hessian", where);
    const std::vector<Var> gradients = gradient(y, xs, where);
    std::vector<std::vector<Var>> result(xs.size(), std::vector<Var>(xs.size()));
    for (const Var& g : gradients)
        check("hessian", g, xs, where);
    for (std::size_t j = 0; j < xs.size(); ++j) {
        const std::vector<Var> columns = forward(*use, gradients, xs[j], where);
        for (std::size_t i = 0; i < xs.size(); ++i)
            result[i][j] = columns[i];
    }
    return result;
}

Var hessian(Var y, Var x, Location where) { return hessian(y, std::vector<Var>{x}, where)[0][0]; }

} // namespace xgrad
