#pragma once
// Residuals that depend on few blocks of unknowns each: which ones.

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

} // namespace xgrad::optim::detail
