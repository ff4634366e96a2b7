#pragma once
// Finds what a superinstruction may replace: a statement, and those whose results it alone reads.

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include <xgrad/core/kernels/tables.hpp>

namespace xgrad {

/// A formula as a tree; inputs stand before what reads them, the last node is the result.
struct FormulaTree {
    struct Node {
        char symbol; // of an op, or the letter of an operand
        std::uint8_t left = 0, right = 0;
        bool is_operand() const { return symbol >= 'a' && symbol <= 'e'; }
        bool is_unary() const { return symbol == '2' || symbol == 'v' || symbol == 'u'; }
    };
    const Superinstruction* row;
    std::vector<Node> nodes;
    unsigned commuting = 0; // nodes whose operands may change places
};
/// A formula with the operands of some of its sums and products (bit k of `turned`: of node k) in their places changed.
struct FormulaVariant {
    const FormulaTree* tree;
    unsigned turned;
};
/// Those that may fit a statement, by its symbol and those of the statements that make what it reads (0: none that it could compute);
/// larger formulas first. With those that overwrite an operand, or without.
std::span<const FormulaVariant> formulas_for(char symbol, char left, char right, bool in_place);

/// What a formula found: its operands, and the statements that it computes beside the last.
template <class Id, class Operand>
struct FormulaMatch {
    std::array<Operand, 5> operands;
    std::array<Id, 4> inner;
    std::size_t operand_count = 0, inner_count = 0;

    std::span<const Operand> reads() const { return {operands.data(), operand_count}; }
    std::span<const Id> statements() const { return {inner.data(), inner_count}; }
};

/// Compares formulas with statements. A Source has statements, and what they read:
///     char symbol(Id) const;
///     std::size_t reads(Id) const;
///     Operand read(Id, std::size_t k) const;
///     bool producer(Id reader, Operand, Id& result) const;  // what may be computed by its reader as well
template <class Source>
class FormulaMatcher {
  public:
    using Match = FormulaMatch<typename Source::Id, typename Source::Operand>;
    FormulaMatcher(const Source& source, bool in_place) : source_(source), in_place_(in_place) {}

    /// The first formula for the statement, in any order of operands, that `accept(row, match)` takes; or null.
    template <class Accept>
    const Superinstruction* find(typename Source::Id root, const Accept& accept) {
        const char left = made_by(root, 0), right = made_by(root, 1);
        if (left == 0 && right == 0) return nullptr;
        for (const auto& [tree, turned] : formulas_for(source_.symbol(root), left, right, in_place_)) {
            match_.operand_count = match_.inner_count = 0;
            if (matches(*tree, tree->nodes.size() - 1, root, turned) && accept(*tree->row, match_)) return tree->row;
        }
        return nullptr;
    }

  private:
    char made_by(typename Source::Id reader, std::size_t k) const {
        if (k >= source_.reads(reader)) return 0;
        typename Source::Id statement{};
        return source_.producer(reader, source_.read(reader, k), statement) ? source_.symbol(statement) : '\0';
    }

    bool matches(const FormulaTree& tree, std::size_t n, typename Source::Id statement, unsigned turned) {
        const FormulaTree::Node& node = tree.nodes[n];
        if (source_.symbol(statement) != node.symbol) return false;
        const std::size_t first = turned >> n & 1;
        return reads(tree, node.left, statement, first, turned) &&
               (node.is_unary() || reads(tree, node.right, statement, 1 - first, turned));
    }
    bool reads(const FormulaTree& tree, std::size_t n, typename Source::Id reader, std::size_t k, unsigned turned) {
        const FormulaTree::Node& node = tree.nodes[n];
        const typename Source::Operand read = source_.read(reader, k);
        if (node.is_operand()) {
            const auto letter = static_cast<std::size_t>(node.symbol - 'a');
            match_.operands[letter] = read;
            match_.operand_count = std::max(match_.operand_count, letter + 1);
            return true;
        }
        typename Source::Id statement{};
        if (!source_.producer(reader, read, statement)) return false;
        match_.inner[match_.inner_count++] = statement;
        return matches(tree, n, statement, turned);
    }

    const Source& source_;
    const bool in_place_;
    Match match_;
};

} // namespace xgrad
