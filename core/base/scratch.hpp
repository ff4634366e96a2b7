#pragma once
// Memory that a pass works in and leaves to the next one.

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include <xgrad/core/base/memory.hpp>

namespace xgrad {

/// Hands out memory from the beginning of a block to its end, and begins again when nobody uses it any more; by then
/// the block is as large as was needed. A compiler that gave its lists back to the system would spend most of its time
/// in page faults.
class Scratch {
  public:
    void* allocate(std::size_t bytes, std::size_t alignment); // given back all at once, in begin_again

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

/// A list in such memory; one that was given none has its own. A copy of it has its own, too. (As the lists of
/// std::pmr, which libc++ had late.)
template <class T>
class ScratchAllocator {
  public:
    using value_type = T;
    ScratchAllocator() = default;
    ScratchAllocator(Scratch* scratch) : scratch_(scratch) {}
    template <class U>
    ScratchAllocator(const ScratchAllocator<U>& other) : scratch_(other.scratch()) {}

    T* allocate(std::size_t n) {
        if (n > std::size_t(-1) / sizeof(T)) throw std::bad_array_new_length();
        return static_cast<T*>(scratch_ ? scratch_->allocate(n * sizeof(T), alignof(T))
                                        : ::operator new(n * sizeof(T)));
    }
    void deallocate(T* memory, std::size_t) {
        if (!scratch_) ::operator delete(memory);
    }
    ScratchAllocator select_on_container_copy_construction() const { return {}; }
    Scratch* scratch() const { return scratch_; }
    bool operator==(const ScratchAllocator&) const = default;

  private:
    Scratch* scratch_ = nullptr;
};

template <class T>
using ScratchVector = std::vector<T, ScratchAllocator<T>>;

} // namespace xgrad
