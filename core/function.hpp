#pragma once

#include <array>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/core/program.hpp>
#include <xgrad/core/step.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// A traced function: keeps a program for each signature (dtypes and shapes) of its arguments, of the last 64 of them.
/// What a trace records is forgotten once it is compiled, or has thrown. A function belongs to one thread at a time,
/// which is checked, and to that of its tape while it traces; its copies are the same function. For threads:
/// `program(signature).copy()`.
class Function : public detail::Called<Function> {
  public:
    /// The program for a signature, traced and compiled if it is not among those that are kept.
    Program program(const std::vector<Type>& signature, Location where = Location::current());
    std::size_t programs() const;
    static constexpr std::size_t most_programs = 64;

    struct Impl;
    explicit Function(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

  private:
    friend class detail::Called<Function>;
    Results run(std::span<const Value* const> arguments, Location where);
    std::shared_ptr<Impl> impl_;
};

namespace detail {

inline Step to_step(Step step) { return step; }
inline Step to_step(Var output) { return {.outputs = {output}, .updates = {}}; }
inline Step to_step(std::vector<Var> outputs) { return {.outputs = std::move(outputs), .updates = {}}; }
inline Step to_step(std::vector<Update> updates) { return {.outputs = {}, .updates = std::move(updates)}; }
template <std::size_t N>
Step to_step(const std::array<Var, N>& outputs) {
    return {.outputs = {outputs.begin(), outputs.end()}, .updates = {}};
}

template <class F, std::size_t... I>
constexpr bool takes_vars(std::index_sequence<I...>) {
    return std::is_invocable_v<F&, decltype((void)I, Var{})...>;
}

inline constexpr std::size_t most_vars = 16;

/// The number of Vars that F takes, the first one from N on, or most_vars + 1.
template <class F, std::size_t N>
constexpr std::size_t vars_taken() {
    if constexpr (N > most_vars)
        return N;
    else if constexpr (takes_vars<F>(std::make_index_sequence<N>{}))
        return N;
    else
        return vars_taken<F, N + 1>();
}

} // namespace detail

} // namespace xgrad
#pragma GCC visibility pop
