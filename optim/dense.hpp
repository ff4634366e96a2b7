#pragma once
// The small dense linear algebra of the searches. Matrices are row-major.

#include <cstddef>
#include <vector>

namespace xgrad::optim::detail {

/// A = L L^T in place: reads and writes the lower triangle of an n x n matrix. The result is the smallest pivot, a
/// square of a diagonal element of L; not above 0 if the matrix is not positive definite, and L is not finished then.
double cholesky(double* a, std::size_t n);
/// Solves L L^T x = b in place.
void solve_cholesky(const double* l, std::size_t n, double* b);

/// The inverse of a symmetric positive definite matrix, or nothing if it is not.
std::vector<double> inverse_of(const double* a, std::size_t n);

/// A = Q R by Householder reflections, in place: A is rows x columns; its upper triangle
/// becomes R, what lies below is no longer of use, and b, unless it is null, becomes Q^T b.
void householder(double* a, std::size_t rows, std::size_t columns, double* b);
/// Solves R x = b in place, for the upper triangle of a matrix with so many columns.
void solve_upper(const double* r, std::size_t columns, double* b);

/// The linear model 1/2 |J d + r|^2 near a point, held as J^T J or as the triangle of J = Q R; from it the damped
/// steps of Gauss and Newton.
class LinearModel {
  public:
    /// From J^T J and J^T r.
    static LinearModel of_products(std::vector<double> matrix, std::vector<double> gradient);
    /// From J, of so many rows, and r.
    static LinearModel of_jacobian(const double* jacobian, const double* residuals, std::size_t rows,
                                   std::size_t columns);

    std::size_t size() const { return gradient_.size(); }
    bool by_triangle() const { return triangle_; }
    const std::vector<double>& gradient() const { return gradient_; }
    /// The squares of the norms of J's columns.
    const std::vector<double>& squares() const { return squares_; }
    /// What the model changes by along d:  g d + 1/2 |J d|^2
    double change(const std::vector<double>& d) const;

    /// The smallest d of 1/2 |J d + r|^2 + 1/2 damping |D d|^2, D^2 given, with d = 0 for what is held. The result
    /// tells how far the scaled matrix is from one of lower rank: the smallest pivot of its factor, of a matrix with
    /// ones on the diagonal; below `n epsilon` none was found.
    double solve(double damping, const std::vector<double>& scale, const std::vector<char>& held,
                 std::vector<double>& d) const;
    /// (J^T J)^-1, or nothing if J has not full rank.
    std::vector<double> inverse() const;

  private:
    double solve_products(double damping, const std::vector<double>& scale, const std::vector<char>& held,
                          std::vector<double>& d) const;
    double solve_triangle(double damping, const std::vector<double>& scale, const std::vector<char>& held,
                          std::vector<double>& d) const;
    bool triangle_ = false;
    std::vector<double> matrix_;   // J^T J or R
    std::vector<double> gradient_; // J^T r
    std::vector<double> rotated_;  // Q^T r
    std::vector<double> squares_;
};

} // namespace xgrad::optim::detail
