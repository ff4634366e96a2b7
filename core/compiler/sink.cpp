// What a loop computes only for a later loop over the same rows is computed there: one array less to write and read.

#include <algorithm>

#include <xgrad/core/compiler/emit.hpp>

namespace xgrad {
namespace {

class Sinker {
  public:
    explicit Sinker(LoopIR& ir) : ir_(ir), readers_(ir.values.size()), kept_(ir.values.size()) {
        for (std::size_t s = 0; s < ir_.steps.size(); ++s) {
            for (const Statement& m : ir_.steps[s].statements)
                for (std::size_t k = 0; k < m.in.size(); ++k) {
                    const bool again = std::any_of(m.in.begin(), m.in.begin() + static_cast<std::ptrdiff_t>(k),
                                                   [&](const Read& a) { return a.value == m.in[k].value; });
                    if (!again) note(m.in[k].value, static_cast<int>(s));
                    if (!row_by_row(m.in[k], ir_.values[m.in[k].value], rows(ir_.steps[s])))
                        kept_[m.in[k].value] = true;
                }
            for (const View& ref : ir_.steps[s].in)
                kept_[ref.value] = true;
        }
        // Results are written in any case.
        for (const ValueId id : ir_.outputs)
            kept_[id] = true;
        for (const IrUpdate& u : ir_.updates)
            kept_[u.next] = true;
    }

    void run() {
        for (std::size_t s = ir_.steps.size(); s-- > 0;) {
            auto& statements = ir_.steps[s].statements;
            bool moved = false;
            for (std::size_t i = statements.size(); i-- > 0;)
                if (const int to = target(static_cast<int>(s), statements[i]); to >= 0) {
                    move(statements[i], to);
                    moved = true;
                }
            if (moved) std::erase_if(statements, [](const Statement& m) { return m.out == no_value; });
        }
        for (auto& [step, arrivals] : arrivals_) {
            auto& statements = ir_.steps[static_cast<std::size_t>(step)].statements;
            std::reverse(arrivals.begin(), arrivals.end()); // they came last first
            statements.insert(statements.begin(), std::make_move_iterator(arrivals.begin()),
                              std::make_move_iterator(arrivals.end()));
        }
        for (Nest& step : ir_.steps)
            for (std::size_t i = 0; i < step.statements.size(); ++i)
                ir_.values[step.statements[i].out].statement = static_cast<std::uint32_t>(i);
    }

  private:
    static std::size_t rows(const Nest& step) { return step.rows != 0 ? step.rows : step.space; }

    struct Readers {
        int step = before_all;
        bool several = false;       // steps
        std::size_t statements = 0; // that read it, in all
    };

    void note(ValueId id, int step) {
        Readers& r = readers_[id];
        if (r.step != before_all && r.step != step) r.several = true;
        r.step = step;
        ++r.statements;
    }

    /// The later loop that alone reads the statement's result and can compute it, or -1.
    int target(int from, const Statement& m) const {
        if (m.role != Role::elementwise && m.role != Role::copy) return -1;
        const Readers& r = readers_[m.out];
        if (kept_[m.out] || r.several || r.step <= from) return -1;
        const Nest& to = ir_.steps[static_cast<std::size_t>(r.step)];
        const Nest& here = ir_.steps[static_cast<std::size_t>(from)];
        // Over other rows, what is spread over those of this loop would have to be gathered.
        if (m.space == 0 || (to.rows != here.rows && here.rows != 0) || (to.space != m.space && to.rows == 0))
            return -1;
        // What it reads must be in memory then without costing another array.
        const bool free = std::all_of(m.in.begin(), m.in.end(), [&](const Read& a) {
            const IrValue& value = ir_.values[a.value];
            if (value.accumulated || value.step < from || kept_[a.value]) return true;
            const Readers& its = readers_[a.value];
            return its.several || its.step > from || its.statements == 1;
        });
        return free ? r.step : -1;
    }

    void move(Statement& m, int to) {
        ir_.values[m.out].step = to;
        for (const Read& a : m.in) {
            // The loop it leaves may have had other rows, by which it could read what the new loop cannot.
            if (!row_by_row(a, ir_.values[a.value], rows(ir_.steps[static_cast<std::size_t>(to)])))
                kept_[a.value] = true;
            Readers& r = readers_[a.value];
            if (!r.several && r.statements == 1)
                r.step = to;
            else
                r.several = true;
        }
        arrivals_[to].push_back(m);
        m.out = no_value;
    }

    LoopIR& ir_;
    std::vector<Readers> readers_;
    std::vector<char> kept_;
    std::unordered_map<int, LargeVector<Statement>> arrivals_;
};

} // namespace

void sink(LoopIR& ir) {
    if (ir.options.fuse) Sinker(ir).run();
}

} // namespace xgrad
