#pragma once
// Memory that a pass works in and leaves to the next one.

#include <cstddef>
#include <memory_resource>
#include <utility>
#include <vector>

#include <xgrad/core/base/memory.hpp>

namespace xgrad {

/// Hands out memory from the beginning of a block to its end, and begins again when nobody uses it any more; by then
/// the block is as large as was needed. A compiler that gave its lists back to the system would spend most of its time
/// in page faults.
class Scratch : public std::pmr::memory_resource {
  public:
    /// While the outermost one stands, memory may be taken.
    class Use {
      public:
        explicit Use(Scratch& scratch) : scratch_(scratch) { ++scratch_.users_; }
        ~Use() {
            if (--scratch_.users_ == 0) scratch_.begin_again();
        }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

      private:
        Scratch& scratch_;
    };

  private:
    static constexpr std::size_t most_kept = 8 << 20; // a tape does not hold on to more

    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void*, std::size_t, std::size_t) override {} // all at once, in begin_again
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
    void begin_again();

    struct Block {
        explicit Block(std::size_t size) : data(LargeAllocator<std::byte>().allocate(size)), bytes(size) {}
        ~Block() {
            if (data) LargeAllocator<std::byte>().deallocate(data, bytes);
        }
        Block(Block&& other) noexcept : data(std::exchange(other.data, nullptr)), bytes(other.bytes) {}
        Block& operator=(Block&&) = delete;
        std::byte* data;
        std::size_t bytes;
    };
    std::vector<Block> blocks_; // the last one is in use
    std::size_t used_ = 0;      // of it
    std::size_t next_bytes_ = 64 << 10;
    std::size_t users_ = 0;
};

} // namespace xgrad
