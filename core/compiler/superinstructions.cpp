// Superinstructions: of a statement and those that it alone reads, one call where the table has a formula for them.
//
// Assumes that loops are formed and memory is given: what lies in memory must be written, and stays a statement of its
// own. Leaves loops with fewer statements; one that computes others reads what they read.

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include <xgrad/core/compiler/emit.hpp>

namespace xgrad {

namespace {

bool is_operand(char symbol) { return symbol >= 'a' && symbol <= 'e'; }
bool is_unary(char symbol) { return symbol == '2' || symbol == 'v' || symbol == 'u'; }

/// How a formula is found, beginning with the statement of its last op, number 0. Where to look next: at what makes
/// operand k of a statement that was found before.
struct Recipe {
    struct Read {
        std::uint8_t statement, k;
    };
    struct Inner {
        Read made_for;
        char symbol;
    };
    const Superinstruction* row;
    std::uint8_t inner_count = 0, operand_count = 0;
    std::array<Inner, 4> inner{};   // statements 1, 2, ...
    std::array<Read, 5> operands{}; // of the formula
};

/// A formula in postfix, from its end, with the operands of some of its sums and products (bit n of `turned`: of the
/// one at position n) in each other's places.
class RecipeWriter {
  public:
    RecipeWriter(const Superinstruction& row, unsigned turned) : formula_(row.formula), turned_(turned) {
        recipe_.row = &row;
        statement(formula_.size() - 1, 0);
    }
    const Recipe& recipe() const { return recipe_; }

  private:
    /// The op at that position, as a statement of that number; gives the position before all that belongs to it.
    std::size_t statement(std::size_t at, std::uint8_t number) {
        const bool turned = turned_ >> at & 1;
        if (is_unary(formula_[at])) return read(at - 1, {number, 0});
        const std::size_t left = read(at - 1, {number, static_cast<std::uint8_t>(turned ? 0 : 1)});
        return read(left, {number, static_cast<std::uint8_t>(turned ? 1 : 0)});
    }
    std::size_t read(std::size_t at, Recipe::Read by) {
        const char symbol = formula_[at];
        if (is_operand(symbol)) {
            const auto letter = static_cast<std::uint8_t>(symbol - 'a');
            recipe_.operands[letter] = by;
            recipe_.operand_count = std::max<std::uint8_t>(recipe_.operand_count, letter + 1);
            return at - 1;
        }
        recipe_.inner[recipe_.inner_count++] = {by, symbol};
        return statement(at, recipe_.inner_count);
    }

    std::string_view formula_;
    unsigned turned_;
    Recipe recipe_;
};

/// The positions of ops whose operands may change places.
unsigned commuting(std::string_view formula) {
    unsigned result = 0;
    for (std::size_t i = 0; i < formula.size(); ++i)
        result |= static_cast<unsigned>(formula[i] == '+' || formula[i] == '*') << i;
    return result;
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

/// The recipes of all formulas, by the symbols of a statement and of what makes its operands; larger formulas first.
class RecipeTable {
  public:
    explicit RecipeTable(bool in_place) {
        for (const Superinstruction& row : superinstructions()) {
            if (row.in_place && !in_place) continue;
            const unsigned all = commuting(row.formula);
            for (unsigned turned = 0;; turned = (turned - all) & all) {
                add(RecipeWriter(row, turned).recipe(), row.formula[std::string_view(row.formula).size() - 1]);
                if (turned == all) break;
            }
        }
    }
    std::span<const Recipe> find(char symbol, char left, char right) const {
        return lists_[(number_of_symbol(symbol) * symbol_count + number_of_symbol(left)) * symbol_count +
                      number_of_symbol(right)];
    }

  private:
    void add(const Recipe& recipe, char symbol) {
        std::array<char, 2> wanted{}; // of what makes the operands; 0: whatever it is
        for (std::size_t i = 0; i < recipe.inner_count; ++i)
            if (recipe.inner[i].made_for.statement == 0) wanted[recipe.inner[i].made_for.k] = recipe.inner[i].symbol;
        for (std::size_t l = 0; l < symbol_count; ++l)
            for (std::size_t r = 0; r < symbol_count; ++r)
                if ((wanted[0] == 0 || wanted[0] == symbols[l]) && (wanted[1] == 0 || wanted[1] == symbols[r]))
                    lists_[(number_of_symbol(symbol) * symbol_count + l) * symbol_count + r].push_back(recipe);
    }

    std::array<std::vector<Recipe>, symbol_count * symbol_count * symbol_count> lists_;
};

const RecipeTable& recipes(bool in_place) {
    static const RecipeTable all(true), without_in_place(false);
    return in_place ? all : without_in_place;
}

/// The statements of one loop.
class LoopStatements {
  public:
    LoopStatements(LoopIR& ir, int s, bool in_place)
        : ir_(ir), s_(s), nest_(ir.nests[static_cast<std::size_t>(s)]), statements_(ir.statements_of(nest_)),
          facts_(statements_.size(), &ir.graph.scratch), chosen_(&ir.graph.scratch), in_place_(in_place),
          values_(ir.values.data()), recipes_(recipes(in_place)) {}

    /// Gives the loop the superinstructions that there are kernels for.
    void replace() {
        chosen_.reserve(facts_.size() / 2);
        for (Id i = 0; i < facts_.size(); ++i)
            if (values_[statements_[i].out].symbol != 0) choose(i);
        if (!chosen_.empty()) remove_what_others_compute();
    }

  private:
    using Id = std::uint32_t; // in the loop
    static constexpr Id none = ~0u;

    /// Of a statement.
    struct Facts {
        std::uint32_t chosen = none; // of chosen_: what computes it together with others
        bool gone = false;           // another statement computes it
    };
    /// What was found: a formula's operands, and the statements that it computes beside the last.
    struct Match {
        const Superinstruction* row;
        std::array<Read, 5> operands;
        std::array<Id, 5> found; // the last, then the others
        std::uint8_t operand_count, inner_count;

        Match() {} // not initialized: there are many
        std::span<const Read> reads() const { return {operands.data(), operand_count}; }
        std::span<const Id> inner() const { return {found.data() + 1, inner_count}; }
    };

    /// The statement that makes what is read, if nothing else reads it, and element by element as it lies; or none.
    Id maker(const Read& read) const {
        const IrValue& value = values_[read.value];
        return !value.in_memory && value.reads == 1 && !value.reordered ? value.statement : none; // of this loop
    }
    char symbol_of_maker(const Statement& m, std::size_t k) const {
        if (k >= m.read_count) return 0;
        return maker(m.reads[k]) == none ? '\0' : values_[m.reads[k].value].symbol;
    }

    /// The first formula that fits, in any order of operands.
    void choose(Id i) {
        const Statement& m = statements_[i];
        const char left = symbol_of_maker(m, 0), right = symbol_of_maker(m, 1);
        if (left == 0 && right == 0) return;
        Match& match = chosen_.emplace_back(); // written where it stands, to be forgotten if nothing fits
        match.found[0] = i;
        for (const Recipe& recipe : recipes_.find(values_[m.out].symbol, left, right)) {
            if (!follow(recipe, match) || !does_all_they_do(match) || !has_kernel(match)) continue;
            facts_[i].chosen = static_cast<std::uint32_t>(chosen_.size() - 1);
            for (const Id inner : match.inner())
                facts_[inner].gone = true;
            return;
        }
        chosen_.pop_back();
    }

    bool follow(const Recipe& recipe, Match& match) const {
        const auto read = [&](Recipe::Read r) { return statements_[match.found[r.statement]].reads[r.k]; };
        for (std::size_t n = 0; n < recipe.inner_count; ++n) {
            const Read made = read(recipe.inner[n].made_for);
            const Id made_by = maker(made);
            if (made_by == none || values_[made.value].symbol != recipe.inner[n].symbol) return false;
            match.found[n + 1] = made_by;
        }
        for (std::size_t k = 0; k < recipe.operand_count; ++k)
            match.operands[k] = read(recipe.operands[k]);
        match.row = recipe.row;
        match.inner_count = recipe.inner_count;
        match.operand_count = recipe.operand_count;
        return true;
    }

    /// A smaller one gives way to one that does all it does.
    bool does_all_they_do(const Match& match) const {
        for (const Id inner : match.inner()) {
            if (facts_[inner].chosen == none) continue;
            const auto all = match.inner();
            for (const Id its : chosen_[facts_[inner].chosen].inner())
                if (std::find(all.begin(), all.end(), its) == all.end()) return false;
        }
        return true;
    }

    /// Whether there is a kernel for the way in which operands stand, and they are there until then.
    bool has_kernel(const Match& match) const {
        const Id i = match.found[0];
        const Statement& m = statements_[i];
        auto operands = match.reads();
        if (match.row->in_place) {
            if (values_[operands.back().value].overwritten_by != m.out) return false;
            operands = operands.first(operands.size() - 1);
        }
        const std::size_t rows = nest_.small ? std::max<std::size_t>(1, ir_.natural_rows(operands)) : nest_.row_count();
        unsigned spread = 0;
        for (std::size_t k = 0; k < operands.size(); ++k) {
            if (in_place_ && ir_.overwritten_before(operands[k].value, s_, i)) return false;
            if (!operands[k].dense()) spread |= static_cast<unsigned>(is_spread(ir_.pattern(operands[k]), rows)) << k;
        }
        return match.row->kernels[values_[m.out].dtype == DType::float32 ? 0 : 1][spread] != nullptr;
    }

    static bool is_spread(const Pattern& pattern, std::size_t rows) {
        const std::size_t width = pattern.count == rows ? 1 : pattern.count / rows;
        const Reading how = reading(pattern, rows, width);
        return how.kind == Reading::Kind::spread &&
               (width >= expanded_below || how.stride == 0); // else it is expanded first
    }

    void remove_what_others_compute() {
        const Superinstruction* const table = superinstructions().data();
        for (Id i = 0; i < facts_.size(); ++i) {
            if (facts_[i].gone || facts_[i].chosen == none) continue;
            Statement& m = statements_[i];
            const Match& match = chosen_[facts_[i].chosen];
            m.together = static_cast<std::uint8_t>(match.row - table);
            m.read_count = 0;
            for (const Read& operand : match.reads().first(match.operand_count - (match.row->in_place ? 1u : 0u)))
                m.add_read(operand);
            if (nest_.small) m.rows = ir_.natural_rows(m.in());
        }
        ir_.keep(nest_, [&](std::size_t i) { return !facts_[i].gone; });
    }

    LoopIR& ir_;
    const int s_;
    Nest& nest_;
    const std::span<Statement> statements_;
    ScratchVector<Facts> facts_;
    ScratchVector<Match> chosen_;
    const bool in_place_; // there are updates in place
    const IrValue* const values_;
    const RecipeTable& recipes_;
};

} // namespace

void choose_superinstructions(LoopIR& ir) {
    if (!ir.options.fuse) return;
    const bool in_place = std::any_of(ir.updates.begin(), ir.updates.end(),
                                      [&](const IrUpdate& u) { return ir.is_in_place(u); });
    for (std::size_t s = 0; s < ir.nests.size(); ++s)
        if (ir.nests[s].count > 1 && ir.nests[s].space != 0)
            LoopStatements(ir, static_cast<int>(s), in_place).replace();
}

} // namespace xgrad
