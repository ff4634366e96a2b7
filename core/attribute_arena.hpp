#pragma once
// Where the attributes of ops are kept.

#include <cstddef>
#include <memory>
#include <vector>

namespace xgrad {

/// Memory for attributes: grows in chunks that never move, shrinks to an earlier position.
class AttributeArena {
  public:
    struct Position {
        std::size_t chunk = 0, used = 0;
    };
    void* allocate(std::size_t size, std::size_t align);
    Position position() const { return {chunk_, used_}; }
    void release(Position position) { chunk_ = position.chunk, used_ = position.used; }

  private:
    static constexpr std::size_t chunk_bytes = 1 << 16;
    struct Chunk {
        std::unique_ptr<std::byte[]> data;
        std::size_t bytes;
    };
    std::vector<Chunk> chunks_;
    std::size_t chunk_ = 0, used_ = 0;
};

/// Where an op without attributes may be thought to stand.
inline const void* op_without_attributes() {
    static const char nothing = 0;
    return &nothing;
}

} // namespace xgrad
