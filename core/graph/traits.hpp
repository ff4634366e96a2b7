#pragma once
// What an op's struct may have beside its form and its derivative: the guide's table says what each is for.

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <xgrad/core/graph/op_info.hpp>

#pragma GCC visibility push(default)
namespace xgrad::detail {

template <class Op>
void describe_traits(OpInfo& info) {
    if constexpr (requires(Var v) { Op::simplify(v); })
        info.simplify = [](const void*, std::span<const Var> x) -> Var { return Op::simplify(x[0]); };
    else if constexpr (requires(Var v) { Op::simplify(v, v); })
        info.simplify = [](const void*, std::span<const Var> x) -> Var { return Op::simplify(x[0], x[1]); };
    if constexpr (requires(const Op& op, const BatchedInputs& in) {
                      { op.vmap(in) } -> std::same_as<Var>;
                  })
        info.vmap = [](const void* op, const BatchedInputs& in) -> Var { return static_cast<const Op*>(op)->vmap(in); };
    if constexpr (requires { Op::linear; }) info.linear = Op::linear;
    if constexpr (requires { Op::whole; }) info.whole = Op::whole;
    if constexpr (requires { Op::leading_axes; }) info.leading_axes = Op::leading_axes;
    if constexpr (requires { Op::waits; }) info.waits = Op::waits;
    if constexpr (requires { Op::prefix; }) info.prefix = Op::prefix;
    if constexpr (requires(const Op& op) {
                      { op.fuller() } -> std::same_as<const std::vector<Var>&>;
                  })
        info.fuller = [](const void* op) -> const std::vector<Var>& { return static_cast<const Op*>(op)->fuller(); };
    if constexpr (requires(Var state) { Op::advance(state); }) {
        info.advance = [](Var state) -> Var { return Op::advance(state); };
        info.state_input = Op::state_input;
    }
    if constexpr (requires { Op::negates; }) info.negates = Op::negates;
    if constexpr (requires { Op::simplifies_numbers; }) info.simplifies_numbers = Op::simplifies_numbers;
    if constexpr (requires { Op::repeats; }) info.repeats = Op::repeats;
    if constexpr (requires { Op::multilinear; }) info.multilinear = Op::multilinear;
    if constexpr (requires(const Op& op, ConstArrays in, Array sums) { op.add(in, sums); })
        info.add = [](const void* op, ConstArrays in, Array sums) { static_cast<const Op*>(op)->add(in, sums); };
    if constexpr (requires(Op & op, const Graph& graph, const CompileOptions& options) { op.prepare(graph, options); })
        info.prepare = [](void* op, const Graph& graph, const CompileOptions& options) {
            static_cast<Op*>(op)->prepare(graph, options);
        };
    if constexpr (requires { Op::fault_input; }) {
        info.fault_input = Op::fault_input;
        info.fault = [](const void* op, Types inputs, std::int64_t value, std::uint64_t position) {
            return static_cast<const Op*>(op)->fault(inputs, value, position);
        };
    }
}

} // namespace xgrad::detail
#pragma GCC visibility pop
