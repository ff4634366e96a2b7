#pragma once

#include <xgrad/core/compiler/ir.hpp>

namespace xgrad {

/// The passes after fusing, in their order.
void check(const LoopIR& ir); // in debug builds, after each of them
void sink(LoopIR& ir);
void find_memory(LoopIR& ir);
void find_in_place(LoopIR& ir);
void place_memory(LoopIR& ir, Plan& plan);
void choose_superinstructions(LoopIR& ir);
void read_bytes_in_products(LoopIR& ir);
void emit(LoopIR& ir, Plan& plan);

/// The loops and their statements, with the nodes as values; in brackets is what lies in memory.
std::string text_of(const LoopIR& ir);

/// What the calls of a loop ask of its blocks of rows.
struct BlockDemands {
    std::vector<std::size_t> register_row_bytes; // of each register
    std::size_t streamed_row_bytes = 0;          // of the longest row of a narrow product
    std::size_t least_chunk = 0;                 // rows
    double row_work = 0;                         // beside that of the calls themselves
};
void choose_blocks(Loop& loop, const BlockDemands& demands);
/// Large arrays that the loop goes over row by row without a gap.
void find_prefetched(Loop& loop, const BlockDemands& demands);
/// Until place_registers a place in a register is the register's number and the offset within; then it is an offset
/// among all.
struct NumberedRegister {
    std::uint32_t number;
    std::int32_t within = 0;

    Place place() const { return {base_registers, (static_cast<std::int64_t>(number) << 32) + within, 0}; }
    static NumberedRegister of(const Place& place) {
        const auto within = static_cast<std::int32_t>(place.offset & 0xFFFFFFFF);
        return {static_cast<std::uint32_t>((place.offset - within) >> 32), within};
    }
};
void place_registers(Loop& loop, const BlockDemands& demands);
/// What a register takes: vectors may be read past its end.
constexpr std::size_t register_room(std::size_t bytes) { return aligned(bytes) + 64; }
/// Below this many columns, operands that are spread over a row or a column are expanded in registers, so that every
/// kernel sees one long row.
inline constexpr std::size_t expanded_below = 48;

Product make_product(LoopIR& ir, const Nest& nest);
OpaqueCall make_opaque(LoopIR& ir, Plan& plan, const Nest& nest);

/// What to look at after the last emitted nest, or, without one, before the first.
void watch_leaves(const LoopIR& ir, Plan& plan);
void watch(const LoopIR& ir, const Nest& nest, Plan& plan);

} // namespace xgrad
