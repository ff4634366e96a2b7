#pragma once

#include <functional>

#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Which parameters: any function of a parameter, such as `weights_only` or one that looks at its name.
using Selection = std::function<bool(Var)>;

/// Parameters of two and more axes, that is, no biases and no scales.
inline bool weights_only(Var parameter) { return parameter.rank() > 1; }
/// The parameters of a list.
Selection only(std::vector<Var> parameters);
Selection except(Selection selection);
/// Parameters whose name holds a text.
Selection named(std::string text);

/// A rule for some parameters; the gradients of the others pass unchanged. Masked{AddDecayedWeights{1e-4},
/// weights_only} decays no bias; two of them with opposite selections train two groups, each in its way.
struct Masked {
    Transformation rule;
    Selection which = weights_only;
    RuleName name = "masked";
    static constexpr bool stage() { return true; }
    std::vector<Var> update(std::vector<Var> gradients, Training& training) const;
};

/// A stage that leaves some parameters as they are.
struct Frozen {
    Selection which;
    RuleName name = "frozen";
    static constexpr bool stage() { return true; }
    std::vector<Var> update(std::vector<Var> gradients, Training& training) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
