#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Layer-wise steps, a stage: g + weight_decay p, scaled to a length in proportion to that of the parameter.
///     coefficient |p| / (|g| + weight_decay |p| + epsilon) (g + weight_decay p)
/// Where |p| or |g| is zero the factor is 1. Without weight_decay this is |p| / |g|, which LAMB takes of its direction.
struct ScaleByTrustRatio {
    double coefficient = 1;
    double weight_decay = 0;
    double epsilon = 0;
    RuleName name = "trust_ratio";
    static constexpr bool stage() { return true; }

    Var update(Var g, Parameter& p) const {
        p.require({{"coefficient", coefficient, Range::not_negative},
                   {"weight_decay", weight_decay, Range::not_negative},
                   {"epsilon", epsilon, Range::not_negative}});
        const Var of_p = norm(p.value()), of_g = norm(g);
        const Var ratio = coefficient * of_p / (of_g + weight_decay * of_p + epsilon);
        if (weight_decay != 0) g = g + weight_decay * p.value();
        return where((of_p > 0) * (of_g > 0), ratio, 1) * g;
    }
    static Var norm(Var x) { return sqrt(sum(square(x))); }
};

} // namespace xgrad::optim
#pragma GCC visibility pop
