#pragma once

#include <xgrad/core/compiler/draft.hpp>

namespace xgrad {

/// The passes after fusing, in their order.
void check(const Draft& draft); // in debug builds, after each of them
void sink(Draft& draft);
void find_memory(Draft& draft);
void find_in_place(Draft& draft);
void place_memory(Draft& draft, Plan& plan);
void choose_superinstructions(Draft& draft);
void read_bytes_in_products(Draft& draft);
void emit(Draft& draft, Plan& plan);

/// What the calls of a loop ask of its blocks of rows.
struct BlockDemands {
    std::vector<std::size_t> register_row_bytes; // of each register
    std::size_t streamed_row_bytes = 0;          // of the longest row of a narrow product
    std::size_t least_chunk = 0;                 // rows
    double row_work = 0;                         // beside that of the calls themselves
};
void choose_blocks(Loop& loop, const BlockDemands& demands);
/// Large arrays that the loop goes over row by row without a gap.
void find_fetched(Loop& loop, const BlockDemands& demands);
/// Gives the registers, until then numbers, their offsets.
void place_registers(Loop& loop, const BlockDemands& demands);
/// What a register takes: vectors may be read past its end.
constexpr std::size_t register_room(std::size_t bytes) { return aligned(bytes) + 64; }
/// Below this many columns, operands that are spread over a row or a column are spread out in registers, so that every
/// kernel sees one long row.
inline constexpr std::size_t narrow = 48;

/// Whether the loop replaces the leaf by its next value before that member.
bool overwritten_before(const Draft& draft, int step, ValueId id, std::uint32_t member);

Product make_product(Draft& draft, const DraftStep& step);
OpaqueCall make_opaque(Draft& draft, Plan& plan, const DraftStep& step);

/// What to look at after the last emitted step, or, without one, before the first.
void watch_leaves(const Draft& draft, Plan& plan);
void watch(const Draft& draft, const DraftStep& step, Plan& plan);

} // namespace xgrad
