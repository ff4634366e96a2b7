#pragma once

#include <xgrad/ops/collective.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// A stage: the average of each gradient over all participants of a group, those being its ranks or, in a function of
/// `sharded`, its shards.  g := 1/P sum_p g_p
/// After it all of them have the same, so it stands before whatever keeps slots: the first link of a chain.
struct AllMeanGradients {
    Group group;
    RuleName name = "all_mean_gradients";
    static constexpr bool stage() { return true; }
    Var update(Var g, Parameter&) const { return all_mean(g, group); }
};

} // namespace xgrad::optim
#pragma GCC visibility pop
