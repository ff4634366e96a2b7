// What must be true of a ir after every pass; run in debug builds.

#include <cassert>

#include <xgrad/core/compiler/emit.hpp>

namespace xgrad {

void check([[maybe_unused]] const LoopIR& ir) {
#ifndef NDEBUG
    std::vector<char> seen(ir.values.size());
    auto stands = [&](ValueId id, int step) {
        const IrValue& value = ir.values[id];
        return value.step == before_all || value.step < step || (value.step == step && seen[id]);
    };
    for (std::size_t s = 0; s < ir.steps.size(); ++s) {
        const Nest& step = ir.steps[s];
        const int at = static_cast<int>(s);
        const std::size_t rows = step.rows != 0 ? step.rows : step.space;
        const auto statements = ir.statements_of(step);
        for (std::size_t i = 0; i < statements.size(); ++i) {
            const Statement& m = statements[i];
            assert(ir.values[m.out].step == at && ir.values[m.out].statement == i &&
                   "a statement is where its value says");
            assert((m.space == 0 || m.space % rows == 0) && "the rows of a loop divide the space of its statements");
            for (const Read& a : m.in()) {
                assert(stands(a.value, at) && "inputs come before uses");
                const IrValue& value = ir.values[a.value];
                assert((value.step != at || (!value.accumulated && row_by_row(ir.pattern(a), value, rows))) &&
                       "inside a loop values are read row by row");
            }
            seen[m.out] = 1;
        }
        for (const View& ref : step.in)
            assert(stands(ref.value, at) && "inputs come before uses");
        if (step.out != no_value) seen[step.out] = 1;
    }
    for (const ValueId id : ir.outputs)
        assert(ir.values[id].step != before_all && "an output is computed");
#endif
}

} // namespace xgrad
