#include <xgrad/optim/clip.hpp>

#include <algorithm>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/reduce.hpp>

namespace xgrad::optim {

Var global_norm(const std::vector<Var>& xs) {
    Var squares;
    for (const Var& x : xs) {
        if (!x.valid()) continue;
        const Var its = cast(sum(square(x)), DType::float64);
        squares = squares.valid() ? squares + its : its;
    }
    return squares.valid() ? sqrt(squares) : Var{};
}

Var ClipByValue::update(Var g, Parameter& p) const {
    p.require({{"limit", limit, Range::not_negative}});
    return clip(g, -limit, limit);
}

Var ClipByNorm::update(Var g, Parameter& p) const {
    p.require({{"limit", limit, Range::not_negative}, {"epsilon", epsilon, Range::not_negative}});
    return g * p.scalar(minimum(limit / (global_norm({g}) + epsilon), 1));
}

std::vector<Var> ClipByGlobalNorm::update(std::vector<Var> gradients, Training& training) const {
    training.require({{"limit", limit, Range::not_negative}, {"epsilon", epsilon, Range::not_negative}});
    const Var norm = global_norm(gradients);
    if (!norm.valid()) return gradients;
    const Var factor = minimum(limit / (norm + epsilon), 1);
    for (std::size_t i = 0; i < gradients.size(); ++i)
        if (gradients[i].valid()) gradients[i] = gradients[i] * training[i].scalar(factor);
    return gradients;
}

Var MaxNorm::update(Var g, Parameter& p) const {
    p.require({{"limit", limit, Range::not_negative}});
    const Var at = p.value();
    const auto rank = static_cast<std::int64_t>(at.rank());
    if (std::any_of(axes.begin(), axes.end(), [&](std::int64_t axis) { return axis < -rank || axis >= rank; }))
        return g;
    const Var there = moved(at, g);
    const Var norm = sqrt(sum(square(there), axes, keepdims));
    return where(norm > limit, there * (limit / norm), there) - at; // which `moved` takes for the point itself
}

} // namespace xgrad::optim
