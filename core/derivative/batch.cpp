#include <xgrad/core/derivative/batch.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/graph/constants.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {
namespace {

/// A node of the example, and its inputs for a batch of them. Copied out, because recording moves the nodes.
struct Example {
    Graph& graph;
    const OpInfo& info;
    const void* op;
    Type type;               // of one example
    std::vector<Type> types; // of its inputs
    BatchedInputs in;

    Var record(const void* with, std::span<const Var> x) const {
        std::vector<std::uint32_t> inputs;
        for (const Var& input : x)
            inputs.push_back(graph.index(input));
        return graph.var(graph.record(info, with, inputs, {}));
    }
};

// --- One rule for each form ---------------------------------------------------------------------------------------

/// All examples have as many axes behind the first one as the result has: then broadcasting does it.
Var batch_elementwise(const Example& e) {
    std::vector<Var> x;
    for (std::size_t k = 0; k < e.in.x.size(); ++k)
        x.push_back(e.in.aligned(k, e.type.shape.rank()));
    return e.record(e.op, x);
}

Var batch_reduction(const Example& e) {
    if (e.info.axes(e.op)->empty()) return e.in.x[0]; // of no axes: the elements themselves
    const std::shared_ptr<void> op = copy_of(e.info, e.op);
    Dims& axes = const_cast<Dims&>(*e.info.axes(op.get())); // of the copy, which is ours
    for (std::size_t i = 0; i < axes.size(); ++i)
        ++axes[i];
    return e.record(op.get(), e.in.x);
}

/// Leading axes of the matrices broadcast.
Var batch_contraction(const Example& e) {
    const std::size_t rank = std::max(e.types[0].shape.rank(), e.types[1].shape.rank());
    return e.record(e.op, std::array{e.in.aligned(0, rank), e.in.aligned(1, rank)});
}

/// The rows of all examples one after the other, if the op says that it does not matter what stands in front of its
/// rows; else no Var.
Var batch_rowwise(const Example& e) {
    if (!e.info.leading_axes) return {};
    std::vector<Var> x;
    std::vector<Type> types;
    for (std::size_t k = 0; k < e.in.x.size(); ++k) {
        const bool whole = e.info.whole >> k & 1;
        if (whole && e.in.batched[k]) return {};
        x.push_back(whole ? e.in.x[k] : e.in.all(k));
        types.push_back(e.graph.type(e.graph.index(x.back())));
    }
    try { // an op may take no more axes than the example has
        if (e.info.infer(e.op, types) != Type{e.type.dtype, e.in.batch_of(e.type.shape)} ||
            e.info.row_count(e.op, types) != e.in.examples * e.info.row_count(e.op, e.types))
            return {};
    } catch (const Error&) { return {}; }
    return e.record(e.op, x);
}

Var batch_by_form(const Example& e) {
    if (e.info.elementwise) return batch_elementwise(e);
    if (e.info.reduction) return batch_reduction(e);
    if (e.info.contraction) return batch_contraction(e);
    const Var rows = e.info.rowwise ? batch_rowwise(e) : Var{};
    return rows.valid() ? rows : record_each_example(e.graph, e.info, e.op, e.in); // of a view, and of opaque ops
}

// --- The walk -----------------------------------------------------------------------------------------------------

class Batch {
  public:
    Batch(Graph& graph, const BatchRequest& request) : graph_(graph), request_(request), caller_(detail::caller) {}

    std::vector<Var> run() {
        find_range();
        const detail::CallerScope scope({.where = caller_.where}); // errors in an op's own rule name what that calls
        for (std::uint32_t i = low_; i < low_ + batch_.size(); ++i)
            if (needed_[i - low_] && !batch_of(i).valid()) walk(i);
        std::vector<Var> result;
        for (const Var& y : request_.ys) {
            const Var all = batch_of(graph_.index(y));
            result.push_back(all.valid() ? all : repeated(y));
        }
        return result;
    }

  private:
    /// From the first x on; nodes that some y follows from.
    void find_range() {
        low_ = request_.first_own_draw;
        std::uint32_t high = 0;
        for (const Var& x : request_.xs)
            low_ = std::min(low_, graph_.index(x));
        for (const Var& y : request_.ys)
            high = std::max(high, graph_.index(y));
        const std::size_t count = high < low_ ? 0 : high - low_ + 1;
        needed_.assign(count, 0);
        batch_.assign(count, {});
        for (const Var& y : request_.ys)
            if (const std::uint32_t i = graph_.index(y); i >= low_) needed_[i - low_] = 1;
        for (std::size_t n = count; n-- > 0;)
            if (needed_[n])
                for (const std::uint32_t input : graph_.inputs(low_ + static_cast<std::uint32_t>(n)))
                    if (input >= low_) needed_[input - low_] = 1;
        for (std::size_t k = 0; k < request_.xs.size(); ++k)
            if (const std::uint32_t i = graph_.index(request_.xs[k]); i - low_ < count)
                batch_[i - low_] = request_.batches[k];
    }

    /// None if it is the same for all examples.
    Var batch_of(std::uint32_t node) const {
        return node >= low_ && node - low_ < batch_.size() ? batch_[node - low_] : Var{};
    }

    Var repeated(Var y) {
        const std::uint32_t node = graph_.index(y);
        check_rank(node);
        detail::caller.where = graph_.node(node).where;
        return broadcast_to(y, with_first(request_.examples, graph_.shape(node)));
    }

    void walk(std::uint32_t i) {
        std::vector<Var> x;
        std::vector<char> batched;
        std::vector<Type> types;
        for (const std::uint32_t input : graph_.inputs(i)) {
            const Var all = batch_of(input);
            batched.push_back(all.valid());
            x.push_back(all.valid() ? all : graph_.var(input));
            types.push_back(graph_.type(input));
        }
        const Node node = graph_.node(i);
        const bool draws = node.info->advance && i >= request_.first_own_draw;
        if (!draws && std::find(batched.begin(), batched.end(), 1) == batched.end()) return;
        detail::caller.where = node.where;
        check_rank(i);
        const Example e{graph_, *node.info, node.op, graph_.type(i), types, {request_.examples, x, batched}};
        if (e.info.waits) { // the second input is there to be waited for
            const Var y = e.record(e.op, x);
            if (batched[0]) batch_[i - low_] = y;
            return;
        }
        Var& y = batch_[i - low_];
        if (request_.examples == 0) {
            y = zeros_of(graph_, {e.type.dtype, e.in.batch_of(e.type.shape)});
            return;
        }
        if (e.info.vmap) y = e.info.vmap(e.op, e.in);
        if (!y.valid() && e.info.advance)
            fail(i,
                 "which draws random numbers and has no vmap of its own for such inputs; give it one, or draw before "
                 "the function and pass the numbers to it");
        if (!y.valid()) y = batch_by_form(e);
        check(i, y);
    }

    void check(std::uint32_t i, Var y) const {
        const Type expected{graph_.node(i).dtype, with_first(request_.examples, graph_.shape(i))};
        if (!graph_.has(y)) fail(i, "whose vmap gave a Var that is not on its tape");
        if (const Type type = graph_.type(graph_.index(y)); type != expected)
            fail(i, fmt::format("whose vmap gave {} {}; of {} examples it must give {} {}", name(type.dtype),
                                type.shape.str(), request_.examples, name(expected.dtype), expected.shape.str()));
    }

    void check_rank(std::uint32_t i) const {
        if (graph_.shape(i).rank() == max_rank)
            fail(i, fmt::format("whose result is {}; with the axis of the examples it would have {} axes, and arrays "
                                "have at most {}",
                                graph_.shape(i).str(), max_rank + 1, max_rank));
    }

    [[noreturn]] void fail(std::uint32_t i, const std::string& what) const {
        const std::string message = fmt::format("the function uses {}, recorded at {}, {}", graph_.node(i).info->name,
                                                graph_.node(i).where.str(), what);
        const detail::CallerScope scope(caller_);
        throw Error(message);
    }

    Graph& graph_;
    const BatchRequest& request_;
    const detail::Caller caller_;
    std::uint32_t low_ = 0;
    std::vector<char> needed_; // some y follows from it
    std::vector<Var> batch_;   // of all examples; none where it is the same for all
};

} // namespace

std::vector<Var> batch_of(Graph& graph, const BatchRequest& request) { return Batch(graph, request).run(); }

Shape with_first(std::size_t extent, const Shape& shape) { return BatchedInputs{extent, {}, {}}.batch_of(shape); }

Shape without_first(const Shape& shape) {
    Shape result;
    for (std::size_t axis = 1; axis < shape.rank(); ++axis)
        result.append(static_cast<std::int64_t>(shape[axis]));
    return result;
}

std::shared_ptr<void> copy_of(const OpInfo& info, const void* op) {
    const std::align_val_t align{info.align};
    void* const room = ::operator new(std::max<std::size_t>(info.size, 1), align);
    try {
        info.copy(room, op);
    } catch (...) {
        ::operator delete(room, align);
        throw;
    }
    return {room, [destroy = info.destroy, align](void* copy) {
                if (destroy) destroy(copy);
                ::operator delete(copy, align);
            }};
}

} // namespace xgrad
