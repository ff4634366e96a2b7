#include <xgrad/core/graph/node_table.hpp>

#include <bit>

namespace xgrad {

std::uint32_t NodeTable::find_in_table(const Key& key) const {
    const std::size_t mask = table_.size() - 1;
    for (std::size_t i = key.hash & mask;; i = (i + 1) & mask) {
        const Entry& entry = table_[i];
        if (entry.node == Node::no_node) return Node::no_node;
        if (entry.hash == key.hash && entry.node < nodes_.size() && has(nodes_[entry.node], key)) return entry.node;
    }
}

void NodeTable::enlarge(std::size_t inputs) {
    xgrad::make_room(nodes_);
    xgrad::make_room(inputs_, inputs);
    if (!table_is_full()) return;
    // Entries of forgotten nodes are dropped here; until then they are passed over.
    LargeVector<Entry> old(std::bit_ceil(std::max<std::size_t>(64, std::min(used_entries_, nodes_.size()) * 4)));
    old.swap(table_);
    used_entries_ = 0;
    may_be_forgotten_ = false;
    for (const Entry& entry : old)
        if (entry.node < nodes_.size() && nodes_[entry.node].hash == entry.hash) put_in_table(entry.node);
}

void NodeTable::put_in_table(std::uint32_t node) {
    const std::uint32_t hash = nodes_[node].hash;
    const std::size_t mask = table_.size() - 1;
    std::size_t i = hash & mask;
    auto taken = [&](const Entry& entry) {
        return may_be_forgotten_ ? entry.node < node && nodes_[entry.node].hash == entry.hash
                                 : entry.node != Node::no_node;
    };
    while (taken(table_[i]))
        i = (i + 1) & mask;
    used_entries_ += table_[i].node == Node::no_node;
    table_[i] = {hash, node};
}

void NodeTable::forget(std::uint32_t first) {
    for (std::size_t i = nodes_.size(); i-- > first;) { // users stand newest first
        const auto its = inputs(static_cast<std::uint32_t>(i));
        if (its.empty()) continue;
        const std::uint32_t last = last_of(its);
        if (last < first && nodes_[last].first_user == i) nodes_[last].first_user = nodes_[i].next_user;
    }
    if (first < nodes_.size()) {
        inputs_.resize(nodes_[first].first_input);
        nodes_.resize(first);
        may_be_forgotten_ = true;
    }
}

} // namespace xgrad
