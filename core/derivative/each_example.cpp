// Ops for which nothing better is known than to do one example after the other.

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <fmt/format.h>

#include <xgrad/core/derivative/batch.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {
namespace {

/// What the op of one example is, and which of its inputs are batched; the others are the same for all examples.
struct EachExample {
    const OpInfo* info;
    std::shared_ptr<const void> op;
    std::vector<char> batched;

    std::size_t hash() const { return reinterpret_cast<std::uintptr_t>(info) ^ info->hash(op.get()); }
    bool operator==(const EachExample& other) const {
        return info == other.info && batched == other.batched && info->equal(op.get(), other.op.get());
    }
    std::string str() const {
        const std::string one = info->describe ? info->describe(op.get()) : "";
        return one.empty() ? "for each example" : one + " for each example";
    }

    template <class Inputs>
    std::size_t examples(const Inputs& inputs) const { // Types, or arrays
        const auto first = static_cast<std::size_t>(std::find(batched.begin(), batched.end(), 1) - batched.begin());
        if constexpr (requires { inputs[0].type; })
            return inputs[first].type.shape[0];
        else
            return inputs[first].shape[0];
    }
    std::vector<Type> types_of_one(Types inputs) const {
        std::vector<Type> types(inputs.begin(), inputs.end());
        for (std::size_t k = 0; k < types.size(); ++k)
            if (batched[k]) types[k].shape = without_first(types[k].shape);
        return types;
    }
};

const EachExample& each_of(const void* op) { return *static_cast<const EachExample*>(op); }

Type infer(const void* op, Types inputs) {
    const EachExample& each = each_of(op);
    Type type = each.info->infer(each.op.get(), each.types_of_one(inputs));
    type.shape = with_first(each.examples(inputs), type.shape);
    return type;
}

// --- Running it ---------------------------------------------------------------------------------------------------

/// The first axis is stripped from the layout, and put back.
bool view(const void* op, const Layout& in, Layout& out) {
    const EachExample& each = each_of(op);
    Layout one{.shape = without_first(in.shape)}, result{.shape = without_first(out.shape)};
    std::copy(in.strides.begin() + 1, in.strides.end(), one.strides.begin());
    if (!each.info->view(each.op.get(), one, result)) return false;
    out.offset = in.offset + result.offset;
    out.strides[0] = in.strides[0];
    std::copy(result.strides.begin(), result.strides.end() - 1, out.strides.begin() + 1);
    return true;
}

/// An op by rows on whole arrays.
void eval_rows(const OpInfo& info, const void* op, ConstArrays in, Array out) {
    std::vector<Type> types;
    for (const ConstArray& x : in)
        types.push_back(x.type);
    if (out.shape().numel() == 0) return;
    const std::size_t rows = std::max<std::size_t>(1, info.row_count(op, types)), cols = out.shape().numel() / rows;
    Fault fault;
    Tile tile{.out = out.data,
              .out_stride = static_cast<std::int64_t>(cols),
              .rows = rows,
              .cols = cols,
              .op = op,
              .inner = in.empty() ? 0 : in[0].shape().numel() / rows,
              .fault = &fault};
    for (std::size_t k = 0; k < in.size(); ++k) {
        tile.in[k] = in[k].data;
        tile.in_stride[k] = info.whole >> k & 1 ? 0 : static_cast<std::int64_t>(in[k].shape().numel() / rows);
    }
    info.rowwise(op, types)(tile);
    const std::uint64_t position = fault.position;
    if (position == ~0ull) return;
    const std::int64_t value = in[static_cast<std::size_t>(info.fault_input)].pointer<std::int64_t>()[position];
    throw Error(fmt::format("{}: {}", info.name, info.fault(op, types, value, position)));
}

void eval(const void* op, ConstArrays in, Array out) {
    const EachExample& each = each_of(op);
    const std::size_t examples = each.examples(in);
    std::vector<ConstArray> one(in.begin(), in.end());
    std::vector<std::size_t> bytes(in.size());
    Array result = out;
    result.type.shape = without_first(out.shape());
    const std::size_t result_bytes = result.type.shape.numel() * size_of(out.dtype());
    for (std::size_t k = 0; k < in.size(); ++k)
        if (each.batched[k]) {
            one[k].type.shape = without_first(in[k].shape());
            bytes[k] = one[k].type.shape.numel() * size_of(in[k].dtype());
        }
    for (std::size_t example = 0; example < examples; ++example) {
        try {
            if (each.info->eval)
                each.info->eval(each.op.get(), one, result);
            else
                eval_rows(*each.info, each.op.get(), one, result);
        } catch (const Error& error) { // it knows places in one example
            throw Error(fmt::format("{}, in example {}", error.message(), example));
        }
        result.data = static_cast<std::byte*>(result.data) + result_bytes;
        for (std::size_t k = 0; k < in.size(); ++k)
            one[k].data = static_cast<const std::byte*>(one[k].data) + bytes[k];
    }
}

// --- Its derivatives: those of one example, of which a batch is made ----------------------------------------------

/// Stand-ins for one example of Vars that are batched; the others are themselves.
class Examples {
  public:
    Examples(Graph& graph, std::size_t examples) : graph_(graph) {
        request_.examples = examples;
        request_.first_own_draw = static_cast<std::uint32_t>(graph.size());
    }

    Var one_of(Var batch, bool batched) {
        if (!batched || !batch.valid()) return batch;
        const Type type = graph_.type(graph_.index(batch));
        request_.xs.push_back(graph_.placeholder({type.dtype, without_first(type.shape)}, {}, "an example of vmap"));
        request_.batches.push_back(batch);
        return request_.xs.back();
    }
    std::vector<Var> batch_of(std::vector<Var> ys) {
        request_.ys = std::move(ys);
        return xgrad::batch_of(graph_, request_);
    }

  private:
    Graph& graph_;
    BatchRequest request_;
};

std::size_t vjp(const void* op, Var g, Var y, std::span<const Var> x, std::span<Var> result) {
    const EachExample each = each_of(op);
    const GraphUse use(g);
    Graph& graph = *use;
    Examples examples(graph, graph.shape(graph.index(g))[0]);
    std::vector<Var> one, terms(result.size()), given;
    for (std::size_t k = 0; k < x.size(); ++k)
        one.push_back(examples.one_of(x[k], each.batched[k]));
    const Var one_g = examples.one_of(g, true), one_y = examples.one_of(y, true);
    const std::size_t count = each.info->vjp(each.op.get(), one_g, one_y, one, terms);
    for (std::size_t k = 0; k < terms.size(); ++k) {
        if (!terms[k].valid()) continue;
        const Shape input = one[k].shape(), adjoint = terms[k].shape();
        Shape both; // an adjoint may be larger than its input; a wrong one is told of by whoever asked for it
        given.push_back(broadcast(input, adjoint, both) && both == adjoint ? sum_to(terms[k], input) : terms[k]);
    }
    const std::vector<Var> batches = examples.batch_of(given);
    std::size_t next = 0;
    for (std::size_t k = 0; k < terms.size(); ++k)
        if (terms[k].valid()) result[k] = batches[next++];
    return count;
}

Var jvp(const void* op, std::span<const Var> tangents, Var y, std::span<const Var> x) {
    const EachExample each = each_of(op);
    const GraphUse use(y);
    Graph& graph = *use;
    Examples examples(graph, graph.shape(graph.index(y))[0]);
    std::vector<Var> one, one_tangents;
    for (std::size_t k = 0; k < x.size(); ++k) {
        one.push_back(examples.one_of(x[k], each.batched[k]));
        one_tangents.push_back(examples.one_of(tangents[k], each.batched[k]));
    }
    const Var one_y = examples.one_of(y, true), tangent = each.info->jvp(each.op.get(), one_tangents, one_y, one);
    if (!tangent.valid()) return {};
    return examples.batch_of({broadcast_to(tangent, one_y.shape())})[0];
}

/// In the plan's own copy, which has an op of its own.
void prepare(void* op, const Graph& graph, const CompileOptions& options) {
    EachExample& each = *static_cast<EachExample*>(op);
    const std::shared_ptr<void> own = copy_of(*each.info, each.op.get());
    each.info->prepare(own.get(), graph, options);
    each.op = own;
}

/// The table of the op for each example: by what the op of one example can.
OpInfo make_info(const OpInfo& one) {
    OpInfo info;
    detail::describe_struct<EachExample>(info);
    info.name = one.name;
    info.infer = infer;
    if (one.vjp) info.vjp = vjp;
    if (one.jvp) info.jvp = jvp;
    info.zero_derivative = one.zero_derivative;
    info.nondiff = one.nondiff;
    info.linear = one.linear;
    info.multilinear = one.multilinear;
    info.throws = one.throws || one.fault;
    if (one.prepare) info.prepare = prepare;
    if (one.view)
        info.view = view;
    else
        info.eval = eval;
    return info;
}

/// Tables are made once for each op, and stay.
const OpInfo& info_of(const OpInfo& one) {
    static std::mutex mutex;
    static std::map<const OpInfo*, OpInfo> tables;
    const std::lock_guard lock(mutex);
    const auto [at, is_new] = tables.try_emplace(&one);
    if (is_new) at->second = make_info(one);
    return at->second;
}

} // namespace

Var record_each_example(Graph& graph, const OpInfo& info, const void* op, const BatchedInputs& in) {
    EachExample each{&info, copy_of(info, op), {in.batched.begin(), in.batched.end()}};
    std::vector<std::uint32_t> inputs;
    for (std::size_t k = 0; k < in.x.size(); ++k) {
        const bool shown = info.view && k == 0; // what a view shows has the axis of the result
        inputs.push_back(graph.index(shown ? in.all(k) : in.x[k]));
        if (shown) each.batched[k] = 1;
    }
    return graph.var(graph.record(info_of(info), &each, inputs, {}));
}

} // namespace xgrad
