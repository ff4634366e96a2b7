// What must be true of the working form after every pass; run in debug builds.

#include <cassert>

#include <xgrad/core/compiler/emit.hpp>

namespace xgrad {

void check([[maybe_unused]] const LoopIR& ir) {
#ifndef NDEBUG
    std::vector<char> seen(ir.values.size());
    auto stands = [&](ValueId id, int nest) {
        const IrValue& value = ir.values[id];
        return value.nest == before_all || value.nest < nest || (value.nest == nest && seen[id]);
    };
    for (std::size_t s = 0; s < ir.nests.size(); ++s) {
        const Nest& nest = ir.nests[s];
        const int at = static_cast<int>(s);
        const std::size_t rows = nest.row_count();
        const auto statements = ir.statements_of(nest);
        for (std::size_t i = 0; i < statements.size(); ++i) {
            const Statement& m = statements[i];
            assert(ir.values[m.out].nest == at && ir.values[m.out].statement == i &&
                   "a statement is where its value says");
            assert((m.space == 0 || m.space % rows == 0) && "the rows of a loop divide the space of its statements");
            for (const Read& a : m.in()) {
                assert(stands(a.value, at) && "inputs come before uses");
                const IrValue& value = ir.values[a.value];
                assert((value.nest != at || (!value.accumulated && row_by_row(ir.pattern(a), value, rows))) &&
                       "inside a loop values are read row by row");
            }
            seen[m.out] = 1;
        }
        for (const View& ref : nest.in)
            assert(stands(ref.value, at) && "inputs come before uses");
        if (nest.out != no_value) seen[nest.out] = 1;
    }
    for (const ValueId id : ir.outputs)
        assert(ir.values[id].nest != before_all && "an output is computed");
#endif
}

} // namespace xgrad
