#pragma once
// Functions of Vars that are recorded once and applied many times.

#include <functional>
#include <vector>

#include <xgrad/core/control/body.hpp>

namespace xgrad {

/// A user's function, traced on stand-ins. What it reads beside its arguments has become arguments, too: `captured`.
class ClosedFunction {
  public:
    using Vars = std::vector<Var>;

    /// `function` is what errors call the caller, `argument` what they call a stand-in.
    ClosedFunction(Graph& graph, const char* function, const char* argument, const std::vector<Type>& arguments,
                   const std::function<Vars(const Vars&)>& f, Location where);

    const Vars& captured() const { return closed_.captured; }
    const Vars& results() const { return closed_.body.gives; } // on the stand-ins
    const Vars& stand_ins() const { return closed_.body.takes; }
    /// What it gives for these arguments, with others in the places of what it captured.
    Vars operator()(const Vars& arguments, std::span<const Var> captured) const;

  private:
    ClosedBody closed_;
};

} // namespace xgrad
