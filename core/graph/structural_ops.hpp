#pragma once

#include <cmath>

#include <fmt/format.h>

#include <xgrad/core/graph/constants.hpp>
#include <xgrad/core/graph/match.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {

struct Add;
struct Subtract;
struct Multiply;
struct Divide;
struct Square;
struct Sqrt;
template <class To>
struct Cast;

namespace detail {
template <>
inline constexpr char formula_symbol<Add> = '+';
template <>
inline constexpr char formula_symbol<Subtract> = '-';
template <>
inline constexpr char formula_symbol<Multiply> = '*';
template <>
inline constexpr char formula_symbol<Divide> = '/';
template <>
inline constexpr char formula_symbol<Square> = '2';
template <>
inline constexpr char formula_symbol<Sqrt> = 'v';
template <class To>
inline constexpr char formula_symbol<Cast<To>> = 'u'; // of bytes
} // namespace detail

struct Add {
    static constexpr auto name = "add";
    static constexpr bool integers = true, simplifies_numbers = true;
    static auto forward(auto a, auto b) { return decltype(a)(a + b); }
    static Var simplify(Var a, Var b) {
        if (is_neutral(b, 0, a)) return a; // x + 0 -> x (a negative zero keeps its sign)
        if (is_neutral(a, 0, b)) return b; // 0 + x -> x
        return without_negative(a, b);
    }
    static Var without_negative(Var a, Var b); // x + -y -> x - y
    static auto vjp(Var g, Var, Var, Var) { return std::array{g, g}; }
};

struct Negative {
    static constexpr auto name = "negative";
    static constexpr bool negates = true;
    static constexpr bool integers = true;
    static auto forward(auto x) { return decltype(x)(-x); }
    static Var simplify(Var x) { return input_of<Negative>(x); } // -(-x) -> x
    static auto vjp(Var g, Var, Var) { return record(Negative{}, g); }
};

struct Subtract {
    static constexpr auto name = "subtract";
    static constexpr bool integers = true, simplifies_numbers = true;
    static auto forward(auto a, auto b) { return decltype(a)(a - b); }
    static Var simplify(Var a, Var b) {
        if (is_neutral(b, 0, a)) return a; // x - 0 -> x
        if (a.dtype() != b.dtype() || a.shape() != b.shape()) return {};
        if (const Var negated = input_of<Negative>(b); negated.valid())
            return record(Add{}, a, negated); // x - -y -> x + y
        return {};
    }
    static auto vjp(Var g, Var, Var, Var) { return std::array{g, record(Negative{}, g)}; }
};

inline Var Add::without_negative(Var a, Var b) {
    if (a.dtype() != b.dtype() || a.shape() != b.shape()) return {}; // errors are told of the op that was written
    if (const Var negated = input_of<Negative>(b); negated.valid()) return record(Subtract{}, a, negated);
    if (const Var negated = input_of<Negative>(a); negated.valid()) return record(Subtract{}, b, negated);
    return {};
}

struct Multiply {
    static constexpr auto name = "multiply";
    static constexpr bool integers = true, simplifies_numbers = true;
    static auto forward(auto a, auto b) { return decltype(a)(a * b); }
    static Var simplify(Var a, Var b) {
        if (is_neutral(b, 1, a)) return a; // x * 1 -> x
        if (is_neutral(a, 1, b)) return b; // 1 * x -> x
        if (input_of<Negative>(a).is(b) || input_of<Negative>(b).is(a)) {
            const Var x = input_of<Negative>(a).is(b) ? b : a; // -x * x -> -(x * x)
            return record(Negative{}, record(Multiply{}, x, x));
        }
        return {};
    }
    static auto vjp(Var g, Var, Var a, Var b) { return std::array{record(Multiply{}, g, b), record(Multiply{}, g, a)}; }
};

struct Divide {
    static constexpr auto name = "divide";
    static constexpr bool integers = true, simplifies_numbers = true;
    static auto forward(auto a, auto b) { return decltype(a)(a / b); }            // integers by zero: 0
    static Var simplify(Var a, Var b) { return is_neutral(b, 1, a) ? a : Var{}; } // x / 1 -> x
    static auto vjp(Var g, Var y, Var, Var b) {
        return std::array{record(Divide{}, g, b), record(Divide{}, record(Multiply{}, record(Negative{}, g), y), b)};
    }
};

struct Square {
    static constexpr auto name = "square";
    static constexpr bool integers = true;
    static auto forward(auto x) { return decltype(x)(x * x); }
    static auto vjp(Var g, Var, Var x) { return record(Multiply{}, g, record(Multiply{}, 2, x)); }
};

struct Sqrt {
    static constexpr auto name = "sqrt";
    static auto forward(auto x) {
        using std::sqrt;
        return sqrt(x);
    }
    static auto vjp(Var g, Var y, Var) { return record(Divide{}, g, record(Multiply{}, 2, y)); }
};

struct Sum {
    static constexpr auto name = "sum";
    static constexpr double identity = 0;
    static constexpr bool integers = true, wide = true, linear = true;
    static auto combine(auto a, auto b) { return decltype(a)(a + b); }
    static auto vjp(Var g, Var, Var x) { return broadcast_to(g, x.shape()); }
};

struct Reshape {
    static constexpr auto name = "reshape";
    Shape to;

    Shape shape(Types x) const {
        if (to.numel() != x[0].shape.numel())
            throw Error(fmt::format("shape {} has {} elements, {} has {}; they must be equal", x[0].shape.str(),
                                    x[0].shape.numel(), to.str(), to.numel()));
        return to;
    }
    bool map(const Layout& in, Layout& out) const {
        if (!in.is_contiguous()) return false;
        out = Layout::contiguous(to);
        return true;
    }
    static auto vjp(Var g, Var, Var x) { return reshape_to(g, x.shape()); }
    Var vmap(const BatchedInputs& in) const { return reshape_to(in.x[0], in.batch_of(to)); }
    std::size_t hash() const { return to.hash(); }
    std::string str() const { return {}; }
    bool operator==(const Reshape&) const = default;
};

struct BroadcastTo {
    static constexpr auto name = "broadcast_to";
    static constexpr bool repeats = true;
    Shape to;

    Shape shape(Types x) const {
        Shape result;
        if (!broadcast(x[0].shape, to, result) || result != to)
            throw Error(
                fmt::format("shape {} does not broadcast to {}; each extent must be equal or 1, counted from the "
                            "last axis",
                            x[0].shape.str(), to.str()));
        return to;
    }
    bool map(const Layout& in, Layout& out) const {
        out = in.broadcast_to(to);
        return true;
    }
    static auto vjp(Var g, Var, Var x) { return sum_to(g, x.shape()); }
    Var vmap(const BatchedInputs& in) const { return broadcast_to(in.aligned(0, to.rank()), in.batch_of(to)); }
    std::size_t hash() const { return to.hash(); }
    std::string str() const { return {}; }
    bool operator==(const BroadcastTo&) const = default;
};

template <class To>
struct Cast {
    static constexpr auto name = "cast";
    static constexpr bool integers = true, linear = true;
    static auto forward(auto x) {
        if constexpr (std::is_arithmetic_v<decltype(x)>)
            return static_cast<To>(x);
        else
            return simd::convert<To>(x);
    }
    static Var vjp(Var g, Var, Var x) { return cast(g, x.dtype()); }
};

struct Transpose {
    static constexpr auto name = "transpose";
    Dims axes; // the result's axis i is x's axis axes[i]

    Shape shape(Types x) const {
        Shape result = x[0].shape;
        for (std::size_t i = 0; i < axes.size(); ++i)
            result[i] = x[0].shape[static_cast<std::size_t>(axes[i])];
        return result;
    }
    bool map(const Layout& in, Layout& out) const {
        out.offset = in.offset;
        for (std::size_t i = 0; i < axes.size(); ++i)
            out.strides[i] = in.strides[static_cast<std::size_t>(axes[i])];
        return true;
    }
    Var vjp(Var g, Var, Var) const {
        Dims inverse = axes;
        for (std::size_t i = 0; i < axes.size(); ++i)
            inverse[static_cast<std::size_t>(axes[i])] = static_cast<std::int64_t>(i);
        return record(Transpose{inverse}, g);
    }
    Var vmap(const BatchedInputs& in) const {
        Dims all = 0;
        for (const std::int64_t axis : axes)
            all.push_back(axis + 1);
        return record(Transpose{all}, in.x[0]);
    }
    std::size_t hash() const { return axes.hash(); }
    std::string str() const { return axes.str(); }
    bool operator==(const Transpose&) const = default;
};

/// The form of ops that show their first input as it is, and are functions of whatever else.
struct FirstInput {
    static constexpr bool linear = false;
    static Shape shape(Types in) { return in[0].shape; }
    static bool map(const Layout& in, Layout& out) {
        out = in;
        return true;
    }
};

struct StopGradient : FirstInput {
    static constexpr auto name = "stop_gradient";
    static constexpr bool zero_derivative = true;
    static Var vmap(const BatchedInputs& in) { return record(StopGradient{}, in.x[0]); }
};

} // namespace xgrad
