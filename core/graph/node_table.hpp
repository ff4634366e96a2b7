#pragma once
// The nodes of a tape, in the order they were recorded, and the table that finds equal ones.

#include <algorithm>
#include <cstdint>
#include <span>

#include <xgrad/core/base/memory.hpp>
#include <xgrad/core/error.hpp>
#include <xgrad/core/graph/op_info.hpp>

namespace xgrad {

struct Node {
    const OpInfo* info;
    const void* op;                    // its attributes, in the tape's arena
    std::uint32_t first_input, inputs; // in the table's list of inputs, and how many
    std::uint32_t shape;               // index of an interned shape
    std::uint32_t generation;          // see Graph::generation_
    std::uint32_t hash;
    DType dtype;
    std::uint8_t traits; // of its op, see below
    // A list: first_user is its head, of a few nodes whose input of highest index this is; next_user links them. Equal
    // nodes have that input in common, so they are looked for there first: it is near in memory.
    std::uint32_t first_user = no_node, next_user = no_node;
    Location where;
    static constexpr std::uint32_t no_node = ~0u;

    /// What recording asks of every operand: whether it is a number, OpInfo::negates, OpInfo::repeats.
    static constexpr std::uint8_t number = 1, negates = 2, repeats = 4;
    /// Of a node and of all that it follows from: whether there is a constant array, and whether there is anything that
    /// may be another at the next call.
    static constexpr std::uint8_t from_constants = 8, varies = 16;
    /// OpInfo::add
    static constexpr std::uint8_t piece = 32;
};
static_assert(sizeof(Node) <= 64, "a node is one cache line");

class NodeTable {
  public:
    std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size()); }
    const Node& operator[](std::uint32_t i) const { return nodes_[i]; }
    std::span<const std::uint32_t> inputs(std::uint32_t i) const {
        return {inputs_.data() + nodes_[i].first_input, nodes_[i].inputs};
    }

    /// What equal nodes have in common.
    struct Key {
        std::uint32_t hash;
        const OpInfo& info;
        const void* op;
        std::span<const std::uint32_t> inputs;
        DType dtype;
    };
    /// Where an equal node is looked for, and where it would be found once recorded.
    struct Lookup {
        std::uint32_t node; // the equal one, or no_node
        bool in_table;      // the last input has as many users as it names
    };
    Lookup find(const Key& key) const {
        if (!key.inputs.empty()) { // mostly among the users of an input: unlike the table, they are near in memory
            std::size_t users = 0;
            std::uint32_t i = nodes_[last_of(key.inputs)].first_user;
            for (; i != Node::no_node; i = nodes_[i].next_user, ++users)
                if (has(nodes_[i], key)) return {i, false};
            if (users < most_users) return {Node::no_node, false};
        }
        return {find_in_table(key), true};
    }

    /// Room for one more node: append and insert cannot fail then.
    void make_room(std::size_t inputs) {
        if (nodes_.size() == nodes_.capacity() || inputs_.capacity() - inputs_.size() < inputs || table_is_full())
            enlarge(inputs);
    }
    /// Whether a node with so many inputs can be added.
    bool has_room(std::size_t inputs) const {
        constexpr std::size_t most = Node::no_node;
        return nodes_.size() < most && inputs <= most - inputs_.size();
    }
    /// Adds a node, for the moment without any way to find it.
    void append(Node node, std::span<const std::uint32_t> inputs) {
        node.first_input = static_cast<std::uint32_t>(inputs_.size());
        node.inputs = static_cast<std::uint32_t>(inputs.size());
        inputs_.insert(inputs_.end(), inputs.begin(), inputs.end());
        nodes_.push_back(node);
    }
    /// Makes the last node one that is found, where its Lookup said.
    void insert(std::uint32_t node, bool in_table) {
        if (in_table) return put_in_table(node);
        std::uint32_t& first = nodes_[last_of(inputs(node))].first_user;
        nodes_[node].next_user = first;
        first = node;
    }

    /// Forgets the nodes from `first` on.
    void forget(std::uint32_t first);

  private:
    /// The input of highest index: the one that was recorded last.
    static std::uint32_t last_of(std::span<const std::uint32_t> inputs) {
        return *std::max_element(inputs.begin(), inputs.end());
    }
    bool has(const Node& node, const Key& key) const {
        return node.hash == key.hash && node.info == &key.info && node.dtype == key.dtype &&
               node.inputs == key.inputs.size() &&
               std::equal(key.inputs.begin(), key.inputs.end(), inputs_.begin() + node.first_input) &&
               (key.info.empty || key.info.equal(node.op, key.op));
    }
    std::uint32_t find_in_table(const Key& key) const;
    bool table_is_full() const { return used_entries_ * 2 >= table_.size(); }
    void enlarge(std::size_t inputs);
    void put_in_table(std::uint32_t node);

    LargeVector<Node> nodes_;
    LargeVector<std::uint32_t> inputs_;

    struct Entry {
        std::uint32_t hash = 0, node = Node::no_node;
    };
    /// Nodes without inputs, and those whose last input has enough users already.
    LargeVector<Entry> table_ = LargeVector<Entry>(64);
    static constexpr std::size_t most_users = 8;
    std::size_t used_entries_ = 0;
    bool may_be_forgotten_ = false; // nodes in the table
};

} // namespace xgrad
