#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <vector>

namespace xgrad {

/// From this size on memory is asked for in huge pages: it takes fewer page faults, and fewer address translations.
inline constexpr std::size_t huge_page = 2u << 20, large_bytes = 2 * huge_page;
std::byte* allocate_large(std::size_t bytes);
inline void release_large(void* memory) { ::operator delete(memory, std::align_val_t(huge_page)); }

/// Aligned memory for the elements of one array; shared by the tape and by the programs that use it.
class Buffer {
  public:
    explicit Buffer(std::size_t bytes);
    ~Buffer();
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    std::byte* data() const { return data_; }
    std::size_t bytes() const { return bytes_; }

  private:
    std::byte* data_ = nullptr;
    std::size_t bytes_ = 0;
};

template <class T>
struct LargeAllocator {
    using value_type = T;
    LargeAllocator() = default;
    template <class U>
    LargeAllocator(const LargeAllocator<U>&) {}

    T* allocate(std::size_t n) {
        if (n * sizeof(T) < large_bytes) return static_cast<T*>(::operator new(n * sizeof(T)));
        return reinterpret_cast<T*>(allocate_large(n * sizeof(T)));
    }
    void deallocate(T* memory, std::size_t n) {
        if (n * sizeof(T) < large_bytes)
            ::operator delete(memory);
        else
            release_large(memory);
    }
    bool operator==(const LargeAllocator&) const { return true; }
};

/// A list that may have millions of elements.
template <class T>
using LargeVector = std::vector<T, LargeAllocator<T>>;

/// Room for so many more elements: adding them cannot fail then. It grows as push_back does.
template <class T, class A>
void make_room(std::vector<T, A>& list, std::size_t more = 1) {
    if (list.capacity() - list.size() < more) list.reserve(std::max(list.size() + more, 2 * list.capacity()));
}

} // namespace xgrad
