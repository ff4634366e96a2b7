#include <xgrad/core/graph.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <tuple>

#include <fmt/format.h>

#include <xgrad/core/recent.hpp>
#include <xgrad/core/structural_ops.hpp>

namespace xgrad {

constinit std::array<TapeSlot, 1 << 16> tape_slots{};

// --- Which tapes are alive -----------------------------------------------------------------------------------------

namespace {

/// Which slots are taken.
struct Registry {
    std::mutex mutex;
    std::vector<std::uint32_t> free;
    std::uint32_t used = 1; // slot 0 is "no node"

    std::uint32_t acquire(Graph* graph) {
        const std::lock_guard lock(mutex);
        std::uint32_t slot;
        if (!free.empty()) {
            slot = free.back();
            free.pop_back();
        } else if (used < tape_slots.size())
            slot = used++;
        else
            throw Error(fmt::format("more than {} tapes are alive", tape_slots.size() - 1));
        tape_slots[slot].epoch.fetch_add(1);
        tape_slots[slot].graph.store(graph);
        return slot;
    }
    void release(std::uint32_t slot) {
        const std::lock_guard lock(mutex);
        tape_slots[slot].graph.store(nullptr);
        tape_slots[slot].epoch.fetch_add(1);
        free.push_back(slot);
    }
};

Registry& registry() {
    static Registry* const instance = new Registry; // never destroyed: tapes may be destroyed late
    return *instance;
}

std::uint32_t mix(std::uint64_t h) {
    h *= 0x9E3779B97F4A7C15ull;
    h ^= h >> 32;
    return static_cast<std::uint32_t>(h);
}

Type infer_nothing(const void*, Types) { return {}; }

} // namespace

const OpInfo& leaf_info() {
    static const OpInfo info = [] {
        OpInfo i;
        i.name = "leaf";
        using Op = std::shared_ptr<Leaf>;
        detail::describe_struct<Op>(i);
        i.describe = nullptr;
        i.infer = infer_nothing;
        return i;
    }();
    return info;
}

const OpInfo& scalar_info() {
    static const OpInfo info = [] {
        OpInfo i;
        i.name = "number";
        detail::describe_struct<Scalar>(i);
        i.infer = infer_nothing;
        return i;
    }();
    return info;
}

std::size_t Scalar::hash() const {
    std::uint64_t bits;
    std::memcpy(&bits, bytes.data(), 8);
    return bits ^ (bits >> 31);
}

void* AttributeArena::allocate(std::size_t size, std::size_t align) {
    for (;; ++chunk_, used_ = 0) {
        if (chunk_ == chunks_.size()) {
            const std::size_t bytes = std::max(chunk_bytes, size + align);
            chunks_.push_back({std::make_unique<std::byte[]>(bytes), bytes});
        }
        Chunk& chunk = chunks_[chunk_];
        const auto base = reinterpret_cast<std::uintptr_t>(chunk.data.get());
        const std::size_t start = (base + used_ + align - 1) / align * align - base;
        if (start + size <= chunk.bytes) {
            used_ = start + size;
            return chunk.data.get() + start;
        }
    }
}

// --- Graph ---------------------------------------------------------------------------------------------------------

Graph::Graph(Tape& tape, TapeOptions options)
    : recent(std::make_unique<RecentPrograms>()), tape_(tape), options_(options), number_info_(&scalar_info()),
      leaf_info_(&leaf_info()), table_(64) {
    slot_ = registry().acquire(this);
    epoch_ = tape_slots[slot_].epoch.load();
    intern(Shape()); // of numbers; the first
}

Graph::~Graph() {
    registry().release(slot_);
    rewind({});
}

void Graph::fail(Var var, Location where) {
    if (!var) throw Error("a Var{} without a node was used; it is what a missing adjoint or a default Var is", where);
    const Graph* graph = alive_of(var);
    if (!graph) throw Error("a Var has outlived its tape; keep the Tape alive for as long as its Vars are used", where);
    throw Error("a Var was used whose node a rewind has forgotten; record it again", where);
}

Graph& Graph::of(std::span<const Var> vars, const char* function, Location where) {
    if (vars.empty()) throw Error(fmt::format("{}: no Var was given", function), where);
    Graph& graph = of(vars[0], where);
    for (const Var& var : vars)
        if (&of(var, where) != &graph) throw Error(fmt::format("{}: the Vars are of different tapes", function), where);
    return graph;
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
    shapes_.push_back(shape);
    shape_index_.emplace(hash, static_cast<std::uint32_t>(shapes_.size() - 1));
    return static_cast<std::uint32_t>(shapes_.size() - 1);
}

namespace {
/// The input of highest index: the one that was recorded last.
std::uint32_t last_of(std::span<const std::uint32_t> inputs) { return *std::max_element(inputs.begin(), inputs.end()); }
} // namespace

auto Graph::find(std::uint32_t hash, const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs,
                 DType dtype) const -> Lookup {
    auto is = [&](const Node& node) {
        return node.hash == hash && node.info == &info && node.dtype == dtype && node.inputs == inputs.size() &&
               std::equal(inputs.begin(), inputs.end(), inputs_.begin() + node.first_input) &&
               (info.empty || info.equal(node.op, op));
    };
    if (!inputs.empty()) { // mostly among the users of an input: unlike the table, they are near in memory
        std::size_t users = 0;
        for (std::uint32_t i = nodes_[last_of(inputs)].first_user; i != Node::no_node; i = nodes_[i].next_user, ++users)
            if (is(nodes_[i])) return {i, false};
        if (users < most_users) return {Node::no_node, false};
    }
    const std::size_t mask = table_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
        const Entry& entry = table_[i];
        if (entry.node == Node::no_node) return {Node::no_node, true};
        if (entry.hash == hash && entry.node < nodes_.size() && is(nodes_[entry.node])) return {entry.node, true};
    }
}

/// The shape of an elementwise op whose inputs are of one dtype and shape, numbers aside: nothing is to be checked.
std::uint32_t Graph::plain_shape(const OpInfo& info, std::span<const std::uint32_t> inputs) const {
    const ElementwiseForm* form = info.elementwise;
    if (!form || form->masked || inputs.size() != static_cast<std::size_t>(form->arity)) return no_shape;
    const DType dtype = nodes_[inputs[0]].dtype;
    std::uint32_t shape = number_shape;
    for (const std::uint32_t input : inputs) {
        const Node& node = nodes_[input];
        if (node.dtype != dtype || (node.shape != shape && node.shape != number_shape && shape != number_shape))
            return no_shape;
        if (node.shape != number_shape) shape = node.shape;
    }
    return form->takes[static_cast<std::size_t>(dtype)] ? shape : no_shape;
}

void Graph::insert(std::uint32_t index, bool in_table) {
    if (!in_table) {
        std::uint32_t& first = nodes_[last_of(inputs(index))].first_user;
        nodes_[index].next_user = first;
        first = index;
        return;
    }
    if (used_entries_ * 2 >= table_.size()) {
        // Entries of forgotten nodes are dropped here; until then they are passed over.
        LargeVector<Entry> old(std::bit_ceil(std::max<std::size_t>(64, std::min(used_entries_, nodes_.size()) * 4)));
        old.swap(table_);
        used_entries_ = 0;
        for (const Entry& entry : old)
            if (entry.node < index && nodes_[entry.node].hash == entry.hash) add_to_table(entry.node);
        may_be_forgotten_ = false;
    }
    add_to_table(index);
}

void Graph::add_to_table(std::uint32_t node) {
    const std::uint32_t hash = nodes_[node].hash;
    const std::size_t mask = table_.size() - 1;
    std::size_t i = hash & mask;
    auto taken = [&](const Entry& entry) {
        return may_be_forgotten_ ? entry.node < node && nodes_[entry.node].hash == entry.hash : entry.node != ~0u;
    };
    while (taken(table_[i]))
        i = (i + 1) & mask;
    used_entries_ += table_[i].node == ~0u;
    table_[i] = {hash, node};
}

std::uint32_t Graph::append(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs, DType dtype,
                            std::uint32_t shape, std::uint32_t hash, Location where) {
    if (nodes_.size() >= ~0u - 1) throw Error("a tape holds at most 2^32 nodes", where);
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    const auto first = static_cast<std::uint32_t>(inputs_.size());
    has_draws_ |= info.advance != nullptr;
    for (const std::uint32_t input : inputs)
        inputs_.push_back(input);
    const void* kept = op_without_attributes();
    if (!info.empty) {
        attribute_marks_.emplace_back(index, attributes_.position());
        void* room = attributes_.allocate(info.size, info.align);
        info.copy(room, op);
        kept = room;
    }
    if (info.destroy) destroyed_later_.push_back(index);
    nodes_.push_back({.info = &info,
                      .op = kept,
                      .first_input = first,
                      .inputs = static_cast<std::uint16_t>(inputs.size()),
                      .dtype = dtype,
                      .shape = shape,
                      .serial = next_serial_++,
                      .hash = hash,
                      .where = location.known() ? location : where});
    return index;
}

std::pair<std::uint32_t, DType> Graph::infer(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs,
                                             Location where) {
    try {
        std::vector<Type> types;
        for (const std::uint32_t input : inputs)
            types.push_back(type(input));
        const Type type = info.infer(op, types);
        const std::uint32_t first = inputs.empty() ? number_shape : nodes_[inputs[0]].shape;
        return {shapes_[first] == type.shape ? first : intern(type.shape), type.dtype};
    } catch (const Error& error) {
        const std::string text = error.what();
        const bool named = text.starts_with(info.name);
        throw Error(named ? text : fmt::format("{}: {}", info.name, text), location.known() ? location : where);
    }
}

std::uint32_t Graph::record(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs, Location where) {
    auto may_vanish = [&](std::uint32_t i) { return is_number(i) || nodes_[i].info->negates; };
    if (info.simplify && inputs.size() <= 2 &&
        (info.arithmetic == 0 || std::any_of(inputs.begin(), inputs.end(), may_vanish))) {
        const Var x[] = {var(inputs[0]), var(inputs[inputs.size() - 1])};
        const struct Restore {
            Location &location, before = location;
            ~Restore() { location = before; }
        } restore{location};
        if (!location.known()) location = where; // what stands for the node has its place
        if (const Var simpler = info.simplify(op, {x, inputs.size()})) return index(simpler);
    }
    std::uint64_t h = reinterpret_cast<std::uintptr_t>(&info);
    if (!info.empty) h ^= info.hash(op) * 0xD6E8FEB86659FD93ull;
    for (const std::uint32_t input : inputs)
        h = (h ^ input) * 0xFF51AFD7ED558CCDull, h ^= h >> 32;
    const std::uint32_t hash = mix(h);

    std::uint32_t shape = plain_shape(info, inputs);
    DType dtype;
    if (shape != no_shape)
        dtype = info.elementwise->result[static_cast<std::size_t>(nodes_[inputs[0]].dtype)];
    else
        std::tie(shape, dtype) = infer(info, op, inputs, where);
    const Lookup standing = find(hash, info, op, inputs, dtype);
    if (standing.node != Node::no_node) return standing.node;

    // op(broadcast a, broadcast b) -> broadcast(op(a, b)); op(broadcast a, x) -> op(a, x)
    if (info.elementwise &&
        std::any_of(inputs.begin(), inputs.end(), [&](std::uint32_t i) { return nodes_[i].info->repeats; })) {
        std::array<std::uint32_t, 3> source{};
        for (std::size_t i = 0; i < inputs.size(); ++i)
            source[i] = nodes_[inputs[i]].info->repeats ? inputs_[nodes_[inputs[i]].first_input] : inputs[i];
        const std::uint32_t small = record(info, op, {source.data(), inputs.size()}, where);
        if (nodes_[small].shape == shape) return small;
        const BroadcastTo repeat{shapes_[shape]};
        const std::uint32_t wide[] = {small};
        return record(xgrad::info<BroadcastTo>(), &repeat, wide, where);
    }

    if (Scalar folded; info.elementwise && shape == number_shape && fold(info, op, inputs, folded))
        return record_number(folded, dtype, where);
    const std::uint32_t index = append(info, op, inputs, dtype, shape, hash, where);
    insert(index, standing.in_table);
    return index;
}

std::uint32_t Graph::record_number(const Scalar& scalar, DType dtype, Location where) {
    const std::uint32_t hash = mix(scalar.hash() ^ (static_cast<std::uint64_t>(dtype) << 60));
    const Lookup standing = find(hash, *number_info_, &scalar, {}, dtype);
    if (standing.node != Node::no_node) return standing.node;
    const std::uint32_t index = append(*number_info_, &scalar, {}, dtype, number_shape, hash, where);
    insert(index, true);
    return index;
}

bool Graph::fold(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs, Scalar& result) const {
    Tile tile{.out = result.bytes.data(), .rows = 1, .cols = 1, .op = op};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Scalar* number = scalar(inputs[i]);
        if (!number) return false;
        tile.in[i] = number->bytes.data();
    }
    const DType dtype = nodes_[inputs[info.elementwise->masked ? 1 : 0]].dtype;
    info.elementwise->kernels[static_cast<std::size_t>(dtype)][0](tile);
    return true;
}

std::uint32_t Graph::record_scalar(DType dtype, double number, std::int64_t integer, bool is_integer, Location where) {
    Scalar scalar;
    auto put = [&](auto value) { std::memcpy(scalar.bytes.data(), &value, sizeof(value)); };
    if (!is_integer && !is_floating(dtype)) {
        if (number != std::floor(number) || std::abs(number) > 9e15)
            throw Error(fmt::format("the number {} does not fit the dtype {} of the Vars beside it; cast them first",
                                    number, name(dtype)),
                        location.known() ? location : where);
        integer = static_cast<std::int64_t>(number);
    }
    switch (dtype) {
    case DType::float32: put(is_integer ? static_cast<float>(integer) : static_cast<float>(number)); break;
    case DType::float64: put(is_integer ? static_cast<double>(integer) : number); break;
    case DType::int64: put(integer); break;
    case DType::uint8:
        if (integer < 0 || integer > 255)
            throw Error(fmt::format("the number {} does not fit the dtype uint8; cast the Vars first", integer),
                        location.known() ? location : where);
        put(static_cast<std::uint8_t>(integer));
        break;
    }
    return record_number(scalar, dtype, where);
}

std::uint32_t Graph::record_leaf(std::shared_ptr<Leaf> leaf, Location where) {
    const Type type = leaf->type;
    const std::uint32_t index = append(*leaf_info_, &leaf, {}, type.dtype, intern(type.shape), 0, where);
    leaves_.push_back(index);
    return index;
}

Var Graph::placeholder(const Type& type, Location where) {
    auto leaf = std::make_shared<Leaf>(Leaf{Tape::LeafKind::input, type, "placeholder", nullptr});
    return var(append(*leaf_info_, &leaf, {}, type.dtype, intern(type.shape), 0, where));
}

std::uint32_t Graph::operand(const Operand& operand, DType dtype) {
    if (!operand.is_number) return index(operand.var, operand.where);
    return record_scalar(dtype, operand.number, operand.integer, operand.is_integer, operand.where);
}

void Graph::check_numerics(bool on) {
    if (options_.check_numerics != on) values.clear();
    options_.check_numerics = on;
}

void Graph::rewind(Mark mark) {
    if (mark.nodes > nodes_.size() || (mark.nodes > 0 && nodes_[mark.nodes - 1].serial >= mark.serial))
        throw Error("rewind: what stood at this mark was forgotten by an earlier rewind");
    values.clear();
    while (!destroyed_later_.empty() && destroyed_later_.back() >= mark.nodes) {
        const Node& node = nodes_[destroyed_later_.back()];
        node.info->destroy(const_cast<void*>(node.op));
        destroyed_later_.pop_back();
    }
    while (!attribute_marks_.empty() && attribute_marks_.back().first >= mark.nodes) {
        attributes_.release(attribute_marks_.back().second);
        attribute_marks_.pop_back();
    }
    while (!leaves_.empty() && leaves_.back() >= mark.nodes)
        leaves_.pop_back();
    for (std::size_t i = nodes_.size(); i-- > mark.nodes;) { // users stand newest first
        const auto its = inputs(static_cast<std::uint32_t>(i));
        if (its.empty()) continue;
        if (std::uint32_t& first = nodes_[last_of(its)].first_user; first == i) first = nodes_[i].next_user;
    }
    if (mark.nodes < nodes_.size()) {
        inputs_.resize(nodes_[mark.nodes].first_input);
        nodes_.resize(mark.nodes);
        may_be_forgotten_ = true;
    }
}

std::vector<std::uint32_t> Graph::leaves(Tape::LeafKind kind) const {
    std::vector<std::uint32_t> result;
    for (const std::uint32_t i : leaves_)
        if (leaf(i)->kind == kind) result.push_back(i);
    return result;
}

std::shared_ptr<Leaf>* Graph::named_slot(const std::string& name) {
    const auto it = slots_.find(name);
    return it == slots_.end() ? nullptr : &it->second;
}

std::string Graph::unique_name(const std::string& wanted) const {
    auto taken = [&](const std::string& name) {
        return std::any_of(leaves_.begin(), leaves_.end(), [&](std::uint32_t i) { return leaf(i)->name == name; });
    };
    if (!taken(wanted)) return wanted;
    for (std::size_t n = 1;; ++n)
        if (std::string name = fmt::format("{}_{}", wanted, n); !taken(name)) return name;
}

} // namespace xgrad
