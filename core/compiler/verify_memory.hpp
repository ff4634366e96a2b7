#pragma once
// What the verifier of plans knows of memory: which elements of which node stand where.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include <xgrad/core/program/plan.hpp>

namespace xgrad::verify_memory {

struct Content {
    enum class Kind : std::uint8_t {
        elements,    // of a node
        started,     // an accumulator that holds the identity
        accumulated, // and one that the node's input has been added to
        packed,      // a matrix in the order in which narrow products read it
        scratch      // what a kernel leaves behind
    } kind = Kind::elements;
    std::uint32_t node = ~0u;
    std::size_t count = 0; // in a register: of all rows of the loop, though it has room for those of a block
    std::size_t element_bytes = 0;
    std::size_t stored = ~std::size_t{0};       // elements that there is room for, if not `count`
    bool fixed = false;                         // the same for all blocks of a chunk
    std::function<std::size_t(std::size_t)> at; // which element of the node stands at a position; null: each at its own

    std::int64_t size() const { return static_cast<std::int64_t>(element_bytes); }
    std::size_t bytes() const { return std::min(count, stored) * element_bytes; }
    std::size_t element(std::size_t i) const { return at ? at(i) : i; }
};

struct Stretch {
    std::int64_t begin = 0;
    Content content;
    std::int64_t end() const { return begin + static_cast<std::int64_t>(content.bytes()); }
};

/// Stretches that do not overlap, for each base: what is written replaces all that it touches.
class Memory {
  public:
    const Stretch* find(std::uint32_t base, std::int64_t byte) const {
        const auto of_base = bases_.find(base);
        if (of_base == bases_.end()) return nullptr;
        auto it = of_base->second.upper_bound(byte);
        if (it == of_base->second.begin()) return nullptr;
        --it;
        return byte < std::max(it->second.end(), it->second.begin + 1) ? &it->second : nullptr;
    }
    void write(std::uint32_t base, std::int64_t begin, Content content) {
        auto& stretches = bases_[base];
        Stretch stretch{begin, std::move(content)};
        auto it = stretches.upper_bound(begin);
        if (it != stretches.begin() && std::prev(it)->second.end() > begin) --it;
        while (it != stretches.end() && it->second.begin < stretch.end())
            it = stretches.erase(it);
        stretches.insert_or_assign(begin, std::move(stretch));
    }
    void clear(std::uint32_t base) { bases_.erase(base); }
    std::vector<std::pair<std::int64_t, Content>> stretches(std::uint32_t base) const {
        std::vector<std::pair<std::int64_t, Content>> all;
        if (const auto it = bases_.find(base); it != bases_.end())
            for (const auto& [begin, stretch] : it->second)
                all.emplace_back(begin, stretch.content);
        return all;
    }

  private:
    std::unordered_map<std::uint32_t, std::map<std::int64_t, Stretch>> bases_;
};

/// How a call of a loop reads an operand, or writes its result: element e of an iteration over rows, subrows and
/// columns.
struct Reading {
    Place place;
    std::int64_t stride = 0;
    bool spread = false, flat = false;
    std::size_t subrows = 1, cols = 1;

    std::size_t total(const Loop& loop) const { return loop.rows * subrows * cols; }
    std::size_t row(std::size_t e) const { return e / (cols * subrows); }
    /// The address, counted from the base. A register holds the rows of the present block: its row_bytes are 0.
    std::int64_t byte(std::size_t e, std::int64_t element_bytes, const Loop& loop) const {
        const std::size_t block = row(e) / loop.block_rows * loop.block_rows;
        const auto line = static_cast<std::int64_t>(e / cols - block * subrows),
                   column = static_cast<std::int64_t>(e % cols);
        const std::int64_t at = !flat    ? line * stride + (spread ? 0 : column)
                                : spread ? 0
                                         : line * static_cast<std::int64_t>(cols) + column;
        const std::int64_t moved = static_cast<std::int64_t>(block) * place.row_bytes;
        return place.offset + moved + at * element_bytes;
    }
};

/// An element that stands in memory, or what stands there instead.
struct Shown {
    const Content* content = nullptr;
    std::size_t index = 0;
    const char* wrong = content ? nullptr : "what holds no array";
};

inline Shown in_array(const Stretch& stretch, std::int64_t byte) {
    const Content& c = stretch.content;
    if (c.kind != Content::Kind::elements) return {};
    if ((byte - stretch.begin) % c.size() != 0) return {.wrong = "what lies between two elements"};
    if (byte < stretch.begin || byte >= stretch.end()) return {.wrong = "beyond the end of an array"};
    return {&c, static_cast<std::size_t>((byte - stretch.begin) / c.size())};
}

inline Shown in_register(const Stretch& stretch, const Reading& r, std::size_t e, const Loop& loop) {
    const Content& c = stretch.content;
    if (c.kind != Content::Kind::elements) return {};
    const std::size_t row = r.row(e), width = c.count / std::max<std::size_t>(1, loop.rows),
                      block = row / loop.block_rows * loop.block_rows,
                      first = c.fixed ? row / loop.chunk_rows * loop.chunk_rows : block;
    const auto room = static_cast<std::int64_t>(std::min(loop.block_rows, loop.rows - block) * width);
    const std::int64_t position = (r.byte(e, c.size(), loop) - stretch.begin) / c.size();
    if (position < 0 || position >= room) return {.wrong = "beyond the end of a register"};
    return {&c, first * width + static_cast<std::size_t>(position)};
}

} // namespace xgrad::verify_memory
