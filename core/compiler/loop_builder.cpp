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

std::size_t rows_with(const Nest& nest, const Statement& m) {
    if (nest.rows != 0) return nest.rows;
    return m.rows != 0 ? m.rows : nest.space;
}

} // namespace

bool LoopBuilder::fits_rows(int s, const Statement& m) const {
    const Nest& nest = ir_.nests[static_cast<std::size_t>(s)];
    if (m.space == 0 || nest.space == 0) return false; // nothing at all; or a nest that is no loop
    if (nest.rows == 0 && nest.space != m.space) return false;
    const std::size_t rows = rows_with(nest, m);
    const bool rows_fixed = m.role == Role::row_reduction || (m.role == Role::rowwise && m.rows != 0) ||
                            m.role == Role::narrow_product || m.role == Role::narrow_adjoint;
    if (rows_fixed && rows != m.rows) return false;
    if (m.role == Role::column_reduction && (m.space / rows) % (m.space / m.rows) != 0) return false; // whole rows
    for (const Read& a : m.in()) {
        const IrValue& value = ir_.values[a.value];
        if (value.nest == s && (value.accumulated || !row_by_row(ir_.pattern(a), value, rows))) return false;
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
    int made_in = before_all; // the last nest that makes what it reads
    for (const Read& a : m.in()) {
        IrValue& read = ir_.values[a.value];
        made_in = std::max(made_in, read.nest);
        read.reads = read.reads == 0 ? 1 : 2;
        read.reordered |= !a.dense();
    }
    const bool small = is_small(ir_, m, numel);
    int s = choose(m, small, earliest, made_in);
    if (s < 0) {
        s = static_cast<int>(ir_.nests.size());
        ir_.nests.push_back({.kind = PlanItem::Kind::loop, .small = small, .space = m.space, .in = {}});
        if (small) {
            ir_.nests.back().rows = ir_.nests.back().space = 1;
            latest_small_ = s;
        } else
            latest_by_space_[m.space] = s;
    }
    Nest& nest = ir_.nests[static_cast<std::size_t>(s)];
    if (!nest.small) {
        if (m.space != nest.space) { // as the scores are in a loop over rows of features
            int& latest = latest_by_space_.try_emplace(m.space, s).first->second;
            latest = std::max(latest, s);
        }
        if (nest.rows == 0 && m.rows != 0) nest.rows = m.rows;
    }
    m.out = ir_.add_value(dtype, numel, m.node);
    IrValue& value = ir_.values.back();
    value.nest = s;
    value.statement = nest.count++;
    value.accumulated = (!nest.small && (m.role == Role::column_reduction || m.role == Role::full_reduction)) ||
                        m.role == Role::narrow_adjoint;
    return m.out;
}

void LoopBuilder::finish() {
    std::uint32_t first = 0;
    bool in_order = true; // as of a single loop
    for (Nest& nest : ir_.nests)
        nest.first = first, first += nest.count;
    for (std::size_t i = 0; i < ir_.statements.size() && in_order; ++i)
        in_order = place_of(ir_.statements[i]) == i;
    if (in_order) return;
    ScratchVector<Statement> sorted(ir_.statements, ir_.statements.get_allocator());
    for (const Statement& m : ir_.statements)
        sorted[place_of(m)] = m;
    ir_.statements = std::move(sorted);
}

std::size_t LoopBuilder::place_of(const Statement& m) const {
    const IrValue& value = ir_.values[m.out];
    return ir_.nests[static_cast<std::size_t>(value.nest)].first + value.statement;
}

} // namespace xgrad
