#include <xgrad/core/compiler/recent.hpp>

#include <algorithm>
#include <atomic>

#include <xgrad/core/program/executable.hpp>

namespace xgrad {

struct RecentPrograms::Entry {
    struct Copy {
        std::uint32_t index;
        Node node; // its attributes lie in `attributes`, its inputs in `inputs`
    };
    Order order;
    std::vector<Copy> nodes; // all that the outputs and updates need
    std::vector<std::uint32_t> inputs;
    KeptAttributes attributes;
    std::shared_ptr<Executable> executable;

    Entry(const Graph& graph, const Order& of, std::span<const std::uint32_t> needed,
          std::shared_ptr<Executable> program)
        : order(of), executable(std::move(program)) {
        nodes.reserve(needed.size() + order.inputs.size());
        for (const std::uint32_t i : needed)
            copy(graph, i);
        for (const std::uint32_t i : order.inputs) // they may be of no use to the outputs
            copy(graph, i);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    void copy(const Graph& graph, std::uint32_t i) {
        Node node = graph.node(i);
        node.first_input = static_cast<std::uint32_t>(inputs.size());
        for (const std::uint32_t input : graph.inputs(i))
            inputs.push_back(input);
        node.op = attributes.keep(*node.info, node.op);
        nodes.push_back({i, node});
    }

    std::size_t bytes() const {
        const Plan& plan = *executable->plan;
        std::size_t bytes = plan.arena_bytes + plan.accumulator_bytes + plan.output_bytes;
        for (const auto& [base, leaf] : plan.leaves)
            bytes += leaf->buffer->bytes();
        if (executable->constants) bytes += executable->constants->plan().output_bytes;
        return bytes;
    }

    bool nobody_holds_it() const {
        if (executable.use_count() != 1) return false;
        std::atomic_thread_fence(std::memory_order_acquire); // after what its last holder did with it
        return true;
    }

    bool matches(const Graph& graph) const {
        return std::all_of(nodes.begin(), nodes.end(), [&](const Copy& copy) {
            if (copy.index >= graph.size()) return false;
            const Node &then = copy.node, &now = graph.node(copy.index);
            const auto its = graph.inputs(copy.index);
            return then.info == now.info && then.dtype == now.dtype && then.shape == now.shape &&
                   then.where.file == now.where.file && then.where.line == now.where.line &&
                   std::equal(its.begin(), its.end(), inputs.begin() + then.first_input) &&
                   (then.info->empty || then.info->equal(then.op, now.op) || same_input(then, graph.leaf(copy.index)));
        });
    }

    /// Of an input only the name and the type matter.
    static bool same_input(const Node& then, const Leaf* now) {
        if (!now || now->buffer) return false;
        const Leaf& leaf = **static_cast<const std::shared_ptr<Leaf>*>(then.op);
        return !leaf.buffer && leaf.name == now->name;
    }
};

RecentPrograms::RecentPrograms() = default;
RecentPrograms::~RecentPrograms() = default;

std::shared_ptr<Executable> RecentPrograms::find(const Graph& graph, const Order& order) const {
    for (const auto& entry : entries_)
        if (entry->nobody_holds_it() && entry->order == order && entry->matches(graph)) return entry->executable;
    return nullptr;
}

void RecentPrograms::add(const Graph& graph, const Order& order, std::span<const std::uint32_t> needed,
                         std::shared_ptr<Executable> executable) {
    if (needed.size() > most_nodes) return;
    const std::uint64_t mark = fingerprint(graph, order, needed);
    if (std::find(seen_.begin(), seen_.end(), mark) == seen_.end()) {
        if (seen_.size() == most_entries) seen_.erase(seen_.begin());
        seen_.push_back(mark);
        return;
    }
    auto entry = std::make_unique<Entry>(graph, order, needed, std::move(executable));
    if (entry->bytes() > most_bytes) return;
    if (entries_.size() == most_entries) entries_.erase(entries_.begin());
    entries_.push_back(std::move(entry));
}

/// Of the nodes' hashes; different graphs may have the same.
std::uint64_t RecentPrograms::fingerprint(const Graph& graph, const Order& order,
                                          std::span<const std::uint32_t> needed) {
    std::uint64_t h = needed.size(), place = 1;
    for (const std::uint32_t i : needed) // a sum: no step waits for the one before
        h += (graph.node(i).hash + 0x9E3779B97F4A7C15ull) * (place += 2);
    auto add = [&](std::uint64_t x) { h = (h ^ x) * 0x9E3779B97F4A7C15ull, h ^= h >> 32; };
    for (const std::uint32_t output : order.outputs)
        add(output);
    for (const auto& [leaf, next] : order.updates)
        add(leaf), add(next);
    return h;
}

} // namespace xgrad
