#pragma once
// Sums that do not depend on who takes part: there is one binary tree over the parts [0, n), the same for any number of
// ranks. Its nodes are [k 2^l, (k + 1) 2^l), cut off at n, and the value of a node is that of its first half plus that
// of its second. A rank does what lies within its own parts; the rest is exchanged and finished in the same tree.

#include <cstring>
#include <vector>

#include <xgrad/core/group/meeting.hpp>

namespace xgrad {

/// Parts in their order are put on the stack, and two that are the halves of a node become one. So there are never more
/// than about log2 n of them, and twice as many at the end of a rank's parts.
class TreeStack {
  public:
    TreeStack(std::size_t parts, std::byte* slots, std::size_t slot_bytes)
        : parts_(parts), slots_(slots), slot_bytes_(slot_bytes) {}

    /// `merge(into, from)` adds one slot to another, `copy(to, from)` copies one.
    template <class Merge, class Copy>
    void push(GroupPart part, const std::byte* data, Merge merge, Copy copy) {
        if (!nodes_.empty() && halves(nodes_.back(), part))
            merge(slot(nodes_.size() - 1), data), nodes_.back().count += part.count;
        else {
            copy(slot(nodes_.size()), data);
            nodes_.push_back(part);
            deepest_ = std::max(deepest_, nodes_.size());
        }
        while (nodes_.size() > 1 && halves(nodes_[nodes_.size() - 2], nodes_.back())) {
            merge(slot(nodes_.size() - 2), slot(nodes_.size() - 1));
            nodes_[nodes_.size() - 2].count += nodes_.back().count;
            nodes_.pop_back();
        }
    }
    const std::vector<GroupPart>& nodes() const { return nodes_; }
    std::size_t deepest() const { return deepest_; }

  private:
    bool halves(const GroupPart& a, const GroupPart& b) const {
        const std::size_t whole = 2 * a.count;
        return (a.count & (a.count - 1)) == 0 && a.first % whole == 0 && b.first == a.end() &&
               b.end() == std::min(a.first + whole, parts_);
    }
    std::byte* slot(std::size_t i) const { return slots_ + i * slot_bytes_; }

    std::size_t parts_;
    std::byte* slots_;
    std::size_t slot_bytes_;
    std::vector<GroupPart> nodes_;
    std::size_t deepest_ = 0;
};

/// The nodes that are left of some of the parts, and how many slots they take on the way.
struct TreeNodes {
    std::vector<GroupPart> nodes;
    std::size_t slots = 0;
};
TreeNodes tree_nodes(GroupPart own, std::size_t parts);

/// Numbers of which each is the sum over all parts, and behind them others of which each is the greatest.
struct Reduction {
    DType dtype;
    std::size_t sums, maxima;
    std::size_t count() const { return sums + maxima; }
    std::size_t bytes() const { return count() * size_of(dtype); }
};

/// Of the numbers from `first` on, `count` of them.
void merge(const Reduction& reduction, std::size_t first, std::size_t count, std::byte* into, const std::byte* from);

/// Which parts each rank has.
struct Parts {
    std::size_t parts;
    bool sharded; // they are the shards, else the ranks
    GroupPart of(const Group& group, std::size_t rank) const {
        return sharded ? group.shards_of(rank) : GroupPart{rank, 1};
    }
};

/// What is left of a rank's parts, one after the other at a distance of `stride` bytes, to the values of the whole
/// tree.
void reduce_over(const Group& group, const Meeting& meeting, const Parts& parts, const Reduction& reduction,
                 const std::byte* nodes, std::size_t stride, std::byte* out);

/// What each rank has for its parts, `bytes` for each of them, to all of it in their order.
void gather_over(const Group& group, const Meeting& meeting, const Parts& parts, std::size_t bytes,
                 const std::byte* own, std::byte* out);

} // namespace xgrad
