#include <xgrad/core/base/scratch.hpp>

#include <algorithm>

namespace xgrad {

void* Scratch::allocate(std::size_t bytes, std::size_t alignment) {
    std::size_t at = (used_ + alignment - 1) / alignment * alignment;
    if (blocks_.empty() || blocks_.back().bytes < at + bytes) {
        const std::size_t size = std::max(next_bytes_, bytes);
        blocks_.emplace_back(size);
        next_bytes_ = 2 * size;
        at = 0;
    }
    used_ = at + bytes;
    return blocks_.back().data + at;
}

void Scratch::begin_again() {
    used_ = 0;
    if (blocks_.size() == 1 && blocks_[0].bytes <= most_kept) return;
    std::size_t bytes = 0;
    for (const Block& block : blocks_)
        bytes += block.bytes;
    if (bytes != 0) next_bytes_ = std::min(bytes, most_kept); // in one block
    blocks_.clear();
}

} // namespace xgrad
