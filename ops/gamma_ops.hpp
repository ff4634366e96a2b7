#pragma once
// The ops of special.hpp whose functions <cmath> does not have, or has not for vectors.

#include <fmt/format.h>

#include <xgrad/core/simd/math/bessel.hpp>
#include <xgrad/core/simd/math/erfinv.hpp>
#include <xgrad/core/simd/math/gamma.hpp>
#include <xgrad/ops/special_ops.hpp>

namespace xgrad {

/// The n-th derivative of digamma; of n = 0 digamma itself.
struct Polygamma {
    static constexpr auto name = "polygamma";
    int n;
    auto forward(auto x) const { return simd::polygamma(n, x); }
    auto vjp(Var g, Var, Var x) const {
        if (n == simd::most_derivatives)
            throw Error(fmt::format("polygamma: there is no derivative from n = {} on", n));
        return g * record(Polygamma{n + 1}, x);
    }
    std::string str() const { return std::to_string(n); }
    bool operator==(const Polygamma&) const = default;
};

struct Digamma {
    static constexpr auto name = "digamma";
    static auto forward(auto x) { return simd::digamma(x); }
    static auto vjp(Var g, Var, Var x) { return g * record(Polygamma{1}, x); }
};

struct LGamma {
    static constexpr auto name = "lgamma";
    static auto forward(auto x) { return simd::lgamma(x); }
    static auto vjp(Var g, Var, Var x) { return g * digamma(x); }
};

struct BetaLn {
    static constexpr auto name = "betaln";
    static auto forward(auto a, auto b) { return simd::betaln(a, b); }
    static auto vjp(Var g, Var, Var a, Var b) {
        const Var both = digamma(a + b);
        return std::array{g * (digamma(a) - both), g * (digamma(b) - both)};
    }
};

struct Beta {
    static constexpr auto name = "beta";
    static auto forward(auto a, auto b) { return simd::beta(a, b); }
    static auto vjp(Var g, Var y, Var a, Var b) {
        const Var both = digamma(a + b);
        return std::array{g * (y * (digamma(a) - both)), g * (y * (digamma(b) - both))};
    }
};

struct ErfInv {
    static constexpr auto name = "erfinv";
    static auto forward(auto x) { return simd::erfinv(x); }
    static auto vjp(Var g, Var y, Var) { return g * (0.8862269254527580 * exp(square(y))); }
};

struct Ndtri {
    static constexpr auto name = "ndtri";
    static auto forward(auto p) { return simd::ndtri(p); }
    static auto vjp(Var g, Var y, Var) { return g * (2.5066282746310005 * exp(0.5 * square(y))); }
};

/// e^-|x| I_n(x) for n >= 2: the derivatives of i0e and i1e are made of them. 2 I_n' = I_{n-1} + I_{n+1}
struct BesselIe {
    static constexpr auto name = "bessel_ie";
    int n;
    auto forward(auto x) const { return simd::bessel_ie(n, x); }
    auto vjp(Var g, Var y, Var x) const {
        const Var before = n == 2 ? i1e(x) : record(BesselIe{n - 1}, x);
        return g * (0.5 * (before + record(BesselIe{n + 1}, x)) - sign(x) * y);
    }
    std::string str() const { return std::to_string(n); }
    bool operator==(const BesselIe&) const = default;
};

struct I0e {
    static constexpr auto name = "i0e";
    static auto forward(auto x) { return simd::i0e(x); }
    static auto vjp(Var g, Var y, Var x) { return g * (i1e(x) - sign(x) * y); }
};

struct I1e {
    static constexpr auto name = "i1e";
    static auto forward(auto x) { return simd::i1e(x); }
    static auto vjp(Var g, Var y, Var x) { return g * (0.5 * (i0e(x) + record(BesselIe{2}, x)) - sign(x) * y); }
};

} // namespace xgrad
