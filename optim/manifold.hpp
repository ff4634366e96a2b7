#pragma once
// Rotations and rigid motions, and steps on them.

#include <concepts>
#include <cstddef>
#include <functional>
#include <string>

#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// What a least-squares search needs to know of a parameter whose elements are not free: how to go a step. The last
/// axis of the parameter holds one element of the manifold, `size` numbers, and that of a step has its `degrees` of
/// freedom. Made of SO2{}, SO3{}, SE3{}, or of a struct of one's own with their members `name`, `size`, `degrees` and
/// plus(x, d), x + d with x + 0 = x. Derivatives are taken by d at 0.
class Manifold {
  public:
    /// The plain vectors: x + d.
    Manifold() = default;
    template <class M>
        requires requires(const M& m, Var x) {
            { M::size } -> std::convertible_to<std::size_t>;
            { M::degrees } -> std::convertible_to<std::size_t>;
            { m.plus(x, x) } -> std::same_as<Var>;
        }
    Manifold(M m)
        : name_(M::name), size_(M::size), degrees_(M::degrees), plus_([m](Var x, Var d) { return m.plus(x, d); }) {}

    bool flat() const { return !plus_; }
    const std::string& name() const { return name_; }
    std::size_t size() const { return size_; }
    std::size_t degrees() const { return degrees_; }
    Var plus(Var x, Var d) const { return plus_(x, d); }

  private:
    std::string name_;
    std::size_t size_ = 0, degrees_ = 0;
    std::function<Var(Var, Var)> plus_;
};

/// Rotations of the plane: (cos a, sin a) along the last axis.
struct SO2 {
    static constexpr auto name = "SO2";
    static constexpr std::size_t size = 2, degrees = 1;
    /// (..., 1) -> (..., 2)
    static Var exp(Operand angle);
    /// The angle, from -pi to pi: (..., 2) -> (..., 1)
    static Var log(Operand x);
    static Var multiply(Operand a, Operand b);
    static Var inverse(Operand x);
    /// Points (..., 2), rotated.
    static Var act(Operand x, Operand points);
    /// x exp(d)
    static Var plus(Var x, Var d);
};

/// Rotations of space: unit quaternions (w, x, y, z) along the last axis; q and -q are the same rotation. All is right,
/// with its first and second derivatives, at angle 0.
struct SO3 {
    static constexpr auto name = "SO3";
    static constexpr std::size_t size = 4, degrees = 3;
    /// About the axis v by the angle |v|: (..., 3) -> (..., 4), (cos |v|/2, v/|v| sin |v|/2)
    static Var exp(Operand vector);
    /// The vector of the shorter way round, of at most pi: (..., 4) -> (..., 3)
    static Var log(Operand q);
    /// First b, then a.
    static Var multiply(Operand a, Operand b);
    /// (w, -x, -y, -z)
    static Var inverse(Operand q);
    /// Points (..., 3), rotated.
    static Var act(Operand q, Operand points);
    /// (..., 4) -> (..., 3, 3)
    static Var matrix(Operand q);
    /// q exp(d)
    static Var plus(Var q, Var d);
};

/// Rigid motions of space, p -> R p + t: (t, q) along the last axis, a translation and a unit quaternion.
struct SE3 {
    static constexpr auto name = "SE3";
    static constexpr std::size_t size = 7, degrees = 6;
    /// Of a twist (u, v), a velocity and an angular velocity: (..., 6) -> (..., 7), t = V(v) u and q = SO3::exp(v),
    /// V(v) u = u + (1 - cos a) / a^2 v x u + (a - sin a) / a^3 v x (v x u), a = |v|
    static Var exp(Operand twist);
    /// (..., 7) -> (..., 6)
    static Var log(Operand x);
    /// First b, then a.
    static Var multiply(Operand a, Operand b);
    static Var inverse(Operand x);
    /// Points (..., 3), moved.
    static Var act(Operand x, Operand points);
    /// x exp(d)
    static Var plus(Var x, Var d);
};

} // namespace xgrad::optim
#pragma GCC visibility pop
