#pragma once
// A program as data: a list of nodes, which can be recorded on a tape, printed as C++ and shrunk.

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <xgrad/xgrad.hpp>

namespace test {

namespace xg = xgrad;

struct Node;

/// What a node is recorded with.
struct In {
    xg::Tape& tape;
    const Node& node;
    std::span<const xg::Operand> operands;

    const xg::Operand& operator[](std::size_t i) const { return operands[i]; }
    /// An operand that must be an array.
    xg::Var var(std::size_t i) const;
    std::vector<xg::Var> vars() const;
    // What the node's integers are.
    std::int64_t at(std::size_t i) const;
    xg::Dims dims() const;
    xg::Shape shape() const;
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs() const;
    // What its number is.
    xg::KeepDims keep() const;
    xg::Random stream() const;
};

/// What a node can be.
struct Kind {
    std::string_view name;
    /// How it is written in C++: $0 is the first operand, $* all of them, #0 the first integer, # all of them in
    /// braces, #~ pairs of them, % the number, @ the dtype.
    std::string_view text;
    xg::Var (*record)(In in);
    /// Whether another order of computing gives the same bits, if the operands have the same bits.
    bool exact = false;
    /// A small error of an operand can change the result by much: on which side of a kink an element lies.
    bool kink = false;
};

/// The one of this name.
const Kind& kind(std::string_view name);

struct Node {
    const Kind* kind = nullptr;
    std::vector<std::size_t> in = {};  // nodes before it
    std::vector<std::int64_t> at = {}; // axes, extents, indices: what the kind needs
    double number = 0;
    xg::DType dtype = xg::DType::float64;
    // A leaf's elements (1, 2, 3, ... for seed 0), and its extents in `at`.
    double low = 0, high = 1;
    std::uint64_t seed = 0;

    bool is(std::string_view name) const { return kind->name == name; }
    bool is_leaf() const;
};

struct Program {
    struct Update {
        std::size_t leaf, next;
    };
    std::vector<Node> nodes;
    std::vector<std::size_t> outputs;
    std::vector<Update> updates;
};

/// Without the nodes that nothing needs.
Program pruned(const Program& program);

/// Of each node whether any order of computing gives the same bits.
std::vector<bool> exact_nodes(const Program& program);

/// Whether a result depends on which side of a kink an element lies that has an error of rounding: such a program
/// cannot be compared.
bool is_fragile(const Program& program);

using Array = std::variant<xt::xarray<float>, xt::xarray<double>, xt::xarray<std::int64_t>, xt::xarray<std::uint8_t>>;

/// What a program is on a tape.
struct Recorded {
    std::vector<xg::Operand> values; // of the nodes
    xg::Step step;
    std::vector<xg::Var> inputs, updated;
    std::deque<Array> arguments; // of the inputs

    /// Calls a program compiled from the step.
    xg::Results call(xg::Program& compiled) const;
};

/// Records one node more; throws xgrad::Error if it does not fit its operands.
xg::Operand record_node(xg::Tape& tape, const Node& node, std::span<const xg::Operand> before);
/// The elements of leaves differ by a relative `noise` from what they are.
Recorded record(xg::Tape& tape, const Program& program, double noise = 0, std::uint64_t noise_seed = 0);

/// A C++ program that prints the results, fused and not.
std::string to_cpp(const Program& program, const std::string& title, xg::CompileOptions options, std::size_t threads);

/// A user's own elementwise op.
struct Blend {
    static constexpr auto name = "blend";
    static auto forward(auto a, auto b, auto c) { return a * b - c; }
    static auto vjp(xg::Var g, xg::Var, xg::Var a, xg::Var b, xg::Var) { return std::tuple{g * b, g * a, -g}; }
};

} // namespace test
