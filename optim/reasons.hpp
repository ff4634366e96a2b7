#pragma once
// Why searches end, as their reports say it.

namespace xgrad::optim::reasons {

inline constexpr const char* gradient = "the gradient is within tolerance_gradient";
inline constexpr const char* cost = "the cost changes by no more than tolerance_cost";
inline constexpr const char* step = "the step is within tolerance_step";
inline constexpr const char* iterations = "max_iterations were made";
inline constexpr const char* not_finite = "the loss is not finite";
inline constexpr const char* no_descent = "no step goes down";

} // namespace xgrad::optim::reasons
