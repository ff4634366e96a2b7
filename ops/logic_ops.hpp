#pragma once

#include <cmath>
#include <limits>

#include <xgrad/ops/arithmetic_ops.hpp>
#include <xgrad/ops/logic.hpp>
#include <xgrad/ops/rounding_ops.hpp>

namespace xgrad {

struct IsNan : Condition {
    static constexpr auto name = "isnan";
    static auto forward(auto x) { return x != x; }
};

struct IsInf : Condition {
    static constexpr auto name = "isinf";
    static auto forward(auto x) {
        using std::abs;
        if constexpr (is_real<decltype(x)>())
            return abs(x) == decltype(x)(std::numeric_limits<double>::infinity());
        else
            return x != x;
    }
};

struct IsFinite : Condition {
    static constexpr auto name = "isfinite";
    static auto forward(auto x) {
        using std::abs;
        if constexpr (is_real<decltype(x)>())
            return abs(x) < decltype(x)(std::numeric_limits<double>::infinity());
        else
            return x == x;
    }
};

struct LogicalAnd : Condition {
    static constexpr auto name = "logical_and";
    static auto forward(auto a, auto b) { return a != decltype(a)(0) && b != decltype(b)(0); }
};

struct LogicalOr : Condition {
    static constexpr auto name = "logical_or";
    static auto forward(auto a, auto b) { return a != decltype(a)(0) || b != decltype(b)(0); }
};

struct LogicalXor : Condition {
    static constexpr auto name = "logical_xor";
    static auto forward(auto a, auto b) {
        const auto first = a != decltype(a)(0), second = b != decltype(b)(0);
        return (first || second) && !(first && second);
    }
};

struct LogicalNot : Condition {
    static constexpr auto name = "logical_not";
    static auto forward(auto x) { return x == decltype(x)(0); }
};

} // namespace xgrad
