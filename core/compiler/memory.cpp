// Where every value lies: in a register of its loop, in the arena, in the outputs, or in the leaf it replaces.
//
// Assumes that statements stand in the nests in which they will run. Leaves a place for each value that more than its
// own loop sees; two values share memory only if the last reader of one is before the nest that makes the other. A leaf
// is overwritten where it lies only by what nobody reads the old elements after.

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

#include <xgrad/core/compiler/emit.hpp>

namespace xgrad {
namespace {

constexpr int never = std::numeric_limits<int>::max();

/// Free stretches of one arena, first fit.
class Arena {
  public:
    std::size_t allocate(std::size_t bytes) {
        bytes = std::max<std::size_t>(aligned(bytes), 64);
        for (auto it = free_.begin(); it != free_.end(); ++it) {
            if (it->second < bytes) continue;
            const std::size_t offset = it->first, rest = it->second - bytes;
            free_.erase(it);
            if (rest != 0) free_.emplace(offset + bytes, rest);
            return offset;
        }
        // A last free stretch that reaches the end can grow.
        if (!free_.empty() && free_.rbegin()->first + free_.rbegin()->second == size_) {
            const std::size_t offset = free_.rbegin()->first;
            free_.erase(offset);
            size_ = offset + bytes;
            return offset;
        }
        size_ += bytes;
        return size_ - bytes;
    }
    void release(std::size_t offset, std::size_t bytes) {
        bytes = std::max<std::size_t>(aligned(bytes), 64);
        auto it = free_.emplace(offset, bytes).first;
        if (const auto next = std::next(it); next != free_.end() && it->first + it->second == next->first) {
            it->second += next->second;
            free_.erase(next);
        }
        if (it != free_.begin())
            if (const auto before = std::prev(it); before->first + before->second == it->first) {
                before->second += it->second;
                free_.erase(it);
            }
    }
    std::size_t size() const { return size_; }

  private:
    std::map<std::size_t, std::size_t> free_; // offset -> bytes
    std::size_t size_ = 0;
};

template <class F>
void for_each_read(const LoopIR& ir, F f) {
    for (std::size_t s = 0; s < ir.nests.size(); ++s) {
        const Nest& nest = ir.nests[s];
        const auto statements = ir.statements_of(nest);
        for (std::size_t i = 0; i < statements.size(); ++i)
            for (const Read& a : statements[i].in())
                f(a.value, static_cast<int>(s), i, &a);
        for (const View& ref : nest.in)
            f(ref.value, static_cast<int>(s), std::size_t{0}, static_cast<const Read*>(nullptr));
    }
}

void set_place(LoopIR& ir, ValueId id, std::uint32_t base, std::size_t offset) {
    ir.values[id].place = static_cast<std::uint32_t>(ir.places.size());
    ir.places.push_back({base, static_cast<std::int64_t>(offset), 0});
}

} // namespace

/// What is read outside its loop, or is a result, or is integers whose errors must be told, lies in memory.
void find_memory(LoopIR& ir) {
    for (IrValue& value : ir.values)
        if (value.accumulated || !ir.options.fuse) value.in_memory = true;
    for (int s = 0; s < static_cast<int>(ir.nests.size()); ++s) {
        const Nest& nest = ir.nests[static_cast<std::size_t>(s)];
        const auto read = [&](ValueId id) {
            IrValue& value = ir.values[id];
            value.last_nest = s;
            value.in_memory |= value.nest != s;
        };
        for (const Statement& m : ir.statements_of(nest)) {
            for (const Read& a : m.in())
                read(a.value);
            if (m.role != Role::rowwise) continue;
            const int checked = ir.info(m)->fault_input;
            if (checked >= 0) ir.values[m.in()[static_cast<std::size_t>(checked)].value].in_memory = true;
        }
        for (const View& ref : nest.in)
            read(ref.value);
    }
    for (const ValueId id : ir.outputs)
        ir.values[id].in_memory = true;
    for (const IrUpdate& u : ir.updates)
        ir.values[u.next].in_memory = true, ir.values[u.next].last_nest = never;
}

static bool may_fault(const LoopIR& ir, const Nest& nest) {
    if (nest.kind == PlanItem::Kind::opaque) return ir.graph.node(nest.node).info->throws;
    const auto statements = ir.statements_of(nest);
    return std::any_of(statements.begin(), statements.end(), [&](const Statement& m) {
        const OpInfo* info = ir.info(m);
        return info && (info->fault || info->throws);
    });
}

/// An update is made in place if a loop computes it, nothing reads the old rows later, and nothing can fail any more: a
/// call that throws must leave every parameter as it was. The op that computes it may read an old element only where
/// the new one goes: elementwise ones do. Other statements read the old rows before, each those of its own block alone:
/// what is read at once, or at other places, would show rows that earlier blocks have replaced.
void find_in_place(LoopIR& ir) {
    if (!ir.options.fuse || ir.updates.empty()) return;
    int last_fault = before_all;
    for (std::size_t s = 0; s < ir.nests.size(); ++s)
        if (may_fault(ir, ir.nests[s])) last_fault = static_cast<int>(s);

    for (const IrUpdate& u : ir.updates) {
        const IrValue& next = ir.values[u.next];
        const bool loop = next.nest >= 0 && ir.nests[static_cast<std::size_t>(next.nest)].kind == PlanItem::Kind::loop;
        if (loop && next.nest > last_fault) ir.values[ir.leaf_values.at(u.leaf)].overwritten_by = u.next;
    }
    for_each_read(ir, [&](ValueId id, int nest, std::size_t statement, const Read* read) {
        ValueId& overwritten_by = ir.values[id].overwritten_by;
        if (overwritten_by == no_value) return;
        const IrValue& next = ir.values[overwritten_by];
        if (nest < next.nest) return;
        const bool same_rows = nest == next.nest && read && !ir.pattern(*read).whole && ir.pattern(*read).dense() &&
                               ir.pattern(*read).count == next.numel &&
                               (statement < next.statement ||
                                (statement == next.statement &&
                                 ir.statements_of(ir.nests[static_cast<std::size_t>(nest)])[statement].role ==
                                     Role::elementwise));
        if (!same_rows) overwritten_by = no_value;
    });
}

/// The nests that a plan has: the ir's without those that have sunk into later ones.
[[maybe_unused]] static std::vector<std::size_t> items_of_plan(const LoopIR& ir) {
    std::vector<std::size_t> result;
    std::size_t next = 0;
    for (const Nest& nest : ir.nests) {
        result.push_back(next);
        if (nest.kind != PlanItem::Kind::loop || nest.count != 0) ++next;
    }
    result.push_back(next);
    return result;
}

void place_memory(LoopIR& ir, Plan& plan) {
    // Leaves and numbers.
    const Graph& graph = ir.graph;
    for (const std::uint32_t node : ir.inputs) {
        const std::uint32_t base = plan.add_input(graph.type(node), graph.leaf(node)->name);
        if (const auto it = ir.leaf_values.find(node); it != ir.leaf_values.end()) set_place(ir, it->second, base, 0);
    }
    for (const std::uint32_t node : ir.constants.nodes())
        set_place(ir, ir.leaf_values.at(node), plan.add_constant(node), 0);
    std::vector<std::pair<std::uint32_t, ValueId>> leaves(ir.leaf_values.begin(), ir.leaf_values.end());
    std::sort(leaves.begin(), leaves.end());
    for (const auto& [node, value] : leaves) {
        if (ir.values[value].place != IrValue::no_place) continue;
        if (const Scalar* number = graph.scalar(node))
            set_place(ir, value, base_numbers, plan.add_number(*number));
        else
            set_place(ir, value, plan.add_leaf(graph.shared_leaf(node)), 0);
    }
    // Results.
    for (std::size_t i = 0; i < ir.outputs.size(); ++i) {
        set_place(ir, ir.outputs[i], base_outputs, plan.add_output(ir.output_types[i]));
    }
    for (const IrUpdate& u : ir.updates)
        if (ir.is_in_place(u)) {
            const Place leaf = ir.place(ir.leaf_values.at(u.leaf));
            set_place(ir, u.next, leaf.base, 0);
        }

    // Everything else in one arena, for as long as it is needed.
    Arena arena;
    std::vector<std::vector<ValueId>> made(ir.nests.size()), dying(ir.nests.size());
    for (ValueId id = 0; id < ir.values.size(); ++id) {
        const IrValue& value = ir.values[id];
        if (value.place != IrValue::no_place || !value.in_memory || value.nest == before_all) continue;
        made[static_cast<std::size_t>(value.nest)].push_back(id);
        if (value.last_nest != never)
            dying[static_cast<std::size_t>(std::max(value.last_nest, value.nest))].push_back(id);
    }
    for (std::size_t s = 0; s < ir.nests.size(); ++s) {
        for (const ValueId id : made[s])
            set_place(ir, id, base_arena, arena.allocate(ir.values[id].bytes() + 64));
        for (const ValueId id : dying[s])
            arena.release(static_cast<std::size_t>(ir.place(id).offset), ir.values[id].bytes() + 64);
    }
    plan.arena_bytes = arena.size();
    if constexpr (red_zones) {
        const std::vector<std::size_t> nests = items_of_plan(ir);
        plan.zones.resize(nests.back());
        auto stretch = [&](ValueId id) {
            return Stretch{static_cast<std::size_t>(ir.place(id).offset), ir.values[id].bytes()};
        };
        for (std::size_t s = 0; s < ir.nests.size(); ++s) {
            for (const ValueId id : made[s])
                plan.zones[nests[s]].made.push_back(stretch(id));
            for (const ValueId id : dying[s])
                plan.zones[nests[s]].dying.push_back(stretch(id));
        }
    }

    for (const IrUpdate& u : ir.updates)
        if (!ir.is_in_place(u))
            plan.copies.push_back({ir.place(u.next), ir.place(ir.leaf_values.at(u.leaf)), ir.values[u.next].bytes()});
}

} // namespace xgrad
