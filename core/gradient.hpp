#pragma once

#include <initializer_list>
#include <vector>

#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// dy/dx for each x; y has one element. The derivative is recorded with the same ops as everything else, so it can be
/// differentiated again. Zeros for an x that y does not depend on.
///
/// An op on a way from x to y must have a vjp or zero_derivative (see examples/guide.md); else, or if what its vjp
/// gives does not have its input's dtype and shape, it is an error. Ways lead through float32 and float64: integers are
/// constant in pieces. What has no elements passes nothing on, so through broadcast_to(x, {0}) the gradient is 0
/// whatever is made of it. All that holds for vjp, jvp and hessian_vector_product, too.
[[nodiscard]] std::vector<Var> gradient(Var y, const std::vector<Var>& xs, Location where = Location::current());
[[nodiscard]] Var gradient(Var y, Var x, Location where = Location::current());
/// So that gradient(y, {x}) gives a vector, too.
[[nodiscard]] inline std::vector<Var> gradient(Var y, std::initializer_list<Var> xs,
                                               Location where = Location::current()) {
    return gradient(y, std::vector<Var>(xs), where);
}

/// Vector-Jacobian products, reverse mode: for each x, the sum over the ys of cotangent^T (dy/dx).
[[nodiscard]] std::vector<Var> vjp(const std::vector<Var>& ys, const std::vector<Var>& xs,
                                   const std::vector<Var>& cotangents, Location where = Location::current());

/// Jacobian-vector products, forward mode: for each y, the sum over the xs of (dy/dx) tangent. The tangents of an x
/// that is given twice are added.
[[nodiscard]] std::vector<Var> jvp(const std::vector<Var>& ys, const std::vector<Var>& xs,
                                   const std::vector<Var>& tangents, Location where = Location::current());

/// (d^2 y / dx^2) v, for y of one element and v of x's shape.
[[nodiscard]] Var hessian_vector_product(Var y, Var x, Var v, Location where = Location::current());
/// The same of several xs together: for each x the sum over the other ones, z, of (d^2 y / dx dz) v_z.
[[nodiscard]] std::vector<Var> hessian_vector_product(Var y, const std::vector<Var>& xs, const std::vector<Var>& vs,
                                                      Location where = Location::current());
[[nodiscard]] inline std::vector<Var> hessian_vector_product(Var y, std::initializer_list<Var> xs,
                                                             std::initializer_list<Var> vs,
                                                             Location where = Location::current()) {
    return hessian_vector_product(y, std::vector<Var>(xs), std::vector<Var>(vs), where);
}

} // namespace xgrad
#pragma GCC visibility pop
