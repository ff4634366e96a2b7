#pragma once
// In what order a reader finds the elements of an operand, and whether a loop over rows can take them as they lie.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include <xgrad/core/graph/attribute_arena.hpp>
#include <xgrad/core/kernels/tables.hpp>
#include <xgrad/core/shape.hpp>

namespace xgrad {

/// How one operand's elements follow each other while the reader goes over its own, in row-major order: a layout
/// without axes of extent 1, neighbours merged where they run on. Nearly all have at most two axes left.
struct Pattern {
    std::size_t count = 0; // elements read in all
    bool whole = false;    // at once, not row by row
    std::size_t rank = 0;
    std::array<std::size_t, 2> extents{}; // of the first two axes
    std::array<std::int64_t, 2> strides{};
    std::int64_t offset = 0;
    const GatherMap* map = nullptr; // all axes, where there are more

    static Pattern of(const Layout& layout, std::deque<GatherMap>& maps);
    static Pattern of_dense(std::size_t numel) {
        return {.count = numel, .rank = numel == 1 ? 0u : 1u, .extents = {numel, 0}, .strides = {1, 0}};
    }
    /// One element, shown so many times.
    static Pattern of_number(std::size_t count) { return {.count = count}; }
    bool dense() const { return offset == 0 && (rank == 0 || (rank == 1 && strides[0] == 1)); }
    bool operator==(const Pattern&) const = default;

    /// All axes, for a kernel that gathers.
    const GatherMap* keep(AttributeArena& arena) const;
};

/// Whether the operand can be read in place by a loop of `rows` rows; if not it must be copied into a register first.
struct Reading {
    enum class Kind : std::uint8_t { rows, spread, gather } kind;
    std::int64_t stride = 0; // elements from row to row
};
inline Reading reading(const Pattern& p, std::size_t rows, std::size_t width) {
    using Kind = Reading::Kind;
    const auto w = static_cast<std::int64_t>(width);
    if (rows * width <= 1) return {Kind::rows, w};
    if (p.rank == 1 && p.strides[0] == 1) return {Kind::rows, w};
    if (p.rank == 0 || (p.rank == 1 && p.strides[0] == 0)) return {Kind::spread, 0};
    if (p.rank == 1 && width == 1) return {Kind::rows, p.strides[0]};
    if (p.rank == 2 && p.extents[0] == rows && (p.strides[1] == 0 || p.strides[1] == 1))
        return {p.strides[1] == 1 ? Kind::rows : Kind::spread, p.strides[0]};
    return {Kind::gather, 0};
}

/// How the axes of a reduction stand among those of extent other than 1.
struct ReducedAxes {
    ReducedAxes(const Shape& shape, const Dims& axes);
    std::array<bool, max_rank> reduced{};
    std::size_t kept = 1, gone = 1; // elements
    /// No axes; all of them; what is kept are columns; or each element that is kept is one of a row.
    enum class Kind { none, all, columns, rows } kind;
    bool in_order; // the rows lie so
};

/// The layout with the reduced axes behind the others.
Layout reduced_last(const Layout& layout, const std::array<bool, max_rank>& reduced);

/// Whether a loop over the rows of the matrix can read them where they lie.
bool by_rows(const Layout& matrix);

/// Whether a product of matrices (the last two axes) can read the operand where it lies: row-major, or either way.
bool gemm_rows(const Layout& matrix);
bool gemm_operand(const Layout& matrices);

} // namespace xgrad
