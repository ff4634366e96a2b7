#include <xgrad/core/tape.hpp>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/compile.hpp>
#include <xgrad/core/graph.hpp>

namespace xgrad {

const Shape& Var::shape(Location where) const {
    const Graph& graph = Graph::of(*this, where);
    return graph.shape(Graph::known_index(*this));
}
DType Var::dtype(Location where) const { return Graph::of(*this, where).node(Graph::known_index(*this)).dtype; }
Tape& Var::tape(Location where) const { return Graph::of(*this, where).tape(); }

namespace {
const Graph& graph_of(const Operand& x) {
    if (x.is_number) throw Error("a number stands where a Var is needed; make one with tape.constant(...)", x.where);
    return Graph::of(x.var, x.where);
}
} // namespace

const Shape& Operand::shape() const {
    const Graph& graph = graph_of(*this);
    return graph.shape(graph.index(var));
}
DType Operand::dtype() const {
    const Graph& graph = graph_of(*this);
    return graph.node(graph.index(var)).dtype;
}

Tape::Tape(TapeOptions options) : graph_(std::make_unique<Graph>(*this, options)) {}
Tape::~Tape() = default;

const char* Tape::name_of(LeafKind kind) {
    constexpr const char* names[] = {"input", "constant", "parameter", "state"};
    return names[static_cast<std::size_t>(kind)];
}

std::shared_ptr<Leaf> Tape::new_leaf(LeafKind kind, DType dtype, const Shape& shape, std::string name, Location where) {
    const OneUser::Inside inside(graph_->user, "a tape", where);
    if (kind == LeafKind::parameter || kind == LeafKind::state)
        graph_->refuse_in_trace(kind == LeafKind::parameter ? "parameter" : "state", where);
    return make_leaf(kind, dtype, shape, std::move(name), where);
}

std::shared_ptr<Leaf> Tape::make_leaf(LeafKind kind, DType dtype, const Shape& shape, std::string name,
                                      Location where) {
    if (name.empty() && (kind == LeafKind::parameter || kind == LeafKind::state)) {
        const char* stem = kind == LeafKind::parameter ? "parameter" : "state";
        name = fmt::format("{}{}", stem, graph_->leaf_count(kind));
    }
    const Call call(name_of(kind), where);
    shape.check();
    if (!name.empty()) name = graph_->unique_name(name);
    auto leaf = std::make_shared<Leaf>(Leaf{kind, {dtype, shape}, std::move(name), nullptr});
    if (kind != LeafKind::input) leaf->buffer = std::make_shared<Buffer>(shape.numel() * size_of(dtype));
    return leaf;
}

void* Tape::elements(const Leaf& leaf) { return leaf.buffer->data(); }

Var Tape::record_leaf(std::shared_ptr<Leaf> leaf, Location where) {
    const OneUser::Inside inside(graph_->user, "a tape", where);
    return graph_->var(graph_->record_leaf(std::move(leaf), where));
}

Var Tape::input(DType dtype, const Shape& shape, std::string name, Location where) {
    return record_leaf(new_leaf(LeafKind::input, dtype, shape, std::move(name), where), where);
}

Var Tape::scalar(DType dtype, double number, std::int64_t integer, bool is_integer, Location where) {
    const OneUser::Inside inside(graph_->user, "a tape", where);
    return graph_->var(graph_->record_scalar(dtype, number, integer, is_integer, where));
}

Var Tape::slot(const std::string& name, DType dtype, const Shape& shape, double initial, Location where) {
    const Call call("slot", where);
    const OneUser::Inside inside(graph_->user, "a tape", where);
    Graph::Slot* slot = graph_->named_slot(name);
    if (!slot) {
        const std::shared_ptr<Leaf> made = make_leaf(LeafKind::state, dtype, shape, name, where);
        auto fill = [&]<class T>(T* out) { std::fill_n(out, shape.numel(), static_cast<T>(initial)); };
        switch (dtype) {
        case DType::float32: fill(static_cast<float*>(elements(*made))); break;
        case DType::float64: fill(static_cast<double*>(elements(*made))); break;
        case DType::int64: fill(static_cast<std::int64_t*>(elements(*made))); break;
        case DType::uint8: fill(static_cast<std::uint8_t*>(elements(*made))); break;
        }
        graph_->add_slot(name, {made, Node::no_node});
        slot = graph_->named_slot(name);
    }
    if (const Type& type = slot->leaf->type; type != Type{dtype, shape})
        throw Error(fmt::format("slot: \"{}\" is {} {}, and was asked for as {} {}; give the two different names", name,
                                xgrad::name(type.dtype), type.shape.str(), xgrad::name(dtype), shape.str()),
                    where);
    // Its node may be still to be recorded, or a rewind has taken it away, not its array.
    const bool stands = slot->node < graph_->size() && graph_->leaf(slot->node) == slot->leaf.get();
    if (!stands) slot->node = graph_->record_leaf(slot->leaf, where);
    return graph_->var(slot->node);
}

void* Tape::writable(Var leaf, Location where) {
    const Call call("assign", where);
    const OneUser::Inside inside(graph_->user, "a tape", where);
    graph_->refuse_in_trace("assign", where);
    const std::uint32_t i = graph_->index(leaf, where);
    const Leaf* l = graph_->leaf(i);
    if (!l || !l->buffer)
        throw Error("assign: only a parameter, a state or a constant array can be assigned; this Var is an input or "
                    "the result of an op",
                    where);
    ++graph_->shared_leaf(i)->version;
    return l->buffer->data();
}

void Tape::fail_assign(Var leaf, const Shape& shape, DType dtype, Location where) const {
    const std::uint32_t i = graph_->index(leaf);
    throw Error(
        fmt::format("assign: \"{}\" is {} {}, was given {} {}; the shapes must be equal, and real numbers do not "
                    "fit an integer array",
                    graph_->leaf(i)->name, xgrad::name(leaf.dtype()), leaf.shape().str(), xgrad::name(dtype),
                    shape.str()),
        where);
}

namespace {
std::vector<Var> to_vars(const Graph& graph, const std::vector<std::uint32_t>& nodes) {
    std::vector<Var> result;
    for (const std::uint32_t i : nodes)
        result.push_back(graph.var(i));
    return result;
}
} // namespace

std::vector<Var> Tape::parameters() const { return to_vars(*graph_, graph_->leaves(LeafKind::parameter)); }
std::vector<Var> Tape::states() const { return to_vars(*graph_, graph_->leaves(LeafKind::state)); }

const std::string& Tape::name(Var var) const {
    static const std::string none;
    const Leaf* leaf = graph_->leaf(graph_->index(var));
    return leaf ? leaf->name : none;
}

Mark Tape::mark() const { return graph_->mark(); }
void Tape::rewind(Mark mark, Location where) {
    const Call call("rewind", where);
    const OneUser::Inside inside(graph_->user, "a tape", where);
    graph_->rewind(mark);
}
std::size_t Tape::size() const { return graph_->size(); }

void Tape::check_numerics(bool on) { graph_->check_numerics(on); }

namespace {

/// The updates of the states that the step draws from, but for those that it updates itself.
std::vector<Update> advances(Graph& graph, const Step& step) {
    std::vector<char> needed(graph.size());
    for (const Var& output : step.outputs)
        if (output.valid()) needed[graph.index(output)] = 1;
    for (const Update& update : step.updates)
        needed[graph.index(update.next)] = 1;
    std::vector<std::pair<Var, Var (*)(Var)>> states;
    auto known = [&](Var state) {
        auto same = [&](const auto& other) { return state.is(other); };
        return std::any_of(step.updates.begin(), step.updates.end(), [&](const Update& u) { return same(u.leaf); }) ||
               std::any_of(states.begin(), states.end(), [&](const auto& s) { return same(s.first); });
    };
    for (std::uint32_t i = static_cast<std::uint32_t>(needed.size()); i-- > 0;) {
        if (!needed[i]) continue;
        const OpInfo& info = *graph.node(i).info;
        for (const std::uint32_t input : graph.inputs(i))
            needed[input] = 1;
        if (!info.advance) continue;
        std::uint32_t state = graph.inputs(i)[static_cast<std::size_t>(info.state_input)];
        while (graph.node(state).info->view) // a draw that is made again in the backward pass sees it through one
            state = graph.inputs(state)[0];
        const Leaf* leaf = graph.leaf(state);
        if (leaf && leaf->kind == Tape::LeafKind::state && !known(graph.var(state)))
            states.emplace_back(graph.var(state), info.advance);
    }
    std::vector<Update> result;
    for (const auto& [state, advance] : states)
        result.push_back({state, advance(state)});
    return result;
}

} // namespace

Program Tape::compile(const Step& step, const std::vector<Var>& inputs, CompileOptions options, Location where) {
    const Call call("compile", where);
    const OneUser::Inside inside(graph_->user, "a tape", where);
    options.check_numerics |= graph_->options().check_numerics;
    if (!options.advance || !graph_->has_draws()) return Program(xgrad::compile(*graph_, step, inputs, options, where));
    Step all = step;
    for (const Update& update : advances(*graph_, step))
        all.updates.push_back(update);
    return Program(xgrad::compile(*graph_, all, inputs, options, where));
}

Results Tape::evaluate(Var var, Location where) const {
    const OneUser::Inside inside(graph_->user, "a tape", where);
    const std::uint32_t i = graph_->index(var);
    if (graph_->traced.known() && (graph_->node(i).traits & Node::from_constants) == 0 && !graph_->scalar(i))
        throw Error(
            fmt::format("while a function is traced there is no value yet but the one before its call, which would be "
                        "built into the program; make it an output of the function of {}, and read it from the "
                        "results",
                        graph_->traced.str()),
            where);
    auto it = graph_->values.find(i);
    if (it == graph_->values.end()) {
        if (graph_->values.size() >= Graph::most_values) graph_->values.clear();
        // Most values are asked for once, and their programs are many: nothing is kept for a second call.
        const CompileOptions options{.check_numerics = graph_->options().check_numerics, .constant_bytes = 0};
        it = graph_->values
                 .emplace(i, Program(xgrad::compile(*graph_, {.outputs = {var}, .updates = {}}, {}, options, where)))
                 .first;
    }
    return it->second(where);
}

} // namespace xgrad
