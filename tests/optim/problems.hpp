#pragma once
// Problems that know where to start, what the least loss is, and where.

#include "rules.hpp"

namespace test {

struct Landscape {
    const char* name;
    xt::xarray<double> start;
    xt::xarray<double> solution;
    double least; // loss, at the solution
    Var (*loss)(Var p);
};

inline Var constant(Var beside, const xt::xarray<double>& elements) { return beside.tape().constant(elements); }

/// Twenty points in the plane, one of them on the wrong side of the best line, and a little L2: a, b, c of a x + b y + c.
inline Var logistic_loss(Var p) {
    auto x = filled<double>({20, 3}, 1.0);
    auto sign = filled<double>({20}, 1.0);
    for (std::size_t i = 0; i < 20; ++i) {
        x(i, 0) = static_cast<double>(i * 7 % 20) / 10 - 1, x(i, 1) = static_cast<double>(i * 3 % 20) / 10 - 1;
        sign(i) = x(i, 0) + 2 * x(i, 1) + (i % 9 == 4 ? 3 : 0.2) > 0 ? 1 : -1;
    }
    return mean(softplus(-constant(p, sign) * matmul(constant(p, x), p))) + 0.01 * sum(square(p));
}

inline const std::vector<Landscape>& problems() {
    static const std::vector<Landscape> table = {
        {"sphere", {3, -2, 1, 5}, {1, 1, 1, 1}, 0, [](Var p) { return 0.5 * sum(square(p - 1)); }},
        {"quadratic", {1, 1, 1}, {0, 0, 0}, 0, [](Var p) { return 0.5 * sum(constant(p, {1, 30, 1000}) * square(p)); }},
        {"rosenbrock", {-1.2, 1}, {1, 1}, 0,
         [](Var p) {
             const Var x = slice(p, 0, 0, 1), y = slice(p, 0, 1, 2);
             return sum(100 * square(y - square(x)) + square(1 - x));
         }},
        {"logistic", {0, 0, 0}, {0.79385576, 3.10101659, 0.45292649}, 0.34233045274793106, logistic_loss},
    };
    return table;
}

} // namespace test
