// What a loop computes only for a later loop over the same rows is computed there: one array less to write and read.
//
// Assumes that no value has its memory yet. Leaves the same statements, some of them in a later loop, each still before
// all that read it.

#include <algorithm>
#include <iterator>

#include <xgrad/core/compiler/emit.hpp>

namespace xgrad {
namespace {

class Sinker {
  public:
    explicit Sinker(LoopIR& ir)
        : ir_(ir), readers_(ir.values.size(), &ir.graph.scratch), kept_(ir.values.size(), &ir.graph.scratch) {
        for (std::size_t s = 0; s < ir_.nests.size(); ++s) {
            for (const Statement& m : ir_.statements_of(ir_.nests[s]))
                for (std::size_t k = 0; k < m.in().size(); ++k) {
                    const Read& read = m.in()[k];
                    const auto before = m.in().first(k);
                    const bool again = std::any_of(before.begin(), before.end(),
                                                   [&](const Read& a) { return a.value == read.value; });
                    if (!again) note(read.value, static_cast<int>(s));
                    if (!row_by_row(ir_.pattern(read), ir_.values[read.value], ir_.nests[s].row_count()))
                        kept_[read.value] = true;
                }
            for (const View& ref : ir_.nests[s].in)
                kept_[ref.value] = true;
        }
        // Results are written in any case.
        for (const ValueId id : ir_.outputs)
            kept_[id] = true;
        for (const IrUpdate& u : ir_.updates)
            kept_[u.next] = true;
    }

    void run() {
        for (std::size_t s = ir_.nests.size(); s-- > 0;) {
            const auto statements = ir_.statements_of(ir_.nests[s]);
            for (std::size_t i = statements.size(); i-- > 0;)
                if (const int to = target(static_cast<int>(s), statements[i]); to >= 0) move(statements[i], to);
        }
        if (!arrivals_.empty()) settle();
    }

  private:
    struct Readers {
        int nest = before_all;
        bool several = false;       // nests
        std::size_t statements = 0; // that read it, in all
    };

    void note(ValueId id, int nest) {
        Readers& r = readers_[id];
        if (r.nest != before_all && r.nest != nest) r.several = true;
        r.nest = nest;
        ++r.statements;
    }

    /// The later loop that alone reads the statement's result and can compute it, or -1.
    int target(int from, const Statement& m) const {
        if (m.role != Role::elementwise && m.role != Role::copy) return -1;
        const Readers& r = readers_[m.out];
        if (kept_[m.out] || r.several || r.nest <= from) return -1;
        const Nest& to = ir_.nests[static_cast<std::size_t>(r.nest)];
        const Nest& here = ir_.nests[static_cast<std::size_t>(from)];
        if (to.small && !is_small(ir_, m)) return -1;
        // Over other rows, what is spread over those of this loop would have to be gathered.
        const std::size_t its_rows = here.small ? m.rows : here.rows;
        if (!to.small &&
            (m.space == 0 || (to.rows != its_rows && its_rows != 0) || (to.space != m.space && to.rows == 0)))
            return -1;
        // What it reads must be in memory then without costing another array.
        const bool free = std::all_of(m.in().begin(), m.in().end(), [&](const Read& a) {
            const IrValue& value = ir_.values[a.value];
            if (value.accumulated || value.nest < from || kept_[a.value]) return true;
            const Readers& its = readers_[a.value];
            return its.several || its.nest > from || its.statements == 1;
        });
        return free ? r.nest : -1;
    }

    void move(Statement& m, int to) {
        ir_.values[m.out].nest = to;
        for (const Read& a : m.in()) {
            // The loop it leaves may have had other rows, by which it could read what the new loop cannot.
            if (!row_by_row(ir_.pattern(a), ir_.values[a.value], ir_.nests[static_cast<std::size_t>(to)].row_count()))
                kept_[a.value] = true;
            Readers& r = readers_[a.value];
            if (!r.several && r.statements == 1)
                r.nest = to;
            else
                r.several = true;
        }
        arrivals_[to].push_back(m);
        m.out = no_value;
    }

    /// What a loop gets stands before what it had.
    void settle() {
        ScratchVector<Statement> all(&ir_.graph.scratch);
        all.reserve(ir_.statements.size());
        for (std::size_t s = 0; s < ir_.nests.size(); ++s) {
            Nest& nest = ir_.nests[s];
            const auto had = ir_.statements_of(nest);
            nest.first = static_cast<std::uint32_t>(all.size());
            if (const auto it = arrivals_.find(static_cast<int>(s)); it != arrivals_.end())
                all.insert(all.end(), it->second.rbegin(), it->second.rend()); // they came last first
            std::copy_if(had.begin(), had.end(), std::back_inserter(all),
                         [](const Statement& m) { return m.out != no_value; });
            nest.count = static_cast<std::uint32_t>(all.size()) - nest.first;
            for (std::uint32_t i = 0; i < nest.count; ++i)
                ir_.values[all[nest.first + i].out].statement = i;
        }
        ir_.statements = std::move(all);
    }

    LoopIR& ir_;
    ScratchVector<Readers> readers_;
    ScratchVector<char> kept_;
    std::unordered_map<int, std::vector<Statement>> arrivals_;
};

} // namespace

void sink(LoopIR& ir) {
    if (ir.options.fuse && ir.nests.size() > 1) Sinker(ir).run();
}

} // namespace xgrad
