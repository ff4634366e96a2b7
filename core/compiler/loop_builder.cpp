// Which loop a statement joins.

#include <algorithm>

#include <xgrad/core/compiler/loop_builder.hpp>

namespace xgrad {

bool row_by_row(const Pattern& p, const IrValue& value, std::size_t rows) {
    if (p.whole || rows == 0) return false;
    if (p.dense() && value.numel == p.count) return true; // as nearly all are
    if (value.numel % rows != 0) return false;
    return rows == 1 || // all of it is there
           reading(p, rows, p.count / rows).stride == static_cast<std::int64_t>(value.numel / rows);
}

namespace {

std::size_t rows_with(const Nest& step, const Statement& m) {
    if (step.rows != 0) return step.rows;
    return m.rows != 0 ? m.rows : step.space;
}

} // namespace

bool LoopBuilder::fits_rows(int s, const Statement& m) const {
    const Nest& step = ir_.steps[static_cast<std::size_t>(s)];
    if (m.space == 0 || step.space == 0) return false; // nothing at all; or a step that is no loop
    if (step.rows == 0 && step.space != m.space) return false;
    const std::size_t rows = rows_with(step, m);
    const bool rows_fixed = m.role == Role::row_reduction || (m.role == Role::rowwise && m.rows != 0) ||
                            m.role == Role::narrow_product || m.role == Role::narrow_adjoint;
    if (rows_fixed && rows != m.rows) return false;
    if (m.role == Role::column_reduction && (m.space / rows) % (m.space / m.rows) != 0) return false; // whole rows
    for (const Read& a : m.in()) {
        const IrValue& value = ir_.values[a.value];
        if (value.step == s && (value.accumulated || !row_by_row(ir_.pattern(a), value, rows))) return false;
    }
    return true;
}

int LoopBuilder::choose_latest(const Statement& m, bool small, int first) const {
    const auto latest = latest_by_space_.find(m.space);
    if (latest != latest_by_space_.end() && latest->second >= first && fits(latest->second, m, small))
        return latest->second;
    return small && latest_small_ >= first ? latest_small_ : -1;
}

ValueId LoopBuilder::place_last(DType dtype, std::size_t numel, int earliest) {
    Statement& m = ir_.statements.back();
    int made_in = before_all; // the last step that makes what it reads
    for (const Read& a : m.in()) {
        IrValue& read = ir_.values[a.value];
        made_in = std::max(made_in, read.step);
        ++read.reads;
        read.reordered |= !ir_.is_dense(a);
    }
    const bool small = is_small(ir_, m, numel);
    int s = choose(m, small, earliest, made_in);
    if (s < 0) {
        s = static_cast<int>(ir_.steps.size());
        ir_.steps.push_back({.kind = PlanStep::Kind::loop, .small = small, .space = m.space, .in = {}});
        if (small) {
            ir_.steps.back().rows = ir_.steps.back().space = 1;
            latest_small_ = s;
        } else
            latest_by_space_[m.space] = s;
    }
    Nest& step = ir_.steps[static_cast<std::size_t>(s)];
    if (!step.small) {
        if (m.space != step.space) { // as the scores are in a loop over rows of features
            int& latest = latest_by_space_.try_emplace(m.space, s).first->second;
            latest = std::max(latest, s);
        }
        if (step.rows == 0 && m.rows != 0) step.rows = m.rows;
    }
    m.out = ir_.add_value(dtype, numel, m.node);
    IrValue& value = ir_.values.back();
    value.step = s;
    value.statement = step.count++;
    value.accumulated = (!step.small && (m.role == Role::column_reduction || m.role == Role::full_reduction)) ||
                        m.role == Role::narrow_adjoint;
    return m.out;
}

void LoopBuilder::finish() {
    std::uint32_t first = 0;
    bool in_order = true; // as of a single loop
    for (Nest& step : ir_.steps)
        step.first = first, first += step.count;
    for (std::size_t i = 0; i < ir_.statements.size() && in_order; ++i)
        in_order = place_of(ir_.statements[i]) == i;
    if (in_order) return;
    std::pmr::vector<Statement> sorted(ir_.statements, ir_.statements.get_allocator());
    for (const Statement& m : ir_.statements)
        sorted[place_of(m)] = m;
    ir_.statements = std::move(sorted);
}

std::size_t LoopBuilder::place_of(const Statement& m) const {
    const IrValue& value = ir_.values[m.out];
    return ir_.steps[static_cast<std::size_t>(value.step)].first + value.statement;
}

} // namespace xgrad
