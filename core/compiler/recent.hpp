#pragma once
// What was compiled lately: a small graph that is recorded again, the same as before, gets its program without a compilation.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <xgrad/core/graph/graph.hpp>

namespace xgrad {

class Executable;

/// All that a program is compiled from, but for the nodes.
struct Order {
    CompileOptions options;
    std::vector<std::uint32_t> outputs, inputs;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> updates; // leaf, next
    bool operator==(const Order&) const = default;
};

/// The last few programs of a tape, with copies of the nodes that each was compiled from. Only programs that nobody holds are
/// given out, so no two callers share one, and only what is compiled for the second time is kept.
class RecentPrograms {
  public:
    RecentPrograms();
    ~RecentPrograms();
    /// The program that was compiled from these nodes, or null.
    std::shared_ptr<Executable> find(const Graph& graph, const Order& order) const;
    /// `needed`: the nodes that it was compiled from, in any order.
    void add(const Graph& graph, const Order& order, std::span<const std::uint32_t> needed,
             std::shared_ptr<Executable> executable);

  private:
    struct Entry;
    static constexpr std::size_t most_entries = 8, most_nodes = 1 << 16, most_bytes = 4 << 20;
    static std::uint64_t fingerprint(const Graph& graph, const Order& order, std::span<const std::uint32_t> needed);
    std::vector<std::unique_ptr<Entry>> entries_; // the oldest first
    std::vector<std::uint64_t> seen_;             // fingerprints of what was compiled once; the oldest first
};

} // namespace xgrad
