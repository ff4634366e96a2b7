#pragma once

#include <cmath>
#include <limits>

#include <xgrad/core/graph/constants.hpp>
#include <xgrad/core/graph/match.hpp>
#include <xgrad/core/graph/structural_ops.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementary.hpp>

namespace xgrad {

/// The type of a number, or of the numbers in a SIMD vector.
template <class X>
struct ElementOf {
    using type = X;
};
template <class X>
    requires requires { typename X::value_type; }
struct ElementOf<X> {
    using type = typename X::value_type;
};

/// a^b by repeated squares, which wrap around; of a negative b what is left of 1 / a^-b, 0 if a is.
template <class T>
constexpr T integer_power(T a, T b) {
    if constexpr (std::is_signed_v<T>)
        if (b < 0) return a == 1 ? T(1) : a == -1 ? T(b % 2 == 0 ? 1 : -1) : T(0);
    std::uint64_t result = 1, square = static_cast<std::uint64_t>(a);
    for (auto rest = static_cast<std::uint64_t>(b); rest != 0; rest >>= 1, square *= square)
        if (rest & 1) result *= square;
    return static_cast<T>(result);
}

struct Power {
    static constexpr auto name = "pow";
    static constexpr bool integers = true;
    static auto forward(auto a, auto b) {
        using X = decltype(a);
        if constexpr (!std::is_integral_v<typename ElementOf<X>::type>) {
            using std::pow;
            return pow(a, b);
        } else if constexpr (std::is_integral_v<X>)
            return integer_power(a, b);
        else
            return X::lanewise([](auto x, auto y) { return integer_power(x, y); }, a, b);
    }
    static Var simplify(Var a, Var b) { return is_neutral(b, 1, a) ? a : Var{}; } // x^1 -> x
    static auto vjp(Var g, Var y, Var a, Var b) {
        if (number_of(b) == 0.0)
            return std::array{Var{}, g * where(a == 0, 0, log(a))}; // else 0 * inf in the second derivative
        return std::array{where(b == 0, 0, g * b * pow(a, b - 1)), g * where((a == 0) * (b >= 0), 0, y * log(a))};
    }
};

struct Abs {
    static constexpr auto name = "abs";
    static constexpr bool integers = true;
    static auto forward(auto x) {
        using std::abs;
        if constexpr (std::is_unsigned_v<decltype(x)>)
            return x;
        else
            return decltype(x)(abs(x));
    }
    static auto vjp(Var g, Var, Var x) { return g * sign(x); }
};

struct Sign {
    static constexpr auto name = "sign";
    static constexpr bool zero_derivative = true;
    static constexpr bool integers = true;
    static auto forward(auto x) {
        using T = decltype(x);
        using simd::select;
        return select(x > T(0), T(1), select(x < T(0), T(-1), T(x * T(0))));
    }
};

template <bool largest>
struct Extremum {
    static constexpr auto name = largest ? "maximum" : "minimum";
    static constexpr bool integers = true;
    static auto forward(auto a, auto b) {
        using simd::maximum, simd::minimum;
        if constexpr (largest)
            return decltype(a)(maximum(a, b));
        else
            return decltype(a)(minimum(a, b));
    }
    static auto vjp(Var g, Var, Var a, Var b) {
        const Var shared = where(a == b, g / 2, g);
        const auto unless_less = [&](Var x, Var y) { return where(x < y, 0, shared); };
        return largest ? std::array{unless_less(a, b), unless_less(b, a)}
                       : std::array{unless_less(b, a), unless_less(a, b)};
    }
};
using Maximum = Extremum<true>;
using Minimum = Extremum<false>;

struct Clip {
    static constexpr auto name = "clip";
    static constexpr bool integers = true;
    double low, high;
    auto forward(auto x) const {
        using T = decltype(x);
        using simd::select;
        const T least(element<T>(low, true)), most(element<T>(high, false));
        const T above = select(x < least, least, x);
        return T(select(above > most, most, above));
    }
    /// A bound as an element of X, a number or a SIMD vector; of integers the next whole number inside that they hold.
    template <class X>
    static auto element(double bound, bool is_low) {
        using T = typename ElementOf<X>::type;
        if constexpr (std::is_integral_v<T>) {
            constexpr T least = std::numeric_limits<T>::min(), most = std::numeric_limits<T>::max();
            const double whole = is_low ? __builtin_ceil(bound) : __builtin_floor(bound);
            return whole <= static_cast<double>(least)  ? least
                   : whole >= static_cast<double>(most) ? most
                                                        : static_cast<T>(whole);
        } else
            return static_cast<T>(bound);
    }
    auto vjp(Var g, Var, Var x) const { return where((x >= low) * (x <= high), g, 0); }
    bool operator==(const Clip&) const = default;
};

/// Clip with bounds that are arrays.
struct ClipBetween {
    static constexpr auto name = "clip";
    static constexpr bool integers = true;
    static auto forward(auto x, auto low, auto high) {
        using simd::maximum, simd::minimum;
        return decltype(x)(minimum(decltype(x)(maximum(x, low)), high));
    }
    static auto vjp(Var g, Var, Var x, Var low, Var high) {
        return std::array{where((x >= low) * (x <= high), g, 0), where((x < low) * (low <= high), g, 0),
                          where(maximum(x, low) > high, g, 0)};
    }
};

/// An op that gives 0 or 1.
struct Condition {
    static constexpr bool zero_derivative = true, integers = true;
};

struct Less : Condition {
    static constexpr auto name = "less";
    static auto forward(auto a, auto b) { return a < b; }
};

struct LessEqual : Condition {
    static constexpr auto name = "less_equal";
    static auto forward(auto a, auto b) { return a <= b; }
};

struct Equal : Condition {
    static constexpr auto name = "equal";
    static auto forward(auto a, auto b) { return a == b; }
};

struct NotEqual : Condition {
    static constexpr auto name = "not_equal";
    static auto forward(auto a, auto b) { return a != b; }
};

struct Where {
    static constexpr auto name = "where";
    static constexpr bool masked = true, integers = true;
    static auto forward(auto mask, auto a, auto b) {
        using simd::select;
        return select(mask, a, b);
    }
    static auto vjp(Var g, Var, Var mask, Var, Var) { return std::array{Var{}, where(mask, g, 0), where(mask, 0, g)}; }
};

} // namespace xgrad
