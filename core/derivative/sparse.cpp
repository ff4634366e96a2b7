#include <xgrad/core/sparse.hpp>

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include <xgrad/core/derivative/batch.hpp>
#include <xgrad/core/derivative/colouring.hpp>
#include <xgrad/core/derivative/dependence.hpp>
#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph/constants.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {

std::vector<std::int64_t> Sparsity::rows_of() const {
    std::vector<std::int64_t> result;
    result.reserve(count());
    for (std::size_t row = 0; row < rows; ++row)
        result.insert(result.end(), static_cast<std::size_t>(row_starts[row + 1] - row_starts[row]),
                      static_cast<std::int64_t>(row));
    return result;
}

namespace {

Sparsity pattern_of(const Sets& rows, std::size_t columns) {
    Sparsity result{.rows = rows.size(), .columns = columns, .row_starts = {0}, .columns_of = {}};
    for (std::size_t row = 0; row < rows.size(); ++row) {
        result.columns_of.insert(result.columns_of.end(), rows[row].begin(), rows[row].end());
        result.row_starts.push_back(static_cast<std::int64_t>(result.columns_of.size()));
    }
    return result;
}

/// Some elements of an array, by their places in row-major order, as a vector; and the adjoint of that.
struct PutElements;
struct Elements {
    static constexpr auto name = "elements";
    static constexpr bool linear = true;
    std::shared_ptr<const std::vector<std::size_t>> places;

    Shape shape(Types) const { return Shape(places->size()); }
    void eval(ConstArrays in, Array out) const {
        detail::visit(out.dtype(), [&]<class T>(T) {
            for (std::size_t i = 0; i < places->size(); ++i)
                out.pointer<T>()[i] = in[0].pointer<T>()[(*places)[i]];
        });
    }
    Var vjp(Var g, Var, Var x) const;
    std::size_t hash() const { return std::hash<const void*>{}(places.get()); }
    bool operator==(const Elements&) const = default;
};
struct PutElements {
    static constexpr auto name = "put_elements";
    static constexpr bool linear = true;
    Elements of;
    Shape to;

    Shape shape(Types) const { return to; }
    void eval(ConstArrays in, Array out) const {
        detail::visit(out.dtype(), [&]<class T>(T) {
            std::fill_n(out.pointer<T>(), to.numel(), T(0));
            for (std::size_t i = 0; i < of.places->size(); ++i)
                out.pointer<T>()[(*of.places)[i]] += in[0].pointer<T>()[i];
        });
    }
    Var vjp(Var g, Var, Var) const { return record(of, g); }
    std::size_t hash() const { return of.hash(); }
    bool operator==(const PutElements&) const = default;
};
Var Elements::vjp(Var g, Var, Var x) const { return record(PutElements{*this, x.shape()}, g); }

/// The sums of the unit arrays of each group: (groups, shape...)
Var seeds_of(Graph& graph, const Groups& groups, const Type& type, Location where) {
    const std::size_t numel = type.shape.numel();
    const Type all{type.dtype, with_first(groups.count, type.shape)};
    const auto [seeds, elements] = new_constant(graph, all, where);
    detail::visit(type.dtype, [&, to = elements]<class T>(T) {
        T* const data = reinterpret_cast<T*>(to);
        std::fill_n(data, all.shape.numel(), T(0));
        for (std::size_t i = 0; i < numel; ++i)
            data[groups.of[i] * numel + i] = T(1);
    });
    return seeds;
}

/// The elements of the matrix out of its products with the seeds. `derivative` of one stand-in is a row of products.
Var decompressed(Graph& graph, std::size_t rows, const Groups& groups, Var stand_in, Var derivative, Location where) {
    const Var seeds = seeds_of(graph, groups, graph.type(graph.index(stand_in)), where);
    const Var products = batch_of(graph, {{derivative}, {stand_in}, {seeds}, groups.count})[0];
    return record(Elements{std::make_shared<const std::vector<std::size_t>>(groups.places)},
                  reshape_to(products, Shape(groups.count, rows)));
}

void check(const char* function, Var y, Var x, bool single, Location where) {
    for (const Var& var : {y, x})
        if (!is_floating(var.dtype()))
            throw Error(fmt::format("{}: there is no derivative of or by {} {}; both must be float32 or float64 Vars",
                                    function, name(var.dtype()), var.shape().str()),
                        where);
    if (single && y.shape().numel() != 1)
        throw Error(fmt::format("{}: y is {}; it must be one number", function, y.shape().str()), where);
}

std::array<Var, 2> both(Var y, Var x) { return {y, x}; }

SparseMatrix by_columns(Graph& graph, Sparsity places, const Groups& groups, Var y, Var x, Location where) {
    const Var tangent = graph.placeholder(graph.type(graph.index(x)), where);
    const Var values = decompressed(graph, places.rows, groups, tangent, jvp({y}, {x}, {tangent}, where)[0], where);
    return {std::move(places), values, groups.count};
}

} // namespace

Sparsity jacobian_sparsity(Var y, Var x, Location where) {
    const Call call("jacobian_sparsity", where);
    const GraphUse graph(both(y, x), "jacobian_sparsity", where);
    check("jacobian_sparsity", y, x, false, where);
    return pattern_of(dependence(*graph, graph->index(y), graph->index(x)), x.shape().numel());
}

Sparsity hessian_sparsity(Var y, Var x, Location where) {
    const Call call("hessian_sparsity", where);
    const GraphUse graph(both(y, x), "hessian_sparsity", where);
    check("hessian_sparsity", y, x, true, where);
    return pattern_of(interactions(*graph, graph->index(y), graph->index(x)), x.shape().numel());
}

SparseMatrix sparse_jacobian(Var y, Var x, const JacobianOptions& options, Location where) {
    const Call call("sparse_jacobian", where);
    const GraphUse graph(both(y, x), "sparse_jacobian", where);
    Sparsity places = jacobian_sparsity(y, x, where);
    if (places.count() == 0) return {std::move(places), zeros_of(*graph, {y.dtype(), Shape(0)})};
    const Sparsity turned = transposed(places);
    const Groups columns = groups_of_columns(places), rows = groups_of_columns(turned);
    const bool forward = options.mode == JacobianMode::automatic ? columns.count <= rows.count
                                                                 : options.mode == JacobianMode::forward;
    if (forward) return by_columns(*graph, std::move(places), columns, y, x, where);
    // The transposed matrix by its columns; its elements are in the order of x.
    const Var cotangent = graph->placeholder(graph->type(graph->index(y)), where);
    const Var by_x = decompressed(*graph, turned.rows, rows, cotangent, vjp({y}, {x}, {cotangent}, where)[0], where);
    auto order = std::make_shared<std::vector<std::size_t>>(places.count());
    std::vector<std::int64_t> next(turned.row_starts.begin(), turned.row_starts.end() - 1);
    for (std::size_t i = 0; i < places.count(); ++i)
        (*order)[i] = static_cast<std::size_t>(next[static_cast<std::size_t>(places.columns_of[i])]++);
    return {std::move(places), record(Elements{std::move(order)}, by_x), rows.count};
}

SparseMatrix sparse_hessian(Var y, Var x, Location where) {
    const Call call("sparse_hessian", where);
    const GraphUse graph(both(y, x), "sparse_hessian", where);
    Sparsity places = hessian_sparsity(y, x, where);
    if (places.count() == 0) return {std::move(places), zeros_of(*graph, {y.dtype(), Shape(0)})};
    const Groups groups = groups_of_symmetric(places);
    return by_columns(*graph, std::move(places), groups, gradient(y, x, where), x, where);
}

} // namespace xgrad
