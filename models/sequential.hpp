#pragma once
// Layers one after the other.

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

namespace detail {

/// Converts to bool and to nothing else: what takes it has a `bool`, not a number with another meaning.
struct OnlyBool {
    template <std::same_as<bool> T>
    operator T() const;
};

/// Whether F takes an X, and whether it also takes a bool.
template <class F, class X>
inline constexpr bool takes = std::is_invocable_r_v<Var, F&, X>;
template <class F, class X>
inline constexpr bool takes_training = std::is_invocable_r_v<Var, F&, X, OnlyBool>;

/// Whether F has one call operator, or is a function, with a parameter that is an Operand: it is given the place of the
/// user's call as well. (A generic lambda is not: it may do with a Var what an Operand cannot.)
template <class F>
inline constexpr bool takes_operand = [] {
    if constexpr (std::is_pointer_v<F> || std::is_function_v<F> || requires { &F::operator(); })
        return takes<F, const Operand&> || takes_training<F, const Operand&>;
    else
        return false;
}();

/// Calls a layer or a model; `training` goes to what takes it.
template <class F>
Var call(F& f, const Operand& x, bool training) {
    using X = std::conditional_t<takes_operand<F>, const Operand&, Var>;
    static_assert(takes<F, X> || takes_training<F, X>,
                  "a layer or a model is called with an xgrad::Var, or with an xgrad::Var and a bool that says whether "
                  "it trains, and gives an xgrad::Var; a function that needs more arguments stands in a lambda");
    const auto given = [&]() -> X {
        if constexpr (takes_operand<F>)
            return x;
        else
            return x.var;
    };
    if constexpr (takes_training<F, X>)
        return f(given(), training);
    else
        return f(given());
}

} // namespace detail

/// Anything that is called with a Var and gives one, and is told whether it trains if it takes a bool as well: a layer,
/// a model, xgrad::relu, `[](xgrad::Var x) { return 2 * x; }`. It is copied; a copy has the same parameters and states.
class Layer {
  public:
    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, Layer>)
    Layer(F layer)
        : call_([layer = std::move(layer)](const Operand& x, bool training) mutable {
              return detail::call(layer, x, training);
          }) {}
    [[nodiscard]] Var operator()(Operand x, bool training = true) const { return call_(x, training); }

  private:
    std::function<Var(const Operand&, bool)> call_;
};

/// Calls layers one after the other, each with what the one before it gives, x -> f_n(... f_2(f_1(x))); none give x.
///
///     Sequential model(conv, norm, xg::relu, MaxPool{2}, Flatten{}, classify);
///     Var scores = model(images, training);
class Sequential {
  public:
    template <class... F>
    explicit Sequential(F... layers) : layers_{Layer(std::move(layers))...} {}
    void append(Layer layer) { layers_.push_back(std::move(layer)); }
    [[nodiscard]] std::size_t size() const { return layers_.size(); }
    [[nodiscard]] Var operator()(Operand x, bool training = true) const;

  private:
    std::vector<Layer> layers_;
};

} // namespace xgrad::models
#pragma GCC visibility pop
