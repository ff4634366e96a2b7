// Superinstructions: of a statement and those that it alone reads, one call where the table has a formula for them.
//
// Assumes that loops are formed and memory is given: what lies in memory must be written, and stays a statement of its own. Leaves
// loops with fewer statements; one that computes others reads what they read.

#include <xgrad/core/compiler/superinstructions.hpp>

#include <string_view>

#include <xgrad/core/compiler/emit.hpp>

namespace xgrad {

namespace {

FormulaTree tree_of(const Superinstruction& row) {
    FormulaTree tree{&row, {}};
    std::vector<std::uint8_t> open;
    for (const char symbol : std::string_view(row.formula)) {
        FormulaTree::Node node{symbol};
        if (!node.is_operand()) {
            if (!node.is_unary()) node.right = open.back(), open.pop_back();
            node.left = open.back(), open.pop_back();
        }
        if (symbol == '+' || symbol == '*') tree.commuting |= 1u << tree.nodes.size();
        open.push_back(static_cast<std::uint8_t>(tree.nodes.size()));
        tree.nodes.push_back(node);
    }
    return tree;
}

constexpr std::string_view symbols = " +-*/2vu"; // the first: none
constexpr std::size_t symbol_count = symbols.size();
constexpr auto symbol_numbers = [] {
    std::array<std::uint8_t, 128> numbers{};
    for (std::size_t i = 1; i < symbol_count; ++i)
        numbers[static_cast<std::size_t>(symbols[i])] = static_cast<std::uint8_t>(i);
    return numbers;
}();
constexpr std::size_t number_of_symbol(char symbol) { return symbol_numbers[static_cast<std::size_t>(symbol)]; }

/// All variants of all formulas, by the symbols of a statement and of what makes its operands.
class FormulaTable {
  public:
    explicit FormulaTable(bool in_place) {
        for (const Superinstruction& row : superinstructions())
            if (in_place || !row.in_place) trees_.push_back(tree_of(row));
        for (const FormulaTree& tree : trees_)
            for (unsigned turned = 0;; turned = (turned - tree.commuting) & tree.commuting) {
                add({&tree, turned});
                if (turned == tree.commuting) break;
            }
    }
    std::span<const FormulaVariant> find(char symbol, char left, char right) const {
        return lists_[(number_of_symbol(symbol) * symbol_count + number_of_symbol(left)) * symbol_count +
                      number_of_symbol(right)];
    }

  private:
    void add(const FormulaVariant& variant) {
        const auto& nodes = variant.tree->nodes;
        const std::size_t root = nodes.size() - 1, turned = variant.turned >> root & 1;
        const FormulaTree::Node &left = nodes[turned ? nodes[root].right : nodes[root].left],
                                &right = nodes[turned ? nodes[root].left : nodes[root].right];
        for (std::size_t l = 0; l < symbol_count; ++l)
            for (std::size_t r = 0; r < symbol_count; ++r)
                if ((left.is_operand() || symbols[l] == left.symbol) &&
                    (right.is_operand() || symbols[r] == right.symbol))
                    lists_[(number_of_symbol(nodes[root].symbol) * symbol_count + l) * symbol_count + r].push_back(
                        variant);
    }

    std::vector<FormulaTree> trees_;
    std::array<std::vector<FormulaVariant>, symbol_count * symbol_count * symbol_count> lists_;
};

} // namespace

std::span<const FormulaVariant> formulas_for(char symbol, char left, char right, bool in_place) {
    static const FormulaTable all(true), without_in_place(false);
    return (in_place ? all : without_in_place).find(symbol, left, right);
}

namespace {

/// The statements of one loop, as the matcher sees them.
class LoopStatements {
  public:
    using Id = std::uint32_t; // in the loop
    using Operand = Read;
    using Match = FormulaMatch<Id, Operand>;

    LoopStatements(LoopIR& ir, int s)
        : ir_(ir), s_(s), step_(ir.steps[static_cast<std::size_t>(s)]), statements_(ir.statements_of(step_)),
          facts_(statements_.size(), &ir.graph.scratch), chosen_(&ir.graph.scratch),
          rows_(step_.rows != 0 ? step_.rows : step_.space) {}

    char symbol(Id i) const { return statements_[i].symbol; }
    std::size_t reads(Id i) const { return statements_[i].read_count; }
    Operand read(Id i, std::size_t k) const { return statements_[i].reads[k]; }

    /// Whether nothing but the reader reads it, element by element as it lies.
    bool producer(Id, Operand read, Id& result) const {
        const IrValue& value = ir_.values[read.value];
        if (value.step != s_ || value.in_memory) return false;
        result = value.statement;
        return symbol(result) != 0 && value.reads == 1 && !value.reordered;
    }

    /// Gives the loop the superinstructions that there are kernels for; `in_place`: also those that overwrite an operand.
    void replace(bool in_place) {
        FormulaMatcher<LoopStatements> matcher(*this, in_place);
        for (Id i = 0; i < facts_.size(); ++i) {
            if (symbol(i) == 0) continue;
            const auto accept = [&](const Superinstruction& row, const Match& match) {
                // A smaller one gives way to one that does all it does.
                for (const Id inner : match.statements())
                    if (facts_[inner].chosen != none)
                        for (const Id its : chosen_[facts_[inner].chosen].second.statements())
                            if (!contains(match.statements(), its)) return false;
                if (!has_kernel(i, row, match.reads())) return false;
                facts_[i].chosen = static_cast<std::uint32_t>(chosen_.size());
                chosen_.emplace_back(&row, match);
                return true;
            };
            if (!matcher.find(i, accept)) continue;
            for (const Id inner : chosen_.back().second.statements())
                facts_[inner].gone = true;
        }
        if (!chosen_.empty()) remove_what_others_compute();
    }

  private:
    static constexpr std::uint32_t none = ~0u;
    /// Of a statement.
    struct Facts {
        std::uint32_t chosen = none; // of chosen_: what computes it together with others
        bool gone = false;           // another statement computes it
    };

    void remove_what_others_compute() {
        for (Id i = 0; i < facts_.size(); ++i) {
            if (facts_[i].gone || facts_[i].chosen == none) continue;
            Statement& m = statements_[i];
            const auto& [row, match] = chosen_[facts_[i].chosen];
            m.together = static_cast<std::uint8_t>(row - superinstructions().data());
            m.read_count = 0;
            for (const Read& operand : match.reads().first(match.operand_count - (row->in_place ? 1 : 0)))
                m.add_read(operand);
        }
        ir_.keep(step_, [&](std::size_t i) { return !facts_[i].gone; });
    }

    static bool contains(std::span<const Id> all, Id one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    }

    /// Whether there is a kernel for the way in which operands stand, and they are there until then.
    bool has_kernel(Id i, const Superinstruction& row, std::span<const Operand> operands) const {
        const Statement& m = statements_[i];
        const IrValue& out = ir_.values[m.out];
        if (row.in_place) {
            if (ir_.values[operands.back().value].overwritten_by != m.out) return false;
            operands = operands.first(operands.size() - 1);
        }
        unsigned spread = 0;
        for (std::size_t k = 0; k < operands.size(); ++k) {
            if (ir_.overwritten_before(operands[k].value, s_, i)) return false;
            spread |= static_cast<unsigned>(is_spread(ir_.pattern(operands[k]))) << k;
        }
        return row.kernels[out.dtype == DType::float32 ? 0 : 1][spread] != nullptr;
    }

    bool is_spread(const Pattern& pattern) const {
        const std::size_t width = pattern.count == rows_ ? 1 : pattern.count / rows_;
        const Reading how = reading(pattern, rows_, width);
        return how.kind == Reading::Kind::spread &&
               (width >= expanded_below || how.stride == 0); // else it is expanded first
    }

    LoopIR& ir_;
    const int s_;
    Nest& step_;
    const std::span<Statement> statements_;
    std::pmr::vector<Facts> facts_;
    std::pmr::vector<std::pair<const Superinstruction*, Match>> chosen_;
    const std::size_t rows_;
};

} // namespace

void choose_superinstructions(LoopIR& ir) {
    if (!ir.options.fuse) return;
    const bool in_place = std::any_of(ir.updates.begin(), ir.updates.end(),
                                      [&](const IrUpdate& u) { return ir.is_in_place(u); });
    for (std::size_t s = 0; s < ir.steps.size(); ++s)
        if (ir.steps[s].kind == PlanStep::Kind::loop && ir.steps[s].space != 0)
            LoopStatements(ir, static_cast<int>(s)).replace(in_place);
}

} // namespace xgrad
