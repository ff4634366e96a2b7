#include <xgrad/core/group/tree.hpp>

#include <algorithm>

namespace xgrad {
namespace {

template <class T>
void add(T* into, const T* from, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
        into[i] = static_cast<T>(into[i] + from[i]);
}

/// As the op `maximum`: a NaN stays one.
template <class T>
void keep_greatest(T* into, const T* from, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
        into[i] = from[i] > into[i] || from[i] != from[i] ? from[i] : into[i];
}

/// A stretch of the numbers.
struct Stretch {
    std::size_t first, count;
};

/// The numbers that a rank of `ranks` finishes for all.
Stretch stretch_of(std::size_t rank, std::size_t ranks, std::size_t count) {
    const std::size_t first = rank * count / ranks;
    return {first, (rank + 1) * count / ranks - first};
}

/// Puts the nodes of all ranks together. at(rank, k) is the k-th of a rank.
template <class At>
void finish(const Group& group, const Parts& parts, const Reduction& r, Stretch s, At at, std::byte* out) {
    const std::size_t bytes = s.count * size_of(r.dtype);
    std::vector<std::vector<GroupPart>> nodes;
    TreeStack sizes(parts.parts, nullptr, 0);
    const auto nothing = [](std::byte*, const std::byte*) {};
    for (std::size_t rank = 0; rank < group.size(); ++rank) {
        nodes.push_back(tree_nodes(parts.of(group, rank), parts.parts).nodes);
        for (const GroupPart& node : nodes.back())
            sizes.push(node, nullptr, nothing, nothing);
    }
    const std::size_t stride = (bytes + 63) / 64 * 64;
    std::byte* const slots = group_scratch(0, sizes.deepest() * stride);
    TreeStack stack(parts.parts, slots, stride);
    for (std::size_t rank = 0; rank < group.size(); ++rank)
        for (std::size_t k = 0; k < nodes[rank].size(); ++k)
            stack.push(
                nodes[rank][k], at(rank, k),
                [&](std::byte* into, const std::byte* from) { merge(r, s.first, s.count, into, from); },
                [&](std::byte* to, const std::byte* from) { std::memcpy(to, from, bytes); });
    std::memcpy(out, slots, bytes);
}

} // namespace

TreeNodes tree_nodes(GroupPart own, std::size_t parts) {
    TreeStack stack(parts, nullptr, 0);
    const auto nothing = [](std::byte*, const std::byte*) {};
    for (std::size_t part = own.first; part < own.end(); ++part)
        stack.push({part, 1}, nullptr, nothing, nothing);
    return {stack.nodes(), stack.deepest()};
}

void merge(const Reduction& r, std::size_t first, std::size_t count, std::byte* into, const std::byte* from) {
    detail::visit(r.dtype, [&]<class T>(T) {
        const std::size_t sums = std::min(first + count, r.sums) - std::min(first, r.sums);
        auto* const to = reinterpret_cast<T*>(into);
        const auto* const its = reinterpret_cast<const T*>(from);
        add(to, its, sums);
        keep_greatest(to + sums, its + sums, count - sums);
    });
}

void reduce_over(const Group& group, const Meeting& meeting, const Parts& parts, const Reduction& r,
                 const std::byte* nodes, std::size_t stride, std::byte* out) {
    if (r.count() == 0) return;
    const std::size_t ranks = group.size(), rank = group.rank(), bytes = r.bytes(), element = size_of(r.dtype);
    const auto nodes_of = [&](std::size_t k) { return tree_nodes(parts.of(group, k), parts.parts).nodes.size(); };
    const auto own = [&](std::size_t, std::size_t k) { return nodes + k * stride; };
    if (ranks == 1) return finish(group, parts, r, {0, r.count()}, own, out);
    std::size_t most = 0;
    for (std::size_t k = 0; k < ranks; ++k)
        most = std::max(most, nodes_of(k) * bytes);
    if (most <= small_message) { // everyone gets all, and finishes it
        std::byte* const packed = group_scratch(1, most);
        for (std::size_t k = 0; k < nodes_of(rank); ++k)
            std::memcpy(packed + k * bytes, nodes + k * stride, bytes);
        const Brought brought(group, meeting, {packed, nodes_of(rank) * bytes});
        return finish(
            group, parts, r, {0, r.count()},
            [&](std::size_t from, std::size_t k) { return brought.of(from).data() + k * bytes; }, out);
    }
    // Each finishes a stretch, and gives it to all.
    const Brought brought(group, meeting, {});
    const Stretch mine = stretch_of(rank, ranks, r.count());
    const std::size_t piece = mine.count * element;
    std::vector<std::size_t> first_of{0};
    for (std::size_t k = 0; k < ranks; ++k)
        first_of.push_back(first_of.back() + nodes_of(k));
    std::byte* const pieces = group_scratch(1, first_of.back() * piece);
    std::vector<Outgoing> sent;
    std::vector<Incoming> received;
    for (std::size_t step = 1; step < ranks; ++step) {
        const std::size_t to = (rank + step) % ranks, from = (rank + ranks - step) % ranks;
        const Stretch its = stretch_of(to, ranks, r.count());
        for (std::size_t k = 0; k < nodes_of(rank) && its.count != 0; ++k)
            sent.push_back({to, nodes + k * stride + its.first * element, its.count * element});
        for (std::size_t k = 0; k < nodes_of(from) && piece != 0; ++k)
            received.push_back({from, pieces + (first_of[from] + k) * piece, piece});
    }
    exchange(group, meeting, sent, received);
    std::byte* const done = out + mine.first * element;
    finish(
        group, parts, r, mine,
        [&](std::size_t from, std::size_t k) -> const std::byte* {
            return from == rank ? nodes + k * stride + mine.first * element : pieces + (first_of[from] + k) * piece;
        },
        done);
    sent.clear();
    received.clear();
    for (std::size_t step = 1; step < ranks; ++step) {
        const std::size_t to = (rank + step) % ranks, from = (rank + ranks - step) % ranks;
        const Stretch its = stretch_of(from, ranks, r.count());
        if (piece != 0) sent.push_back({to, done, piece});
        if (its.count != 0) received.push_back({from, out + its.first * element, its.count * element});
    }
    exchange(group, meeting, sent, received);
}

void gather_over(const Group& group, const Meeting& meeting, const Parts& parts, std::size_t bytes,
                 const std::byte* own, std::byte* out) {
    const std::size_t ranks = group.size(), rank = group.rank();
    const auto bytes_of = [&](std::size_t k) { return parts.of(group, k).count * bytes; };
    const auto place_of = [&](std::size_t k) { return out + parts.of(group, k).first * bytes; };
    std::size_t most = 0;
    for (std::size_t k = 0; k < ranks; ++k)
        most = std::max(most, bytes_of(k));
    if (most == 0) return;
    std::memcpy(place_of(rank), own, bytes_of(rank));
    if (ranks == 1) return;
    const bool small = most <= small_message;
    const Brought brought(group, meeting, {own, small ? bytes_of(rank) : 0});
    std::vector<Outgoing> sent;
    std::vector<Incoming> received;
    for (std::size_t k = 0; k < ranks; ++k) {
        if (k == rank || bytes_of(k) == 0) continue;
        if (small)
            std::memcpy(place_of(k), brought.of(k).data(), bytes_of(k));
        else
            received.push_back({k, place_of(k), bytes_of(k)});
    }
    if (small) return;
    for (std::size_t step = 1; step < ranks && bytes_of(rank) != 0; ++step)
        sent.push_back({(rank + step) % ranks, own, bytes_of(rank)});
    exchange(group, meeting, sent, received);
}

} // namespace xgrad
