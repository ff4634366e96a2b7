#pragma once
// Ranks come together at an op, see that it is the same one, and exchange bytes.

#include <cstdint>

#include <xgrad/core/group/engine.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// What brings ranks together. All of it must be the same everywhere.
struct Meeting {
    const char* op;
    Location where;
    std::uint64_t program = 0; // a hash of what was recorded
};

/// Up to so many bytes go along with the news of having arrived.
inline constexpr std::size_t small_message = 8192;

/// What each rank has brought, up to small_message bytes.
class Brought {
  public:
    Brought(const Group& group, const Meeting& meeting, std::span<const std::byte> own);
    std::span<const std::byte> of(std::size_t rank) const;

  private:
    std::byte* all_; // scratch of this thread
};

/// Sends and receives what ranks that have met know to come.
void exchange(const Group& group, const Meeting& meeting, std::span<const Outgoing> out, std::span<const Incoming> in);

/// One rank's bytes to all others.
void broadcast_over(const Group& group, const Meeting& meeting, void* data, std::size_t bytes, std::size_t from);

/// Memory of this thread that grows, for what lies in it until the next call with this number.
std::byte* group_scratch(std::size_t number, std::size_t bytes);

} // namespace xgrad
#pragma GCC visibility pop
