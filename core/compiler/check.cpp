// What must be true of a draft after every pass; run in debug builds.

#include <cassert>

#include <xgrad/core/compiler/emit.hpp>

namespace xgrad {

void check([[maybe_unused]] const Draft& draft) {
#ifndef NDEBUG
    std::vector<char> seen(draft.values.size());
    auto stands = [&](ValueId id, int step) {
        const DraftValue& value = draft.values[id];
        return value.step == before_all || value.step < step || (value.step == step && seen[id]);
    };
    for (std::size_t s = 0; s < draft.steps.size(); ++s) {
        const DraftStep& step = draft.steps[s];
        const int at = static_cast<int>(s);
        const std::size_t rows = step.rows != 0 ? step.rows : step.space;
        for (std::size_t i = 0; i < step.members.size(); ++i) {
            const Member& m = step.members[i];
            assert(draft.values[m.out].step == at && draft.values[m.out].member == i &&
                   "a member is where its value says");
            assert((m.space == 0 || m.space % rows == 0) && "the rows of a loop divide the space of its members");
            for (const Access& a : m.in) {
                assert(stands(a.value, at) && "inputs come before uses");
                const DraftValue& value = draft.values[a.value];
                assert((value.step != at || (!value.accumulated && row_by_row(a, value, rows))) &&
                       "inside a loop values are read row by row");
            }
            seen[m.out] = 1;
        }
        for (const Ref& ref : step.in)
            assert(stands(ref.value, at) && "inputs come before uses");
        if (step.out != no_value) seen[step.out] = 1;
    }
    for (const ValueId id : draft.outputs)
        assert(draft.values[id].step != before_all && "an output is computed");
#endif
}

} // namespace xgrad
