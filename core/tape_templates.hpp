#pragma once
// The templates of Tape and Var; included by tape.hpp.

#include <algorithm>
#include <type_traits>
#include <utility>

#include <xgrad/core/tape.hpp>

namespace xgrad {

namespace detail {

inline Step to_step(Step step) { return step; }
inline Step to_step(Var output) { return {.outputs = {output}, .updates = {}}; }
inline Step to_step(std::vector<Var> outputs) { return {.outputs = std::move(outputs), .updates = {}}; }
template <std::size_t N>
Step to_step(const std::array<Var, N>& outputs) {
    return {.outputs = {outputs.begin(), outputs.end()}, .updates = {}};
}

template <class F, std::size_t... I>
constexpr bool takes_vars(std::index_sequence<I...>) {
    return std::is_invocable_v<F&, decltype((void)I, Var{})...>;
}

template <class F, std::size_t N = 0>
constexpr std::size_t arity() {
    static_assert(N <= 16, "a traced function takes up to 16 arguments of type xgrad::Var and returns a Step or Vars");
    if constexpr (takes_vars<F>(std::make_index_sequence<N>{}))
        return N;
    else
        return arity<F, N + 1>();
}

} // namespace detail

template <class E>
Var Tape::leaf(LeafKind kind, const E& expression, std::string name, Location where) {
    using T = detail::stored_element_t<E>;
    const Call call(name_of(kind), where);
    if constexpr (std::is_arithmetic_v<E>) {
        const T element = detail::stored_element<T>(Shape(), 0, expression, where);
        if (kind == LeafKind::constant)
            return scalar(dtype_of<T>(), static_cast<double>(element),
                          std::is_integral_v<T> ? static_cast<std::int64_t>(element) : 0, std::is_integral_v<T>, where);
        std::shared_ptr<Leaf> made = new_leaf(kind, dtype_of<T>(), Shape(), std::move(name), where);
        *static_cast<T*>(elements(*made)) = element;
        return record_leaf(std::move(made), where);
    } else {
        std::shared_ptr<Leaf> made = new_leaf(kind, dtype_of<T>(), Shape(expression.shape()), std::move(name), where);
        detail::store_elements(expression, static_cast<T*>(elements(*made)), where);
        return record_leaf(std::move(made), where);
    }
}

template <class E>
void Tape::assign(Var leaf, const E& expression, Location where) {
    const Call call("assign", where);
    void* data = writable(leaf, where);
    const DType dtype = leaf.dtype();
    auto store = [&](auto* out) {
        using T = std::remove_pointer_t<decltype(out)>;
        if constexpr (std::is_arithmetic_v<E>) {
            if (std::is_floating_point_v<E> && !std::is_floating_point_v<T>)
                fail_assign(leaf, Shape(), dtype_of<E>(), where);
            std::fill_n(out, leaf.shape().numel(), detail::stored_element<T>(Shape(), 0, expression, where));
        } else {
            using Source = typename E::value_type;
            if (Shape(expression.shape()) != leaf.shape() ||
                (std::is_floating_point_v<Source> && !std::is_floating_point_v<T>))
                fail_assign(leaf, Shape(expression.shape()), dtype_of<Source>(), where);
            // The expression may throw or read the leaf itself: evaluate it before anything is overwritten.
            std::vector<T> elements(leaf.shape().numel());
            detail::store_elements(expression, elements.data(), where);
            for (std::size_t i = 0; i < elements.size(); ++i)
                out[i] = elements[i];
        }
    };
    switch (dtype) {
    case DType::float32: return store(static_cast<float*>(data));
    case DType::float64: return store(static_cast<double*>(data));
    case DType::int64: return store(static_cast<std::int64_t*>(data));
    case DType::uint8: return store(static_cast<std::uint8_t*>(data));
    }
}

template <class F>
Function Tape::function(F trace, Location where) {
    constexpr std::size_t n = detail::arity<F>();
    return make_function(
        n,
        [trace = std::move(trace)](const std::vector<Var>& inputs) mutable {
            return [&]<std::size_t... I>(std::index_sequence<I...>) { return detail::to_step(trace(inputs[I]...)); }
            (std::make_index_sequence<n>{});
        },
        where);
}

template <class T>
auto Var::value(Location where) const {
    const Call call("value", where);
    return tape(where).evaluate(*this, where).template array<T>(0, where);
}

template <class T>
T Var::scalar(Location where) const {
    const Call call("scalar", where);
    return tape(where).evaluate(*this, where).template scalar<T>(0, where);
}

} // namespace xgrad
