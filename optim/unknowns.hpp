#pragma once
// What a least-squares search looks for.

#include <cstddef>
#include <optional>
#include <vector>

#include <xgrad/core/program.hpp>
#include <xgrad/optim/manifold.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// lower <= x <= upper, by element, or one number for all of them; none, or an infinity, is no bound.
struct Bounds {
    std::vector<double> lower = {}, upper = {};
};

/// A parameter that is looked for: within bounds, or on a manifold.
struct Unknown {
    Unknown(Var parameter, Bounds bounds = {}) : parameter(parameter), bounds(std::move(bounds)) {}
    Unknown(Var parameter, Manifold manifold) : parameter(parameter), manifold(std::move(manifold)) {}
    Var parameter;
    Manifold manifold = {};
    Bounds bounds = {};
};

namespace detail {

/// All of them: x, all their numbers as one vector, and d, a step of as many elements as there are degrees of freedom.
class Unknowns {
  public:
    /// `function` is what errors name.
    Unknowns(const char* function, std::vector<Unknown> unknowns, Location where);

    std::size_t degrees() const { return degrees_; }
    std::size_t count() const { return list_.size(); }
    const Unknown& operator[](std::size_t i) const { return list_[i]; }
    std::size_t degrees(std::size_t i) const;
    Location where() const { return where_; }

    std::vector<double> point() const;
    void move(const std::vector<double>& x);
    /// x + d; where bounds cut it short, so is d.
    std::vector<double> plus(const std::vector<double>& x, std::vector<double>& d);
    /// Which degrees of freedom stand at a bound that a step along -gradient would cross.
    std::vector<char> held(const std::vector<double>& x, const std::vector<double>& gradient) const;
    /// The derivative by steps, (m, degrees), from that by the numbers of unknown i, (m, numbers).
    Var by_step(Var jacobian, std::size_t i) const;
    /// Of each element of the manifold, one after the other: (elements, size, degrees).
    Var step_jacobian(std::size_t i) const;

  private:
    void check(const Unknown& unknown) const;
    void check_start(const Unknown& unknown) const;
    const char* function_;
    std::vector<Unknown> list_;
    std::vector<Var> leaves_;
    std::vector<std::optional<Program>> plus_;
    std::vector<double> lower_, upper_; // by degrees of freedom; empty: none
    Location where_;
    std::size_t degrees_ = 0;
};

} // namespace detail
} // namespace xgrad::optim
#pragma GCC visibility pop
