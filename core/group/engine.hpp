#pragma once
// What carries bytes between ranks.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <xgrad/core/group.hpp>
#include <xgrad/core/shape.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

struct Outgoing {
    std::size_t to;
    const void* data;
    std::size_t bytes;
};
struct Incoming {
    std::size_t from;
    void* data;
    std::size_t bytes; // at most so many come
};

class GroupEngine {
  public:
    virtual ~GroupEngine() = default;
    virtual std::size_t rank() const = 0;
    virtual std::size_t size() const = 0;
    /// Sends and receives; what one rank sends to another arrives in the order of sending. Returns when all has
    /// arrived, or, once the time is over, a rank whose message has not. Throws a GroupError when a rank has failed.
    virtual std::optional<std::size_t> exchange(std::span<const Outgoing> out, std::span<const Incoming> in,
                                                std::chrono::milliseconds deadline) = 0;
    /// Makes all ranks throw a GroupError with this text, or with that of a rank that failed before.
    virtual void fail(const std::string& text) noexcept = 0;
    /// The text with which the ranks have failed, or none.
    virtual std::string failure() const = 0;
    /// The engines of all ranks in this process; this one alone, if there are none.
    virtual std::vector<std::shared_ptr<GroupEngine>> here() { return {}; }
    /// Sums over all ranks in an order of its own, which may be another one at another number of ranks; false if it has
    /// no way to do so.
    virtual bool all_reduce(DType, void*, std::size_t, std::chrono::milliseconds) { return false; }
};

/// What the engine is told of how long to wait.
inline std::chrono::milliseconds deadline_of(const Group& group) {
    constexpr double most = 1e9; // seconds
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(1000 * std::min(group.deadline(), most))));
}

} // namespace xgrad
#pragma GCC visibility pop
