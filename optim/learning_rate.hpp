#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

class LearningRate;

template <class F>
concept ScheduleFunction = !std::same_as<F, LearningRate> && std::is_invocable_r_v<Var, const F&, Var>;

/// How far a step goes: a number; a schedule, which is any function from the number of steps done (a float64 Var of
/// shape ()) to a Var of one element; or a Var, such as a state that is changed by tape.assign between calls. None of
/// them needs a new compilation when the rate changes.
class LearningRate {
  public:
    using Schedule = std::function<Var(Var)>;

    template <Number T>
    LearningRate(T number) : number_(static_cast<double>(number)) {}
    LearningRate(Var rate) : var_(rate) {}
    template <ScheduleFunction F>
    LearningRate(F schedule) : schedule_(std::move(schedule)) {}

    bool is_number() const { return !var_.valid() && !schedule_; }
    double number() const { return number_; }
    [[nodiscard]] Var var() const { return var_; }
    const Schedule& schedule() const { return schedule_; }

  private:
    double number_ = 0;
    Var var_;
    Schedule schedule_;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
