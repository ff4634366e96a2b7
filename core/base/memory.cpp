#include <xgrad/core/base/memory.hpp>
#include <xgrad/core/base/red_zones.hpp>

#include <sys/mman.h>

#include <cstring>

namespace xgrad {

std::byte* allocate_large(std::size_t bytes) {
    const std::size_t size = (bytes + huge_page - 1) / huge_page * huge_page;
    auto* memory = static_cast<std::byte*>(::operator new(size, std::align_val_t(huge_page)));
#ifdef MADV_HUGEPAGE
    madvise(memory, size, MADV_HUGEPAGE);
#endif
    return memory;
}

namespace {
constexpr std::align_val_t cache_line{64};
} // namespace

Buffer::Buffer(std::size_t bytes) : bytes_(bytes) {
    // Beyond the last element lie 64 bytes that nobody may touch: no kernel reads more than its elements, because
    // arguments are read where the user has them.
    if (bytes >= large_bytes)
        data_ = allocate_large(bytes + 64);
    else {
        data_ = static_cast<std::byte*>(::operator new(bytes + 64, cache_line));
        std::memset(data_, 0, bytes + 64);
    }
    close_memory(data_ + bytes, 64);
}

Buffer::~Buffer() {
    if (bytes_ >= large_bytes)
        release_large(data_);
    else
        ::operator delete(data_, cache_line);
}

} // namespace xgrad
