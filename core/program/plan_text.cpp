// Plans and their results as text.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <xgrad/core/base/blas.hpp>
#include <xgrad/core/base/element_text.hpp>
#include <xgrad/core/program.hpp>
#include <xgrad/core/program/plan.hpp>

namespace xgrad {

std::string Results::str() const {
    std::string text;
    for (std::size_t i = 0; i < size(); ++i)
        text += fmt::format("{}{} {} = {}", i == 0 ? "" : "\n", name(type(i).dtype), type(i).shape.str(),
                            elements_text(type(i), data(i)));
    return text;
}

std::string Plan::str() const {
    std::string text;
    for (const PlanItem& item : items) {
        if (item.kind == PlanItem::Kind::loop) {
            const Loop& loop = loops[item.index];
            text += fmt::format("loop over {} rows, {} at a time, {} chunks, {} bytes of registers\n", loop.rows,
                                loop.block_rows, loop.chunks(), loop.register_bytes);
            auto place = [](const Place& p) {
                constexpr const char* bases[] = {"r", "acc", "arena", "out", "number"};
                return p.base < first_free_base ? fmt::format("{}[{}]", bases[p.base], p.offset)
                                                : fmt::format("leaf{}[{}]", p.base - first_free_base, p.offset);
            };
            auto lines = [&](const LargeVector<Instruction>& list, const char* indent) {
                for (const Instruction& i : list) {
                    text += fmt::format("{}{} = {}", indent, place(i.out), i.name);
                    for (std::size_t k = 0; k < i.inputs; ++k)
                        text += fmt::format(" {}", place(i.in[k]));
                    text += fmt::format(" : {}{}\n", i.cols, i.flat ? "" : " by rows");
                }
            };
            lines(loop.setup, "  first: ");
            lines(loop.prologue, "  once: ");
            lines(loop.body, "  ");
            for (const Accumulator& a : loop.accumulators)
                text += fmt::format("  at the end: {} = {} of {} partial\n", place(a.out), a.name, a.count);
        } else if (item.kind == PlanItem::Kind::product) {
            const Product& p = products[item.index];
            const char* const library = SmallProduct::takes(p.dtype, p.m, p.n, p.k)
                                            ? "xgrad"
                                            : gemm_library(p.dtype, p.m, p.n, p.k);
            text += fmt::format("product {} x {} x {}{}{} by {}\n", p.m, p.k, p.n,
                                p.transpose_a ? ", a transposed" : "", p.transpose_b ? ", b transposed" : "", library);
        } else {
            const OpaqueCall& call = opaques[item.index];
            text += fmt::format("call {} : {} {}\n", call.info->name, name(call.type.dtype), call.type.shape.str());
        }
    }
    for (const Copy& copy : copies)
        text += fmt::format("copy {} bytes into leaf{}\n", copy.bytes, copy.to.base - first_free_base);
    text += fmt::format("{} steps, {} bytes of arena\n", items.size(), arena_bytes);
    return text;
}

} // namespace xgrad
