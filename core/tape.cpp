#include <xgrad/core/tape.hpp>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/compiler/compile.hpp>
#include <xgrad/core/graph/additions.hpp>
#include <xgrad/core/graph/graph.hpp>

namespace xgrad {

Tape::Tape(TapeOptions options) : graph_(std::make_unique<Graph>(*this, options)) {}
Tape::~Tape() = default;

std::shared_ptr<Leaf> Tape::new_leaf(LeafKind kind, DType dtype, const Shape& shape, std::string name, Location where) {
    const GraphUse use(*graph_, where);
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
    const Call call(xgrad::name(kind), where);
    shape.check();
    if (!name.empty()) name = graph_->unique_name(name);
    auto leaf = std::make_shared<Leaf>(Leaf{kind, {dtype, shape}, std::move(name), nullptr});
    if (kind != LeafKind::input) leaf->buffer = std::make_shared<Buffer>(shape.numel() * size_of(dtype));
    return leaf;
}

Var Tape::record_leaf(std::shared_ptr<Leaf> leaf, Location where) {
    const GraphUse use(*graph_, where);
    return graph_->var(graph_->record_leaf(std::move(leaf), where));
}

Var Tape::input(DType dtype, const Shape& shape, std::string name, Location where) {
    const Call call("input", where);
    return record_leaf(new_leaf(LeafKind::input, dtype, shape, std::move(name), where), where);
}

Var Tape::constant(const Value& elements, Location where) {
    const Call call("constant", where);
    elements.check();
    if (!elements.is_number()) return leaf(LeafKind::constant, elements, "", where);
    const GraphUse use(*graph_, where);
    const DType dtype = elements.type().dtype;
    return graph_->var(detail::visit(dtype, [&](auto zero) {
        const auto number = *static_cast<const decltype(zero)*>(elements.data());
        if (is_floating(dtype)) return graph_->record_scalar(dtype, static_cast<double>(number), 0, false, where);
        return graph_->record_scalar(dtype, 0, static_cast<std::int64_t>(number), true, where);
    }));
}

Var Tape::parameter(const Value& elements, std::string name, Location where) {
    return leaf(LeafKind::parameter, elements, std::move(name), where);
}

Var Tape::state(const Value& elements, std::string name, Location where) {
    return leaf(LeafKind::state, elements, std::move(name), where);
}

Var Tape::training_state(const Value& elements, std::string name, Location where) {
    return of_training(state(elements, std::move(name), where), where);
}

Var Tape::leaf(LeafKind kind, const Value& elements, std::string name, Location where) {
    const Call call(xgrad::name(kind), where);
    elements.check();
    const Type& type = elements.type();
    std::shared_ptr<Leaf> made = new_leaf(kind, type.dtype, type.shape, std::move(name), where);
    if (const std::size_t bytes = type.shape.numel() * size_of(type.dtype); bytes != 0)
        std::memcpy(made->buffer->data(), elements.data(), bytes);
    return record_leaf(std::move(made), where);
}

Var Tape::slot(const std::string& name, DType dtype, const Shape& shape, double initial, Location where) {
    const Call call("slot", where);
    const GraphUse use(*graph_, where);
    Graph::Slot* slot = graph_->named_slot(name);
    if (!slot) {
        const std::shared_ptr<Leaf> made = make_leaf(LeafKind::state, dtype, shape, name, where);
        made->of_training = true;
        detail::visit(dtype, [&](auto zero) {
            using T = decltype(zero);
            std::fill_n(reinterpret_cast<T*>(made->buffer->data()), shape.numel(), static_cast<T>(initial));
        });
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

Var Tape::of_training(Var state, Location where) {
    const GraphUse use(*graph_, where);
    graph_->shared_leaf(graph_->index(state))->of_training = true;
    return state;
}

void Tape::update_with(Var used, Update update, Location where) {
    const Call call("update_with", where);
    const GraphUse use(*graph_, where);
    const std::uint32_t i = graph_->index(used, where), leaf = graph_->index(update.leaf, where),
                        next = graph_->index(update.next, where);
    if (!graph_->leaf(leaf) || graph_->leaf(leaf)->kind != LeafKind::state)
        throw Error("update_with: what is updated must be a state, from tape.state(...)", where);
    if (graph_->type(leaf) != graph_->type(next))
        throw Error(fmt::format("update_with: the update of \"{}\" is {} {}, and it is {} {}; they must be equal",
                                name(update.leaf), xgrad::name(update.next.dtype()), update.next.shape().str(),
                                xgrad::name(update.leaf.dtype()), update.leaf.shape().str()),
                    where);
    for (const Graph::UpdateWith& u : graph_->updates_with)
        if (u.used == i && u.update.leaf.is(update.leaf) && u.update.next.is(update.next)) return;
    graph_->updates_with.push_back({i, update});
}

void Tape::assign(Var var, const Value& elements, Location where) {
    const Call call("assign", where);
    elements.check();
    const GraphUse use(*graph_, where);
    const std::uint32_t i = graph_->index(var);
    const Leaf* const leaf = graph_->leaf(i);
    if (!leaf || !leaf->buffer)
        throw Error(
            "assign: only a parameter, a state or a constant array can be assigned; this Var is an input or the "
            "result of an op",
            where);
    graph_->refuse_in_trace("assign", where);
    const Type &to = leaf->type, &from = elements.type();
    if ((!elements.is_number() && from.shape != to.shape) || (is_floating(from.dtype) && !is_floating(to.dtype)))
        throw Error(
            fmt::format("assign: \"{}\" is {} {}, was given {} {}; the shapes must be equal, and real numbers do not "
                        "fit an integer array",
                        leaf->name, xgrad::name(to.dtype), to.shape.str(), xgrad::name(from.dtype), from.shape.str()),
            where);
    // All or nothing: an element that does not fit is found before anything is overwritten.
    detail::visit(to.dtype, [&](auto zero) {
        std::vector<decltype(zero)> converted(elements.is_number() ? 1 : to.shape.numel());
        detail::store_elements(from, elements.data(), converted.data(), where);
        auto* const out = reinterpret_cast<decltype(zero)*>(leaf->buffer->data());
        if (elements.is_number())
            std::fill_n(out, to.shape.numel(), converted[0]);
        else
            std::copy(converted.begin(), converted.end(), out);
    });
    ++graph_->shared_leaf(i)->version;
}

namespace {
std::vector<Var> leaves_of(Graph& graph, LeafKind kind, Location where) {
    const GraphUse use(graph, where);
    std::vector<Var> result;
    for (const std::uint32_t i : graph.leaves(kind))
        result.push_back(graph.var(i));
    return result;
}
} // namespace

std::vector<Var> Tape::parameters(Location where) const {
    const Call call("parameters", where);
    return leaves_of(*graph_, LeafKind::parameter, where);
}
std::vector<Var> Tape::states(Location where) const {
    const Call call("states", where);
    return leaves_of(*graph_, LeafKind::state, where);
}

const std::string& Tape::name(Var var, Location where) const {
    const Call call("name", where);
    static const std::string none;
    const GraphUse use(*graph_, where);
    const Leaf* leaf = graph_->leaf(graph_->index(var));
    return leaf ? leaf->name : none;
}

Mark Tape::mark(Location where) const {
    const Call call("mark", where);
    const GraphUse use(*graph_, where);
    return graph_->mark();
}
void Tape::rewind(Mark mark, Location where) {
    const Call call("rewind", where);
    const GraphUse use(*graph_, where);
    graph_->rewind(mark);
    values_.clear();
}
std::size_t Tape::size(Location where) const {
    const Call call("size", where);
    const GraphUse use(*graph_, where);
    return graph_->size();
}

std::string Tape::str(Location where) const {
    const Call call("str", where);
    const GraphUse use(*graph_, where);
    return graph_->str();
}

void Tape::check_numerics(bool on, Location where) {
    const Call call("check_numerics", where);
    const GraphUse use(*graph_, where);
    if (graph_->options().check_numerics != on) values_.clear();
    graph_->check_numerics(on);
}

Program Tape::compile(const Step& step, const std::vector<Var>& inputs, CompileOptions options, Location where) {
    const Call call("compile", where);
    const GraphUse use(*graph_, where);
    options.check_numerics |= graph_->options().check_numerics;
    const bool draws = options.advance && graph_->has_draws();
    if (!draws && graph_->updates_with.empty()) return Program(xgrad::compile(*graph_, step, inputs, options, where));
    return Program(xgrad::compile(*graph_, with_additions(*graph_, step, draws, where), inputs, options, where));
}

Results Tape::evaluate(Var var, Location where) const {
    const GraphUse use(*graph_, where);
    const std::uint32_t i = graph_->index(var);
    if (graph_->traced.function != 0 && (graph_->node(i).traits & Node::from_constants) == 0 && !graph_->scalar(i))
        throw Error(
            fmt::format("while a function is traced there is no value yet but the one before its call, which would be "
                        "built into the program; make it an output of the function of {}, and read it from the "
                        "results",
                        graph_->traced.where.str()),
            where);
    const std::uint64_t identity = Graph::identity(var);
    auto it = std::find_if(values_.begin(), values_.end(), [&](const auto& known) { return known.first == identity; });
    if (it == values_.end()) {
        if (values_.size() >= most_kept_values) values_.clear();
        // Most values are asked for once, and their programs are many: nothing is kept for a second call.
        const CompileOptions options{.check_numerics = graph_->options().check_numerics, .constant_bytes = 0};
        Program program(xgrad::compile(*graph_, {.outputs = {var}, .updates = {}}, {}, options, where));
        it = values_.emplace(values_.end(), identity, std::move(program));
    }
    return it->second(where);
}

} // namespace xgrad
