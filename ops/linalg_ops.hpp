#pragma once

#include <fmt/format.h>

#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/ops/linalg.hpp>

namespace xgrad {

struct MatMul {
    static constexpr auto name = "matmul";
    static constexpr bool multilinear = true;
    bool ta = false, tb = false;

    static void check_dtypes(const Type& a, const Type& b) {
        if (a.dtype == b.dtype) return;
        throw Error(fmt::format("dtypes differ, {} {} x {} {}; {}", xgrad::name(a.dtype), a.shape.str(),
                                xgrad::name(b.dtype), b.shape.str(), detail::advice_to_cast(a.dtype, b.dtype)));
    }
    Shape shape(Types x) const {
        const Shape &a = x[0].shape, &b = x[1].shape;
        check_dtypes(x[0], x[1]);
        if (a.rank() < 2 || b.rank() < 2)
            throw Error(fmt::format("takes matrices and vectors, was given {} x {}; each needs at least one axis",
                                    a.str(), b.str()));
        auto extent = [](const Shape& s, bool last) { return s[s.rank() - (last ? 1 : 2)]; };
        if (extent(a, !ta) != extent(b, tb))
            throw Error(fmt::format("inner extents differ, {}{} x {}{}", a.str(), ta ? " transposed" : "", b.str(),
                                    tb ? " transposed" : ""));
        Shape batch_a, batch_b, result;
        for (std::size_t i = 0; i + 2 < a.rank(); ++i)
            batch_a.append(static_cast<std::int64_t>(a[i]));
        for (std::size_t i = 0; i + 2 < b.rank(); ++i)
            batch_b.append(static_cast<std::int64_t>(b[i]));
        if (!broadcast(batch_a, batch_b, result))
            throw Error(fmt::format("leading axes do not broadcast, {} x {}; their extents must be equal or 1", a.str(),
                                    b.str()));
        result.append(static_cast<std::int64_t>(extent(a, ta)));
        result.append(static_cast<std::int64_t>(extent(b, !tb)));
        return result;
    }
    Contraction contraction() const { return {ta, tb}; }
    auto vjp(Var g, Var, Var a, Var b) const {
        return std::array{ta ? matmul(b, g, tb, true) : matmul(g, b, false, !tb),
                          tb ? matmul(g, a, true, ta) : matmul(a, g, !ta, false)};
    }
    Var vmap(const BatchedInputs& in) const;
    std::string str() const { return ta ? (tb ? "(ta, tb)" : "(ta)") : tb ? "(tb)" : ""; }
    bool operator==(const MatMul&) const = default;
};

} // namespace xgrad
