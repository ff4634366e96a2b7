#include <xgrad/core/graph/graph.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>

#include <fmt/format.h>

#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/graph/structural_ops.hpp>

namespace xgrad {

Graph::Graph(Tape& tape, TapeOptions options)
    : tape_(tape), options_(options), number_info_(&scalar_info()), leaf_info_(&leaf_info()) {
    intern(Shape());                                // of numbers; the first
    const std::uint32_t slot = acquire_entry(this); // the last that may fail: only the destructor gives it back
    handle_ = slot | static_cast<std::uint64_t>(tape_entries[slot].epoch.load()) << 32;
}

Graph::~Graph() {
    release_entry(static_cast<std::uint32_t>(handle_));
    forget(0);
}

void Graph::fail(Var var, Location where) {
    if (!var.valid())
        throw Error("a Var{} without a node was used; it is what a missing adjoint or a default Var is", where);
    const Graph* graph = alive_of(var);
    if (!graph) throw Error("a Var has outlived its tape; keep the Tape alive for as long as its Vars are used", where);
    throw Error("a Var was used whose node a rewind has forgotten; record it again", where);
}

GraphUse::GraphUse(std::span<const Var> vars, const char* function, Location where)
    : graph_(vars.empty() ? throw Error(fmt::format("{}: no Var was given", function), where)
                          : Graph::existing_of(vars[0], where)),
      inside_(graph_.user, "a tape", where) {
    for (const Var& var : vars) {
        if (&Graph::existing_of(var, where) != &graph_)
            throw Error(fmt::format("{}: the Vars are of different tapes", function), where);
        graph_.index(var, where);
    }
}

const Leaf* Graph::leaf(std::uint32_t i) const {
    return nodes_[i].info == leaf_info_ ? static_cast<const std::shared_ptr<Leaf>*>(nodes_[i].op)->get() : nullptr;
}

std::shared_ptr<Leaf> Graph::shared_leaf(std::uint32_t i) const {
    return *static_cast<const std::shared_ptr<Leaf>*>(nodes_[i].op);
}

const Scalar* Graph::scalar(std::uint32_t i) const {
    return is_number(i) ? static_cast<const Scalar*>(nodes_[i].op) : nullptr;
}

std::uint32_t Graph::intern(const Shape& shape) {
    const std::size_t hash = shape.hash();
    auto [it, end] = shape_index_.equal_range(hash);
    for (; it != end; ++it)
        if (shapes_[it->second] == shape) return it->second;
    shape.check();
    const auto index = static_cast<std::uint32_t>(shapes_.size());
    single_.resize(index + 1);
    single_[index] = shape.numel() == 1;
    shapes_.push_back(shape);
    try {
        shape_index_.emplace(hash, index);
    } catch (...) {
        shapes_.pop_back();
        throw;
    }
    return index;
}

namespace {

std::uint32_t mix(std::uint64_t h) {
    h *= 0x9E3779B97F4A7C15ull;
    h ^= h >> 32;
    return static_cast<std::uint32_t>(h);
}

} // namespace

/// All that one look at the inputs tells.
[[gnu::always_inline]] inline Graph::Seen Graph::look_at(const OpInfo& info,
                                                         std::span<const std::uint32_t> inputs) const {
    Seen seen{.traits = 0, .shape = number_shape};
    const DType dtype = inputs.empty() ? DType::float32 : nodes_[inputs[0]].dtype;
    bool plain = true;
    for (const std::uint32_t input : inputs) {
        const Node& node = nodes_[input];
        seen.traits |= node.traits;
        plain &= node.dtype == dtype &&
                 (node.shape == seen.shape || node.shape == number_shape || seen.shape == number_shape);
        if (node.shape != number_shape) seen.shape = node.shape;
    }
    const ElementwiseForm* form = info.elementwise;
    plain = plain && form && !form->masked && inputs.size() == static_cast<std::size_t>(form->arity) &&
            form->takes[static_cast<std::size_t>(dtype)];
    if (!plain) seen.shape = no_shape;
    return seen;
}

/// First what may fail, and nothing has happened then but that some room is taken.
std::uint32_t Graph::append(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs, DType dtype,
                            std::uint32_t shape, std::uint32_t hash, Location where, unsigned inherited) {
    if (!nodes_.has_room(inputs.size()))
        throw Error("a tape holds fewer than 2^32 nodes, and as many inputs of them; rewind it, or use several", where);
    const std::uint32_t index = nodes_.size();
    nodes_.make_room(inputs.size());
    const void* kept = op_without_attributes();
    if (!info.empty) {
        if (info.destroy) make_room(destroyed_later_);
        attribute_marks_.emplace_back(index, attributes_.position());
        void* room = attributes_.allocate(info.size, info.align);
        info.copy(room, op);
        if (info.destroy) destroyed_later_.push_back(index);
        kept = room;
    }
    unsigned traits = inherited & (Node::from_constants | Node::varies);
    if (info.advance) traits |= Node::varies, has_draws_ = true;
    if (traits == Node::from_constants && !inputs.empty() && !info.view) computes_from_constants_ = true;
    if (&info == number_info_) traits |= Node::number;
    if (info.negates) traits |= Node::negates;
    if (info.repeats) traits |= Node::repeats;
    if (info.add) traits |= Node::piece;
    nodes_.append({.info = &info,
                   .op = kept,
                   .shape = shape,
                   .generation = generation_,
                   .hash = hash,
                   .dtype = dtype,
                   .traits = static_cast<std::uint8_t>(traits),
                   .where = detail::place(where)},
                  inputs);
    return index;
}

std::pair<std::uint32_t, DType> Graph::infer(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs,
                                             Location where) {
    const Call call(info.name, where);
    constexpr std::size_t of_a_kernel = std::extent_v<decltype(Tile::in)>;
    if (info.rowwise && inputs.size() > of_a_kernel)
        throw Error(fmt::format("{} inputs were given; a kernel that works on rows takes at most {}", inputs.size(),
                                of_a_kernel));
    constexpr std::size_t few = 4; // without an allocation
    std::array<Type, few> small;
    std::vector<Type> many(inputs.size() > few ? inputs.size() : 0);
    Type* const types = inputs.size() > few ? many.data() : small.data();
    for (std::size_t i = 0; i < inputs.size(); ++i)
        types[i] = this->type(inputs[i]);
    const Type type = info.infer(op, {types, inputs.size()});
    const std::uint32_t first = inputs.empty() ? number_shape : nodes_[inputs[0]].shape;
    return {shapes_[first] == type.shape ? first : intern(type.shape), type.dtype};
}

std::uint32_t Graph::record(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs, Location where) {
    const Seen seen = look_at(info, inputs);
    if (info.simplify && inputs.size() <= 2 &&
        (!info.simplifies_numbers || (seen.traits & (Node::number | Node::negates)) != 0)) {
        const Var x[] = {var(inputs[0]), var(inputs[inputs.size() - 1])};
        const Call call(info.name, where); // what stands for the node has its place
        if (const Var simpler = info.simplify(op, {x, inputs.size()}); simpler.valid()) {
            const std::uint32_t result = index(simpler);
            const auto its = this->inputs(result);
            for (const std::uint32_t input : inputs)
                if (input != result && std::find(its.begin(), its.end(), input) == its.end())
                    add_rewrite(result, input);
            return result;
        }
    }
    std::uint64_t h = reinterpret_cast<std::uintptr_t>(&info);
    if (!info.empty) h ^= info.hash(op) * 0xD6E8FEB86659FD93ull;
    for (const std::uint32_t input : inputs)
        h = (h ^ input) * 0xFF51AFD7ED558CCDull, h ^= h >> 32;
    const std::uint32_t hash = mix(h);

    std::uint32_t shape = seen.shape;
    DType dtype;
    if (shape != no_shape)
        dtype = info.elementwise->result[static_cast<std::size_t>(nodes_[inputs[0]].dtype)];
    else {
        if (const std::uint32_t of_reals = record_bytes_as_reals(info, op, inputs, where); of_reals != Node::no_node)
            return of_reals;
        std::tie(shape, dtype) = infer(info, op, inputs, where);
    }
    const NodeTable::Lookup standing = nodes_.find({hash, info, op, inputs, dtype});
    if (standing.node != Node::no_node) return standing.node;

    // op(broadcast a, broadcast b) -> broadcast(op(a, b)); op(broadcast a, x) -> op(a, x)
    if (info.elementwise && (seen.traits & Node::repeats) != 0) {
        std::array<std::uint32_t, 3> source{};
        for (std::size_t i = 0; i < inputs.size(); ++i)
            source[i] = nodes_[inputs[i]].info->repeats ? nodes_.inputs(inputs[i])[0] : inputs[i];
        std::uint32_t result = record(info, op, {source.data(), inputs.size()}, where);
        if (nodes_[result].shape != shape) {
            const BroadcastTo repeat{shapes_[shape]};
            const std::uint32_t small[] = {result};
            result = record(xgrad::info<BroadcastTo>(), &repeat, small, where);
        }
        for (const std::uint32_t input : inputs)
            if (nodes_[input].info->repeats) add_rewrite(result, input);
        return result;
    }

    if (Scalar folded; info.elementwise && shape == number_shape && (seen.traits & Node::number) != 0 &&
                       fold(info, op, inputs, folded))
        return record_number(folded, dtype, where);
    const std::uint32_t index = append(info, op, inputs, dtype, shape, hash, where, seen.traits);
    nodes_.insert(index, standing.in_table);
    return index;
}

std::uint32_t Graph::record_number(const Scalar& scalar, DType dtype, Location where) {
    const std::uint32_t hash = mix(scalar.hash() ^ (static_cast<std::uint64_t>(dtype) << 60));
    const NodeTable::Lookup standing = nodes_.find({hash, *number_info_, &scalar, {}, dtype});
    if (standing.node != Node::no_node) return standing.node;
    const std::uint32_t index = append(*number_info_, &scalar, {}, dtype, number_shape, hash, where, 0);
    nodes_.insert(index, true);
    return index;
}

bool Graph::fold(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs, Scalar& result) const {
    for (const std::uint32_t input : inputs)
        if (!is_number(input)) return false;
    Tile tile{.out = result.bytes.data(), .rows = 1, .cols = 1, .op = op};
    for (std::size_t i = 0; i < inputs.size(); ++i)
        tile.in[i] = scalar(inputs[i])->bytes.data();
    const DType dtype = nodes_[inputs[info.elementwise->masked ? 1 : 0]].dtype;
    info.elementwise->kernels[static_cast<std::size_t>(dtype)][0](tile);
    return true;
}

std::uint32_t Graph::record_scalar(DType dtype, double number, std::int64_t integer, bool is_integer, Location where) {
    Scalar scalar;
    detail::visit(dtype, [&]<class T>(T) {
        const T value = is_integer || !is_floating(dtype) ? static_cast<T>(integer) : static_cast<T>(number);
        std::memcpy(scalar.bytes.data(), &value, sizeof(value));
    });
    return record_number(scalar, dtype, where);
}

std::uint32_t Graph::record_leaf(std::shared_ptr<Leaf> leaf, Location where) {
    const Type type = leaf->type;
    const unsigned trait = leaf->kind == LeafKind::constant ? Node::from_constants : Node::varies;
    make_room(leaves_);
    if (!leaf->name.empty()) names_.add(leaf->name);
    try {
        leaves_.push_back(append(*leaf_info_, &leaf, {}, type.dtype, intern(type.shape), 0, where, trait));
    } catch (...) {
        if (!leaf->name.empty()) names_.remove(leaf->name);
        throw;
    }
    ++leaf_counts_[static_cast<std::size_t>(leaf->kind)];
    return leaves_.back();
}

Var Graph::placeholder(const Type& type, Location where, const char* name) {
    auto leaf = std::make_shared<Leaf>(Leaf{LeafKind::input, type, name, nullptr});
    return var(append(*leaf_info_, &leaf, {}, type.dtype, intern(type.shape), 0, where, Node::varies));
}

void Graph::refuse_in_trace(const char* function, Location where) const {
    if (traced.function != 0)
        throw Error(
            fmt::format("{}: the function of {} is being traced, and this would happen once for each of its programs, "
                        "not at each call; do it before the function is made, or return an Update for what is to "
                        "change at each call",
                        function, traced.where.str()),
            where);
}

void Graph::rewind(Mark mark) {
    if (mark.nodes > nodes_.size() || (mark.nodes > 0 && nodes_[mark.nodes - 1].generation > mark.generation))
        throw Error("rewind: what stood at this mark was forgotten by an earlier rewind");
    if (mark.nodes < nodes_.size()) {
        if (generation_ == std::numeric_limits<std::uint32_t>::max())
            throw Error(
                "rewind: a tape can forget nodes 2^32 times, and then not tell its Vars apart; make a new Tape");
        ++generation_;
    }
    forget(mark.nodes);
}

void Graph::rewind_trace(Mark mark) {
    std::vector<std::pair<Slot*, Location>> kept;
    for (auto i = std::lower_bound(leaves_.begin(), leaves_.end(), mark.nodes); i != leaves_.end(); ++i)
        if (Slot* slot = named_slot(leaf(*i)->name); slot && slot->node == *i)
            kept.emplace_back(slot, nodes_[*i].where);
    rewind(mark);
    for (const auto& [slot, where] : kept)
        slot->node = record_leaf(slot->leaf, where);
}

void Graph::forget(std::uint32_t first) {
    for (; !leaves_.empty() && leaves_.back() >= first; leaves_.pop_back()) {
        const Leaf& leaf = *this->leaf(leaves_.back());
        --leaf_counts_[static_cast<std::size_t>(leaf.kind)];
        if (!leaf.name.empty()) names_.remove(leaf.name);
    }
    while (!destroyed_later_.empty() && destroyed_later_.back() >= first) {
        const Node& node = nodes_[destroyed_later_.back()];
        node.info->destroy(const_cast<void*>(node.op));
        destroyed_later_.pop_back();
    }
    while (!attribute_marks_.empty() && attribute_marks_.back().first >= first) {
        attributes_.release(attribute_marks_.back().second);
        attribute_marks_.pop_back();
    }
    std::erase_if(updates_with, [&](const UpdateWith& u) {
        return u.used >= first || known_index(u.update.leaf) >= first || known_index(u.update.next) >= first;
    });
    std::erase_if(rewrites_, [&](const Rewrite& r) { return r.result >= first || r.operand >= first; });
    nodes_.forget(first);
}

std::vector<std::uint32_t> Graph::leaves(LeafKind kind) const {
    std::vector<std::uint32_t> result;
    for (const std::uint32_t i : leaves_)
        if (leaf(i)->kind == kind) result.push_back(i);
    return result;
}

Graph::Slot* Graph::named_slot(const std::string& name) {
    const auto it = slots_.find(name);
    return it == slots_.end() ? nullptr : &it->second;
}

} // namespace xgrad
