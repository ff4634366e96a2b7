#pragma once

#include <array>
#include <cmath>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/rounding.hpp>

namespace xgrad {

/// Whether a number or a SIMD vector is of real numbers, not of integers.
template <class X>
constexpr bool is_real() {
    if constexpr (std::is_arithmetic_v<X>)
        return std::is_floating_point_v<X>;
    else
        return X::floating;
}

struct Floor {
    static constexpr auto name = "floor";
    static constexpr bool zero_derivative = true;
    static constexpr bool integers = true;
    static auto forward(auto x) {
        using std::floor;
        if constexpr (is_real<decltype(x)>())
            return floor(x);
        else
            return x;
    }
};

struct Ceil {
    static constexpr auto name = "ceil";
    static constexpr bool zero_derivative = true;
    static constexpr bool integers = true;
    static auto forward(auto x) {
        using std::ceil;
        if constexpr (is_real<decltype(x)>())
            return ceil(x);
        else
            return x;
    }
};

struct Round {
    static constexpr auto name = "round";
    static constexpr bool zero_derivative = true;
    static constexpr bool integers = true;
    static auto forward(auto x) {
        using std::rint;
        if constexpr (is_real<decltype(x)>())
            return rint(x);
        else
            return x;
    }
};

struct Trunc {
    static constexpr auto name = "trunc";
    static constexpr bool zero_derivative = true;
    static constexpr bool integers = true;
    static auto forward(auto x) {
        using std::trunc;
        if constexpr (is_real<decltype(x)>())
            return trunc(x);
        else
            return x;
    }
};

struct Fmod {
    static constexpr auto name = "fmod";
    static constexpr bool integers = true;
    static auto forward(auto a, auto b) {
        using T = decltype(a);
        using std::fmod;
        if constexpr (is_real<T>())
            return fmod(a, b);
        else if constexpr (std::is_integral_v<T>)
            return b == 0 || (std::is_signed_v<T> && b == T(-1))
                       ? T(0)
                       : T(a % b); // the least number % -1 would stop the program
        else
            return T::lanewise(
                [](auto n, auto d) {
                    using E = decltype(n);
                    return d == 0 || (std::is_signed_v<E> && d == E(-1)) ? E(0) : E(n % d);
                },
                a, b);
    }
    static auto vjp(Var g, Var, Var a, Var b) { return std::array{g, -g * trunc(a / b)}; }
};

} // namespace xgrad
