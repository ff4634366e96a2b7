#pragma once

#include <cmath>
#include <limits>

#include <xgrad/ops/logic.hpp>
#include <xgrad/ops/rounding_ops.hpp>

namespace xgrad {

struct IsNan {
    static constexpr auto name = "isnan";
    static constexpr bool zero_derivative = true;
    static constexpr bool integers = true;
    static auto forward(auto x) { return x != x; }
};

struct IsInf {
    static constexpr auto name = "isinf";
    static constexpr bool zero_derivative = true;
    static constexpr bool integers = true;
    static auto forward(auto x) {
        using std::abs;
        if constexpr (is_real<decltype(x)>())
            return abs(x) == decltype(x)(std::numeric_limits<double>::infinity());
        else
            return x != x;
    }
};

struct IsFinite {
    static constexpr auto name = "isfinite";
    static constexpr bool zero_derivative = true;
    static constexpr bool integers = true;
    static auto forward(auto x) {
        using std::abs;
        if constexpr (is_real<decltype(x)>())
            return abs(x) < decltype(x)(std::numeric_limits<double>::infinity());
        else
            return x == x;
    }
};

struct LogicalAnd {
    static constexpr auto name = "logical_and";
    static constexpr bool zero_derivative = true;
    static constexpr bool integers = true;
    static auto forward(auto a, auto b) { return a != decltype(a)(0) && b != decltype(b)(0); }
};

struct LogicalOr {
    static constexpr auto name = "logical_or";
    static constexpr bool zero_derivative = true;
    static constexpr bool integers = true;
    static auto forward(auto a, auto b) { return a != decltype(a)(0) || b != decltype(b)(0); }
};

struct LogicalXor {
    static constexpr auto name = "logical_xor";
    static constexpr bool zero_derivative = true;
    static constexpr bool integers = true;
    static auto forward(auto a, auto b) {
        const auto first = a != decltype(a)(0), second = b != decltype(b)(0);
        return (first || second) && !(first && second);
    }
};

struct LogicalNot {
    static constexpr auto name = "logical_not";
    static constexpr bool zero_derivative = true;
    static constexpr bool integers = true;
    static auto forward(auto x) { return x == decltype(x)(0); }
};

} // namespace xgrad
