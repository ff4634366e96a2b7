#pragma once
// Robust losses: what replaces the square of a residual, so that outliers count less.

#include <functional>

#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// rho(s) of the squares s = r^2 of residuals, elementwise, with rho(0) = 0 and rho'(0) = 1 for small ones to count as
/// squares. The cost is 1/2 the sum of rho(r^2). A function of one's own is a loss, too; its derivative, which must not
/// be negative, is taken by the tape.
using RobustLoss = std::function<Var(Var squares)>;

/// rho = s up to scale^2, then 2 scale sqrt(s) - scale^2: grows as |r|.  Huber 1964
struct Huber {
    double scale = 1;
    Var operator()(Var squares) const;
};

/// rho = 2 scale^2 (sqrt(1 + s / scale^2) - 1): a smooth one that grows as |r|.  ceres::SoftLOneLoss
struct SoftL1 {
    double scale = 1;
    Var operator()(Var squares) const;
};

/// rho = scale^2 log(1 + s / scale^2): grows as log |r|.  That of Cauchy's, or Lorentz's, distribution
struct Cauchy {
    double scale = 1;
    Var operator()(Var squares) const;
};

/// rho = scale^2 / 3 (1 - (1 - s / scale^2)^3) up to scale^2, then scale^2 / 3: what lies beyond has no influence.
/// Beaton and Tukey 1974 (biweight)
struct Tukey {
    double scale = 1;
    Var operator()(Var squares) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
