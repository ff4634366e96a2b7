#pragma once

#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// A stage: each element of a gradient moved into [-limit, limit].  As torch.nn.utils.clip_grad_value_.
struct ClipByValue {
    double limit = 1;
    RuleName name = "clip_by_value";
    static constexpr bool stage() { return true; }
    Var update(Var g, Parameter& p) const;
};

/// A stage: the gradient of each parameter for itself scaled down to norm `limit` if it is longer.
///     g min(1, limit / (|g| + epsilon))
/// As torch.nn.utils.clip_grad_norm_ of one parameter, whose epsilon it is.
struct ClipByNorm {
    double limit = 1;
    double epsilon = 1e-6;
    RuleName name = "clip_by_norm";
    static constexpr bool stage() { return true; }
    Var update(Var g, Parameter& p) const;
};

/// A stage: the gradients of all parameters scaled down together, so that their norm, taken as of one vector, is at
/// most `limit`. As torch.nn.utils.clip_grad_norm_.  Pascanu et al. 2013.
struct ClipByGlobalNorm {
    double limit = 1;
    double epsilon = 1e-6;
    RuleName name = "clip_by_global_norm";
    static constexpr bool stage() { return true; }
    std::vector<Var> update(std::vector<Var> gradients, Training& training) const;
};

/// The root of the sum of all squares, in float64: one element.
[[nodiscard]] Var global_norm(const std::vector<Var>& xs);

/// A last stage, which looks at where the step leads: afterwards no vector along `axes` (none: the whole parameter) is
/// longer than `limit`. The lecture bounds so the weights of each neuron; those of a (inputs, outputs) matrix lie along
/// axis 0.
/// Parameters without such an axis are left as they are.
///     p + g := (p + g) min(1, limit / |p + g|)
struct MaxNorm {
    double limit = 1;
    Dims axes = 0;
    RuleName name = "max_norm";
    static constexpr bool stage() { return true; }
    Var update(Var g, Parameter& p) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
