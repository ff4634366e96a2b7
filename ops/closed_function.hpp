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

    /// What the function captured.
    const Vars& captured() const { return captured_; }
    /// What it gives for these arguments, with others in the places of what it captured.
    Vars operator()(const Vars& arguments, std::span<const Var> captured) const;

    /// The function of the same arguments that gives what `more` makes of them and of the results.
    ClosedFunction followed_by(const std::function<Vars(const Vars& arguments, const Vars& results)>& more) const;
    /// The function that takes cotangents of the results behind its arguments, and gives behind its results the adjoints
    /// of some arguments, and of some of what it captured. Derivatives are taken here, by the stand-ins: what is later
    /// put in their places may be any Var.
    ClosedFunction with_vjp(const std::vector<char>& by_arguments, const std::vector<char>& by_captured = {}) const;
    /// The function that takes tangents of some arguments behind its arguments, and of some captured ones behind these,
    /// and gives the tangents of its results behind those.
    ClosedFunction with_jvp(const std::vector<char>& by_arguments, const std::vector<char>& by_captured = {}) const;

  private:
    ClosedFunction(Graph& graph, Vars arguments, Vars of_captured, Vars results)
        : graph_(graph), arguments_(std::move(arguments)), of_captured_(std::move(of_captured)),
          results_(std::move(results)) {}
    /// Of what it captured, the stand-ins that flags are set for; no flags: none.
    Vars chosen_captured(const std::vector<char>& by) const { return by.empty() ? Vars() : chosen(of_captured_, by); }

    Graph& graph_;
    Vars arguments_, of_captured_, results_; // stand-ins, and what follows from them
    Vars captured_;
};

} // namespace xgrad
