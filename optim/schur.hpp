#pragma once
// Normal equations of residuals that depend on few blocks each, and the Schur complement on one set of blocks.

#include <cstddef>
#include <vector>

#include <xgrad/optim/block_structure.hpp>

namespace xgrad::optim::detail {

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
