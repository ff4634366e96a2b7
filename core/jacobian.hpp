#pragma once
// Whole matrices of derivatives.

#include <cstdint>
#include <initializer_list>
#include <vector>

#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// How a Jacobian is made: a column by each element of x (forward), a row by each element of y (reverse), or by the
/// fewer of both. The results differ by rounding alone.
enum class JacobianMode : std::uint8_t { automatic, forward, reverse };

struct JacobianOptions {
    JacobianMode mode = JacobianMode::automatic;
};

/// dy/dx, of shape y.shape + x.shape: the derivative of each element of y by each element of x. All columns, or all
/// rows, are made at once, as vmap of jvp or of vjp over the identity. Zeros where y does not depend on x. y and x are
/// floating; with more than eight axes in all it is an error. What holds for ops in gradient does here.
[[nodiscard]] Var jacobian(Var y, Var x, const JacobianOptions& options = {}, Location where = Location::current());
/// The same by each x.
[[nodiscard]] std::vector<Var> jacobian(Var y, const std::vector<Var>& xs, const JacobianOptions& options = {},
                                        Location where = Location::current());
[[nodiscard]] inline std::vector<Var> jacobian(Var y, std::initializer_list<Var> xs,
                                               const JacobianOptions& options = {},
                                               Location where = Location::current()) {
    return jacobian(y, std::vector<Var>(xs), options, where);
}

/// The second derivatives of y, which is one number, by x: of shape x.shape + x.shape. The columns are derivatives of
/// the gradient (forward over reverse).
[[nodiscard]] Var hessian(Var y, Var x, Location where = Location::current());
/// The blocks [i][j], of shape xs[i].shape + xs[j].shape.
[[nodiscard]] std::vector<std::vector<Var>> hessian(Var y, const std::vector<Var>& xs,
                                                    Location where = Location::current());
[[nodiscard]] inline std::vector<std::vector<Var>> hessian(Var y, std::initializer_list<Var> xs,
                                                           Location where = Location::current()) {
    return hessian(y, std::vector<Var>(xs), where);
}

} // namespace xgrad
#pragma GCC visibility pop
