#pragma once
// Ranks that work on one model together, each with a tape of its own: processes (see mpi/world.hpp) or threads. Ops
// that combine what they have are in ops/collective.hpp; nothing here knows MPI.

#include <cstddef>
#include <functional>
#include <memory>

#include <xgrad/core/error.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// What has ended the work of all ranks: one of them threw or did not come, or they have recorded different programs.
/// Every rank gets the same text.
class GroupError : public Error {
  public:
    explicit GroupError(const std::string& text, bool told = false) : Error(text), told_(told) {}
    /// Whether another rank has told this one, and so has the text as well.
    bool told() const { return told_; }

  private:
    bool told_;
};

struct GroupOptions {
    /// Into so many parts a batch is cut, however many ranks there are, see sharded.
    std::size_t shards = 64;
    /// How many seconds ranks wait for each other before they give up.
    double deadline = 60;
};

/// Some of what is numbered from 0 on.
struct GroupPart {
    std::size_t first = 0, count = 0;
    std::size_t end() const { return first + count; }
    bool operator==(const GroupPart&) const = default;
};

class GroupEngine;

/// One rank among others. Copies are the same rank. Group{} is one rank alone.
class Group {
  public:
    Group();
    explicit Group(std::shared_ptr<GroupEngine> engine, GroupOptions options = {},
                   Location where = Location::current());

    std::size_t rank() const;
    std::size_t size() const;
    std::size_t shards() const { return options_.shards; }
    double deadline() const { return options_.deadline; }

    /// The shards that a rank works on: they follow each other, and no rank has over one more than another.
    GroupPart shards_of(std::size_t rank) const;
    /// The rows of a batch that are this rank's: those of its shards. Their number must be a multiple of that of the
    /// shards.
    GroupPart rows(std::size_t batch, Location where = Location::current()) const;
    /// The largest number of shards, up to shards(), that a batch of so many rows can be cut into. It does not depend
    /// on the number of ranks, so neither do bits.
    std::size_t shards_for(std::size_t batch) const;
    /// The same ranks with so many shards; this rank alone, if there are more ranks than that.
    Group for_batch(std::size_t batch) const;

    /// The same ranks with another number of shards.
    Group with_shards(std::size_t shards, Location where = Location::current()) const;
    /// This rank alone, which has all shards to itself: what all ranks compute so is the same.
    Group alone() const;

    /// Returns once all ranks have come here.
    void barrier(Location where = Location::current()) const;
    /// Writes the bytes of one rank over those of all others; there are as many of them everywhere.
    void broadcast(void* data, std::size_t bytes, std::size_t from = 0, Location where = Location::current()) const;
    /// Ends the work of all ranks: those that wait, and those that come to wait, throw a GroupError with this text.
    void fail(const std::string& text) const noexcept;

    /// The same rank of the same ranks, with as many shards.
    bool operator==(const Group& other) const { return engine_ == other.engine_ && shards() == other.shards(); }
    GroupEngine& engine() const { return *engine_; }

  private:
    std::shared_ptr<GroupEngine> engine_;
    GroupOptions options_;
};

/// So many ranks that are threads of this process, for tests and for finding mistakes; see run.
[[nodiscard]] Group local_group(std::size_t ranks, GroupOptions options = {}, Location where = Location::current());

/// Calls f for each rank that this process has: one if the ranks are processes; of a local_group all, each in a thread
/// of its own. What one of them throws is told to all others, and is thrown here once they have ended.
///
///     xg::run(xg::local_group(4), [](xg::Group world) { ... });
void run(const Group& group, const std::function<void(Group)>& f);

} // namespace xgrad
#pragma GCC visibility pop
