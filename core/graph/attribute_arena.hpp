#pragma once
// Where the attributes of ops are kept.

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <xgrad/core/base/memory.hpp>
#include <xgrad/core/graph/op_info.hpp>

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

/// An arena of copies that are destroyed with it.
class KeptAttributes : public AttributeArena {
  public:
    KeptAttributes() = default;
    ~KeptAttributes() {
        for (auto [destroy, op] : destructors_)
            destroy(op);
    }
    KeptAttributes(const KeptAttributes&) = delete;
    KeptAttributes& operator=(const KeptAttributes&) = delete;

    const void* keep(const OpInfo& info, const void* op) {
        if (info.empty) return op_without_attributes();
        if (info.destroy) make_room(destructors_);
        void* kept = allocate(info.size, info.align);
        info.copy(kept, op);
        if (info.destroy) destructors_.emplace_back(info.destroy, kept);
        return kept;
    }

  private:
    std::vector<std::pair<void (*)(void*), void*>> destructors_;
};

} // namespace xgrad
