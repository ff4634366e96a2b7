#pragma once
// Arithmetic in one pass: what lies between is not written and read again. (Superinstructions: Ertl and Gregg 2003.)

#include <array>
#include <cmath>

#include <xgrad/core/kernels/elementwise.hpp>
#include <xgrad/core/kernels/tables.hpp>

namespace xgrad {

inline constexpr std::size_t superinstruction_count = 33;

template <class I>
struct SuperinstructionsFor {
    static std::array<Superinstruction, superinstruction_count> make();
};

#if !defined(XGRAD_BUILDING) || defined(XGRAD_KERNELS)

/// 'r' and 'd' are a difference and a quotient the other way round.
template <char Op>
XGRAD_INLINE auto arithmetic(auto a, auto b) {
    if constexpr (Op == '+')
        return a + b;
    else if constexpr (Op == '-')
        return a - b;
    else if constexpr (Op == 'r')
        return b - a;
    else if constexpr (Op == '*')
        return a * b;
    else if constexpr (Op == '/')
        return a / b;
    else
        return b / a;
}

template <char F, char G>
struct Pair {
    static XGRAD_INLINE auto forward(auto a, auto b, auto c) { return arithmetic<G>(arithmetic<F>(a, b), c); }
};

template <char G>
struct SumOfProducts {
    static XGRAD_INLINE auto forward(auto a, auto b, auto c, auto d) { return arithmetic<G>(a * b, c * d); }
};

/// As in running averages of squares
struct SumWithSquare {
    static XGRAD_INLINE auto forward(auto a, auto b, auto c, auto d) { return a * b + c * (d * d); }
};

/// As in steps that are divided by such an average's root
struct QuotientWithRoot {
    static XGRAD_INLINE auto forward(auto a, auto b, auto c) {
        using std::sqrt;
        return c / (a + sqrt(b));
    }
};

namespace {

/// An elementwise op as a superinstruction, with kernels for these combinations of operands that are one element for
/// each row.
template <class I, class Op, unsigned... Spread>
constexpr Superinstruction row(const char* name, const char* formula) {
    Superinstruction result{name, formula};
    ((result.kernels[0][Spread] = detail::elementwise_kernel<Op, float, I, Spread>,
      result.kernels[1][Spread] = detail::elementwise_kernel<Op, double, I, Spread>),
     ...);
    return result;
}

/// (a F b) G c. Of a sum or product the first operand is the one that is spread.
template <class I, char F, char G>
constexpr Superinstruction pair(const char* name, const char* formula) {
    if constexpr (F == '+' || F == '*')
        return row<I, Pair<F, G>, 0, 1, 4, 5>(name, formula);
    else
        return row<I, Pair<F, G>, 0, 1, 2, 4, 5, 6>(name, formula);
}

/// out = arithmetic<Op>(a, b), a of uint8; b may be one element for each row.
template <class T, class I, char Op, bool Spread>
void bytes_kernel(const Tile& t) {
    using P = simd::Pack<T, I>;
    using Bytes = simd::Pack<std::uint8_t, I, P::size>;
    for (std::size_t r = 0; r < t.rows; ++r) {
        const auto row = static_cast<std::int64_t>(r);
        const auto* const a = static_cast<const std::uint8_t*>(t.in[0]) + row * t.in_stride[0];
        const T* const b = static_cast<const T*>(t.in[1]) + row * t.in_stride[1];
        T* const out = static_cast<T*>(t.out) + row * t.out_stride;
        const P same = Spread ? P(*b) : P(T(1));
        std::size_t c = 0;
        for (; c + P::size <= t.cols; c += P::size)
            arithmetic<Op>(simd::convert<T>(Bytes::load(a + c)), Spread ? same : P::load(b + c)).store(out + c);
        if (const std::size_t n = t.cols - c)
            arithmetic<Op>(simd::convert<T>(Bytes::load_partial(a + c, n)),
                           Spread ? same : P::load_partial(b + c, n, T(1)))
                .store_partial(out + c, n);
    }
}

template <class I, char Op>
constexpr Superinstruction of_bytes(const char* name, const char* formula) {
    Superinstruction result{name, formula};
    result.kernels[0][0] = bytes_kernel<float, I, Op, false>, result.kernels[0][2] = bytes_kernel<float, I, Op, true>;
    result.kernels[1][0] = bytes_kernel<double, I, Op, false>, result.kernels[1][2] = bytes_kernel<double, I, Op, true>;
    return result;
}

/// out += s * (c / (a + sqrt(b))), s and a one element for each row: the step of Adam and its like
template <class T, class I>
void add_quotient_with_root(const Tile& t) {
    using P = simd::Pack<T, I>;
    for (std::size_t r = 0; r < t.rows; ++r) {
        const auto row = static_cast<std::int64_t>(r);
        const auto in = [&](std::size_t k) { return static_cast<const T*>(t.in[k]) + row * t.in_stride[k]; };
        const P s(*in(0)), a(*in(1));
        const T *const b = in(2), *const c = in(3);
        T* const out = static_cast<T*>(t.out) + row * t.out_stride;
        std::size_t i = 0;
        for (; i + P::size <= t.cols; i += P::size)
            (s * QuotientWithRoot::forward(a, P::load(b + i), P::load(c + i)) + P::load(out + i)).store(out + i);
        if (const std::size_t n = t.cols - i)
            (s * QuotientWithRoot::forward(a, P::load_partial(b + i, n, T(1)), P::load_partial(c + i, n, T(1))) +
             P::load_partial(out + i, n, T(1)))
                .store_partial(out + i, n);
    }
}

template <class I>
constexpr Superinstruction add_quotient_with_root_row() {
    Superinstruction result{"out+s*c/(a+sqrt(b))", "adbcv+/*e+", true};
    result.kernels[0][3] = add_quotient_with_root<float, I>;
    result.kernels[1][3] = add_quotient_with_root<double, I>;
    return result;
}

} // namespace

template <class I>
std::array<Superinstruction, superinstruction_count> SuperinstructionsFor<I>::make() {
    return {
        add_quotient_with_root_row<I>(),
        row<I, SumWithSquare, 0, 1, 4, 5>("a*b+c*d^2", "ab*cd2*+"),
        row<I, SumOfProducts<'+'>, 0, 1, 4, 5>("a*b+c*d", "ab*cd*+"),
        row<I, SumOfProducts<'-'>, 0, 1, 4, 5>("a*b-c*d", "ab*cd*-"),
        row<I, QuotientWithRoot, 0, 1, 4, 5>("c/(a+sqrt(b))", "cabv+/"),
        pair<I, '+', '+'>("(a+b)+c", "ab+c+"),
        pair<I, '+', '-'>("(a+b)-c", "ab+c-"),
        pair<I, '+', 'r'>("c-(a+b)", "cab+-"),
        pair<I, '+', '*'>("(a+b)*c", "ab+c*"),
        pair<I, '+', '/'>("(a+b)/c", "ab+c/"),
        pair<I, '+', 'd'>("c/(a+b)", "cab+/"),
        pair<I, '-', '+'>("(a-b)+c", "ab-c+"),
        pair<I, '-', '-'>("(a-b)-c", "ab-c-"),
        pair<I, '-', 'r'>("c-(a-b)", "cab--"),
        pair<I, '-', '*'>("(a-b)*c", "ab-c*"),
        pair<I, '-', '/'>("(a-b)/c", "ab-c/"),
        pair<I, '-', 'd'>("c/(a-b)", "cab-/"),
        pair<I, '*', '+'>("(a*b)+c", "ab*c+"),
        pair<I, '*', '-'>("(a*b)-c", "ab*c-"),
        pair<I, '*', 'r'>("c-(a*b)", "cab*-"),
        pair<I, '*', '*'>("(a*b)*c", "ab*c*"),
        pair<I, '*', '/'>("(a*b)/c", "ab*c/"),
        pair<I, '*', 'd'>("c/(a*b)", "cab*/"),
        // Two divisions gain nothing.
        pair<I, '/', '+'>("(a/b)+c", "ab/c+"),
        pair<I, '/', '-'>("(a/b)-c", "ab/c-"),
        pair<I, '/', 'r'>("c-(a/b)", "cab/-"),
        pair<I, '/', '*'>("(a/b)*c", "ab/c*"),
        of_bytes<I, '+'>("cast(a)+b", "aub+"),
        of_bytes<I, '-'>("cast(a)-b", "aub-"),
        of_bytes<I, 'r'>("b-cast(a)", "bau-"),
        of_bytes<I, '*'>("cast(a)*b", "aub*"),
        of_bytes<I, '/'>("cast(a)/b", "aub/"),
        of_bytes<I, 'd'>("b/cast(a)", "bau/"),
    };
}

#endif

} // namespace xgrad
