#include <xgrad/core/graph/attribute_arena.hpp>

#include <algorithm>
#include <cstdint>

namespace xgrad {

void* AttributeArena::allocate(std::size_t size, std::size_t align) {
    for (;; ++chunk_, used_ = 0) {
        if (chunk_ == chunks_.size()) {
            const std::size_t bytes = std::max(chunk_bytes, size + align);
            chunks_.push_back({std::make_unique<std::byte[]>(bytes), bytes});
        }
        Chunk& chunk = chunks_[chunk_];
        const auto base = reinterpret_cast<std::uintptr_t>(chunk.data.get());
        const std::size_t start = (base + used_ + align - 1) / align * align - base;
        if (start + size <= chunk.bytes) {
            used_ = start + size;
            return chunk.data.get() + start;
        }
    }
}

} // namespace xgrad
