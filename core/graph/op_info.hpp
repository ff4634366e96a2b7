#pragma once
// What the tape and the compiler know of an op: its form, and a table of functions. op.hpp makes them from the op's
// struct.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <xgrad/core/array.hpp>
#include <xgrad/core/kernels/tile.hpp>
#include <xgrad/core/shape.hpp>
#include <xgrad/core/var.hpp>

namespace xgrad {

class Graph;
struct CompileOptions;
using Types = std::span<const Type>;

/// The array that an opaque op reads or writes: dense, row-major; `as<float>()` is an xtensor adaptor on it.
template <class Void>
struct BasicArray {
    Type type;
    Void* data = nullptr;

    const Shape& shape() const { return type.shape; }
    DType dtype() const { return type.dtype; }
    template <class T>
    auto* pointer() const {
        if (type.dtype != dtype_of<T>())
            throw Error(std::string("an array of ") + name(type.dtype) + " was asked for as " + name(dtype_of<T>()));
        return static_cast<std::conditional_t<std::is_const_v<Void>, const T, T>*>(data);
    }
    template <class T>
    auto as() const {
        return xt::adapt<xt::layout_type::row_major>(pointer<T>(), type.shape.numel(), xt::no_ownership(),
                                                     std::vector<std::size_t>(type.shape.begin(), type.shape.end()));
    }
};
using Array = BasicArray<void>;
using ConstArray = BasicArray<const void>;
using ConstArrays = std::span<const ConstArray>;

// --- The forms, as the compiler sees them ------------------------------------------------------------------------

/// Kernels of an elementwise op, by the dtype of its inputs and by which inputs are one element spread over a row (bit
/// k: input k). Null where there is none; with none of the inputs spread there always is one.
struct ElementwiseForm {
    int arity = 0;
    bool masked = false; // the first input is a mask
    std::array<bool, dtype_count> takes{};
    std::array<DType, dtype_count> result{};
    std::array<std::array<Kernel, 8>, dtype_count> kernels{};
};

/// Kernels of a reduction, by dtype. Sums of float32 are carried on in float64 from tile to tile.
struct ReductionForm {
    std::array<bool, dtype_count> takes{};
    std::array<Kernel, dtype_count> rows{};    // out[r] = combine of row r
    std::array<Kernel, dtype_count> columns{}; // accumulator[c] = combine(accumulator[c], all rows of column c)
    std::array<Kernel, dtype_count> all{};     // accumulator[0] = combine(accumulator[0], everything)
    std::array<Kernel, dtype_count> start{};   // accumulator[c] = identity
    std::array<Kernel, dtype_count> merge{};   // accumulator[c] = combine(accumulator[c], in[c])
    std::array<Kernel, dtype_count> finish{};  // out[c] = accumulator[c]
    std::array<std::size_t, dtype_count> accumulator_bytes{};
};

/// A product of two matrices (the last two axes; leading ones broadcast), either transposed.
struct Contraction {
    bool transpose_a = false, transpose_b = false;
};

namespace detail {
/// Of the library's own ops, by their types: what the formulas of superinstructions call them (see
/// kernels/superinstructions.hpp).
template <class Op>
inline constexpr char formula_symbol = 0;
} // namespace detail

#pragma GCC visibility push(default)
/// What an op's own rule for vmap is given: a batch of examples of the op's inputs.
struct BatchedInputs {
    std::size_t examples;
    std::span<const Var> x;        // those that are batched have the axis of the examples in front
    std::span<const char> batched; // whether input k is; else it is the same for all examples

    /// Input k with the axis of the examples in front: repeated along it, if it is the same for all.
    Var all(std::size_t k) const;
    /// Input k for broadcasting against a batch of examples of so many axes: if it is batched, the axis of the examples
    /// stands in front of as many.
    Var aligned(std::size_t k, std::size_t rank) const;
    /// The shape of so many examples of this shape.
    Shape batch_of(const Shape& example) const;
};
#pragma GCC visibility pop

/// What the tape and the compiler know of an op: one table for each struct, made by `info<Op>()`.
struct OpInfo {
    const char* name = "";
    // Attributes: how to keep, copy, compare and print the struct.
    bool empty = false; // it has none
    std::size_t size = 0, align = 1;
    void (*copy)(void* to, const void* from) = nullptr;
    void (*destroy)(void*) = nullptr; // null: nothing to do
    bool (*equal)(const void*, const void*) = nullptr;
    std::size_t (*hash)(const void*) = nullptr;
    std::string (*describe)(const void*) = nullptr;

    Type (*infer)(const void* op, Types inputs) = nullptr;
    /// Puts the adjoints into `result`, and tells how many it has; there must be as many as inputs.
    std::size_t (*vjp)(const void* op, Var g, Var y, std::span<const Var> x, std::span<Var> result) = nullptr;
    /// The same for an op that gives only the adjoints that are wanted, a flag for each input; or null.
    std::size_t (*vjp_of_wanted)(const void* op, Var g, Var y, std::span<const Var> x, std::span<const char> wanted,
                                 std::span<Var> result) = nullptr;
    Var (*jvp)(const void* op, std::span<const Var> tangents, Var y, std::span<const Var> x) = nullptr;
    /// The results for all examples, along a first axis; or Var{}: then its form says what to do (see vmap.hpp).
    Var (*vmap)(const void* op, const BatchedInputs& in) = nullptr;
    Var (*simplify)(const void* op, std::span<const Var> x) = nullptr; // what stands for the node, or Var{}
    bool zero_derivative = false;    // everywhere: no way from x to y leads through it
    std::size_t nondiff = 0;         // so many of its first inputs are not differentiated by
    bool simplifies_numbers = false; // its simplify finds something beside numbers and negatives alone
    bool negates = false;            // it is x -> -x
    char symbol = 0;                 // what formulas of superinstructions call it, see detail::formula_symbol
    bool diagonal = false;           // elementwise: the vjp of a tangent is the jvp
    bool linear = false;             // f(a t) = a f(t), jointly in all floating inputs
    bool multilinear = false;        // linear in each floating input
    bool repeats = false;            // a view that repeats elements: elementwise ops look through it

    // The form: one of these is set.
    const ElementwiseForm* elementwise = nullptr;
    const ReductionForm* reduction = nullptr;
    const Dims* (*axes)(const void* op) = nullptr; // of a reduction: the axes, sorted, none negative
    bool (*view)(const void* op, const Layout& in, Layout& out) = nullptr;
    Kernel (*rowwise)(const void* op, Types inputs) = nullptr; // a kernel that works on whole rows
    std::size_t (*row_count)(const void* op, Types inputs) = nullptr;
    Contraction (*contraction)(const void* op) = nullptr;
    void (*eval)(const void* op, ConstArrays in, Array out) = nullptr;

    /// Of an op whose result is zeros with pieces of its inputs put here and there: adds these to what stands in
    /// `sums`. Its vjp is given no y.
    void (*add)(const void* op, ConstArrays in, Array sums) = nullptr;

    /// Of an op that runs programs of its own: compiles them, as the program is that the op has become a part of.
    void (*prepare)(void* op, const Graph& graph, const CompileOptions& options) = nullptr;

    bool throws = false;       // running it may: no parameter is updated in place before that
    unsigned whole = 0;        // bit k: a rowwise op reads its input k at once, not row by row
    bool leading_axes = false; // by rows: more axes may stand in front of those of its inputs, and of its vjp's
    bool waits = false;        // a view that is there only after its second input
    bool prefix = false; // an opaque op that gives the first elements of its first input, which it need not run for
    /// Of an opaque op: nodes that begin with its elements, as far as they have the same inputs and dtype. Where one of
    /// them is computed, it need not run.
    const std::vector<Var>& (*fuller)(const void* op) = nullptr;

    /// An op that draws from a state, its input `state_input`, says what the state is after each call.
    Var (*advance)(Var state) = nullptr;
    int state_input = -1;

    /// The text of the error when the op met an integer out of range: `in` is the operand that holds the integers.
    std::string (*fault)(const void* op, Types inputs, std::int64_t value, std::uint64_t position) = nullptr;
    int fault_input = -1;
};

} // namespace xgrad
