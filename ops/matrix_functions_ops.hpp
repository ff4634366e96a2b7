#pragma once
// What is made of the rows that LuFactor and SvdFactor pack, which come first and have no derivative; the matrix itself
// comes second, and has it.

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/decompositions_ops.hpp>
#include <xgrad/ops/matrix_functions.hpp>

namespace xgrad::linalg {

namespace detail {
/// x = A^-1 b, or A^-T b, of packed rows, and b or the identity. A pivot of 0 is an error, unless it is to give NaN.
void lu_solve_eval(bool transposed, bool nan, const ConstArray& packed, std::size_t n, const ConstArray* b, Array out);
} // namespace detail

/// A x = b, or A^T x = b, b (..., n, k).
struct LuSolve {
    static constexpr auto name = "solve";
    static constexpr std::size_t nondiff = 1;
    bool transposed, nan;
    static Shape shape(Types in) { return detail::shape_of_solution(in, 1); }
    void eval(ConstArrays in, Array out) const {
        detail::lu_solve_eval(transposed, nan, in[0], in[1].shape().back(), &in[2], out);
    }
    std::array<Var, 3> vjp(Var g, Var y, Var packed, Var a, Var) const {
        const Var gb = record(LuSolve{!transposed, nan}, packed, a, g);
        return {Var{}, detail::adjoint_of_matrix(y, gb, transposed), gb};
    }
    Var vmap(const BatchedInputs& in) const;
    bool operator==(const LuSolve&) const = default;
};

template <class Of>
struct LuInverse {
    static constexpr auto name = Of::name;
    static constexpr std::size_t nondiff = 1;
    bool nan;
    static Shape shape(Types in) { return in[1].shape; }
    void eval(ConstArrays in, Array out) const {
        detail::lu_solve_eval(false, nan, in[0], in[1].shape().back(), nullptr, out);
    }
    static std::array<Var, 2> vjp(Var g, Var y, Var, Var) {
        return {Var{}, -product(product(y, g, true), y, false, true)};
    }
    Var vmap(const BatchedInputs& in) const { return record(*this, in.all(0), in.all(1)); }
    bool operator==(const LuInverse&) const = default;
};

struct Det {
    static constexpr auto name = "det";
    static constexpr std::size_t nondiff = 1;
    static Shape shape(Types in) { return xgrad::detail::leading_axes(in[1].shape, 2); }
    static void eval(ConstArrays in, Array out);
    static std::array<Var, 2> vjp(Var g, Var y, Var packed, Var a);
    static Var vmap(const BatchedInputs& in) { return record(Det{}, in.all(0), in.all(1)); }
};

struct LogAbsDet {
    static constexpr auto name = "slogdet";
    static constexpr std::size_t nondiff = 1;
    static Shape shape(Types in) { return xgrad::detail::leading_axes(in[1].shape, 2); }
    static void eval(ConstArrays in, Array out);
    static std::array<Var, 2> vjp(Var g, Var y, Var packed, Var a);
    static Var vmap(const BatchedInputs& in) { return record(LogAbsDet{}, in.all(0), in.all(1)); }
};

struct DetSign {
    static constexpr auto name = "slogdet";
    static constexpr bool zero_derivative = true;
    static Shape shape(Types in) { return xgrad::detail::leading_axes(in[1].shape, 2); }
    static void eval(ConstArrays in, Array out);
    static Var vmap(const BatchedInputs& in) { return record(DetSign{}, in.all(0), in.all(1)); }
};

/// det(A) A^-T, whatever the rank of A.
struct Cofactors {
    static constexpr auto name = "det";
    static constexpr std::size_t nondiff = 1;
    static Shape shape(Types in) { return in[1].shape; }
    static void eval(ConstArrays in, Array out);
    static std::array<Var, 2> vjp(Var g, Var y, Var packed, Var a);
    static Var vmap(const BatchedInputs& in) { return record(Cofactors{}, in.all(0), in.all(1)); }
};

struct Pinv {
    static constexpr auto name = "pinv";
    static constexpr std::size_t nondiff = 1;
    double rcond;
    static Shape shape(Types in);
    void eval(ConstArrays in, Array out) const;
    static std::array<Var, 2> vjp(Var g, Var y, Var packed, Var a);
    Var vmap(const BatchedInputs& in) const { return record(*this, in.all(0), in.all(1)); }
    bool operator==(const Pinv&) const = default;
};

/// The derivative of e^a in the direction e: (..., n, n) of both, broadcast.
struct ExpmDerivative {
    static constexpr auto name = "expm";
    static Shape shape(Types in) { return detail::shape_of_solution(in, 0); }
    static void eval(ConstArrays in, Array out);
    static std::array<Var, 2> vjp(Var g, Var y, Var a, Var e);
    static Var vmap(const BatchedInputs& in) { return xgrad::detail::vmap_of_matrices(ExpmDerivative{}, in, 2); }
};

struct Expm {
    static constexpr auto name = "expm";
    static Shape shape(Types in);
    static void eval(ConstArrays in, Array out);
    static Var vjp(Var g, Var y, Var a);
    static Var vmap(const BatchedInputs& in) { return record(Expm{}, in.all(0)); }
};

} // namespace xgrad::linalg
