#pragma once
// Normal equations of residuals that depend on few blocks each, and the Schur complement on one set of blocks.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace xgrad::optim::detail {

/// Which blocks there are, and which of them each residual depends on. A step d has the blocks of all sets, one set
/// after the other; the reduced system those of the sets that are not eliminated.
struct BlockStructure {
    struct Set {
        std::size_t count, degrees;
        std::size_t first = 0;   // in d
        std::size_t reduced = 0; // in the reduced system
    };
    /// Arguments of a function of residuals: for each observation a block of a set.
    struct Part {
        std::size_t set;
        std::vector<std::int64_t> rows;
    };
    struct Factor {
        std::size_t observations, residuals; // of each observation
        std::vector<Part> parts;
        std::vector<std::size_t> columns = {}; // see `starts`, for each observation and part
    };

    std::vector<Set> sets;
    std::optional<std::size_t> eliminated; // a set
    std::vector<Factor> factors;
    std::vector<char> fixed; // by d

    std::size_t size = 0, reduced_size = 0;
    // Of each eliminated block: W = J_e^T J_r, degrees x width, with the columns of those blocks alone that it has a
    // residual in common with.
    std::vector<std::size_t> starts, widths; // in the array of all W
    /// Columns of W that lie side by side in the reduced system as well.
    struct Run {
        std::size_t column, reduced, length;
    };
    std::vector<std::size_t> run_starts;
    std::vector<Run> runs;
    bool dense = false; // most elements of W would not be zero if it had all columns

    /// What follows from the sets and the factors.
    void finish();
    bool is_eliminated(std::size_t set) const { return eliminated && *eliminated == set; }

  private:
    void find_columns();
};

/// 1/2 |J d + r|^2 as blocks of J^T J.
class SchurModel {
  public:
    void clear(const BlockStructure& structure);
    /// Adds what a factor gives, arrays of a number for each observation: its residuals, and for each of them the
    /// derivatives by each degree of freedom of each part.
    void add(const BlockStructure& structure, std::size_t factor, const std::vector<const double*>& arrays);
    /// After all was added.
    void finish(const BlockStructure& structure);

    const std::vector<double>& gradient() const { return gradient_; }
    const std::vector<double>& squares() const { return squares_; }
    double change(const BlockStructure& structure, const std::vector<double>& d) const;
    /// See LinearModel::solve.
    double solve(const BlockStructure& structure, double damping, const std::vector<double>& scale,
                 const std::vector<char>& held, std::vector<double>& d);
    /// The inverse of the Schur complement, or nothing if it has not full rank.
    std::vector<double> reduced_inverse(const BlockStructure& structure);

  private:
    bool eliminate(const BlockStructure& structure, double damping, const std::vector<double>& scale,
                   const std::vector<char>& held);
    void subtract_dense(const BlockStructure& structure);
    void subtract_runs(const BlockStructure& structure);

    std::vector<double> gradient_, squares_;
    std::vector<double> reduced_, eliminated_, mixed_; // H, all V, all W
    // Of the last solution: V = L L^T, Y = L^-1 W, z = -L^-1 g, the complement and its right-hand side
    std::vector<double> factors_, y_, z_, complement_, right_;
};

} // namespace xgrad::optim::detail
