#include "program.hpp"

#include <cmath>
#include <type_traits>

#include <fmt/format.h>

#include "../random_numbers.hpp"

namespace test {
namespace {

template <class T>
xt::xarray<T> elements(const Node& leaf, double noise, std::uint64_t noise_seed) {
    std::vector<std::size_t> shape(leaf.at.begin(), leaf.at.end());
    auto array = xt::xarray<T>::from_shape(shape);
    Random random(leaf.seed), disturbance(leaf.seed ^ noise_seed);
    for (std::size_t i = 0; i < array.size(); ++i) {
        // Numbers of few digits, which are printed as they are.
        double x = leaf.seed == 0
                       ? static_cast<double>(i + 1)
                       : leaf.low + (leaf.high - leaf.low) * static_cast<double>(random.integer(0, 1024)) / 1024;
        if (!std::is_floating_point_v<T>)
            x = std::round(x);
        else if (noise != 0)
            x *= 1 + noise * disturbance.real(-1, 1);
        array.data()[i] = static_cast<T>(x);
    }
    return array;
}

Array array_of(const Node& leaf, double noise, std::uint64_t noise_seed) {
    switch (leaf.dtype) {
    case xg::DType::float32: return elements<float>(leaf, noise, noise_seed);
    case xg::DType::float64: return elements<double>(leaf, noise, noise_seed);
    case xg::DType::int64: return elements<std::int64_t>(leaf, noise, noise_seed);
    default: return elements<std::uint8_t>(leaf, noise, noise_seed);
    }
}

xg::Var record_leaf(xg::Tape& tape, const Node& n, const Array& array) {
    return std::visit(
        [&](const auto& a) {
            return n.is("parameter") ? tape.parameter(a) : n.is("state") ? tape.state(a) : tape.constant(a);
        },
        array);
}

} // namespace

xg::Var In::var(std::size_t i) const {
    if (!operands[i].var.valid()) throw xg::Error("a number where an array must stand");
    return operands[i].var;
}

std::vector<xg::Var> In::vars() const {
    std::vector<xg::Var> all;
    for (std::size_t i = 0; i < operands.size(); ++i)
        all.push_back(var(i));
    return all;
}

std::int64_t In::at(std::size_t i) const { return node.at.at(i); }
xg::Dims In::dims() const { return node.at; }
xg::Shape In::shape() const { return node.at; }

std::vector<std::pair<std::int64_t, std::int64_t>> In::pairs() const {
    std::vector<std::pair<std::int64_t, std::int64_t>> all;
    for (std::size_t i = 0; i + 1 < node.at.size(); i += 2)
        all.emplace_back(node.at[i], node.at[i + 1]);
    return all;
}

xg::KeepDims In::keep() const { return {node.number != 0}; }

/// Each draws from a stream of its own.
xg::Random In::stream() const {
    return xg::Random(tape, static_cast<std::uint64_t>(node.number), fmt::format("stream{}", node.number));
}

bool Node::is_leaf() const { return is("parameter") || is("state") || is("constant") || is("input"); }

Program pruned(const Program& program) {
    std::vector<bool> needed(program.nodes.size());
    for (const std::size_t i : program.outputs)
        needed[i] = true;
    for (const Program::Update& u : program.updates)
        needed[u.leaf] = needed[u.next] = true;
    for (std::size_t i = program.nodes.size(); i-- > 0;)
        if (needed[i])
            for (const std::size_t x : program.nodes[i].in)
                needed[x] = true;
    Program result;
    std::vector<std::size_t> now(program.nodes.size());
    for (std::size_t i = 0; i < program.nodes.size(); ++i) {
        if (!needed[i]) continue;
        now[i] = result.nodes.size();
        result.nodes.push_back(program.nodes[i]);
        for (std::size_t& x : result.nodes.back().in)
            x = now[x];
    }
    for (const std::size_t i : program.outputs)
        result.outputs.push_back(now[i]);
    for (const Program::Update& u : program.updates)
        result.updates.push_back({now[u.leaf], now[u.next]});
    return result;
}

std::vector<bool> exact_nodes(const Program& program) {
    std::vector<bool> exact;
    for (const Node& n : program.nodes) {
        bool here = n.kind->exact;
        for (const std::size_t x : n.in)
            here = here && exact[x];
        exact.push_back(here);
    }
    return exact;
}

bool is_fragile(const Program& program) {
    const std::vector<bool> exact = exact_nodes(program);
    for (const Node& n : program.nodes)
        if (n.kind->kink)
            for (const std::size_t x : n.in)
                if (!exact[x]) return true;
    return false;
}

xg::Operand record_node(xg::Tape& tape, const Node& node, std::span<const xg::Operand> before) {
    if (node.is("number")) return node.number;
    if (node.is("input")) return tape.input(node.dtype, xg::Shape(node.at));
    if (node.is_leaf()) return record_leaf(tape, node, array_of(node, 0, 0));
    std::vector<xg::Operand> x;
    for (const std::size_t i : node.in)
        x.push_back(before[i]);
    return node.kind->record({tape, node, x});
}

Recorded record(xg::Tape& tape, const Program& program, double noise, std::uint64_t noise_seed) {
    Recorded result;
    const std::vector<bool> exact = noise != 0 ? exact_nodes(program) : std::vector<bool>();
    Random random(noise_seed);
    for (const Node& n : program.nodes) {
        if (n.is_leaf() && !n.is("input"))
            result.values.push_back(record_leaf(tape, n, array_of(n, noise, noise_seed)));
        else
            result.values.push_back(record_node(tape, n, result.values));
        // What is rounded is rounded otherwise, too: what two ways to one sum leave of each other is nothing but that.
        const std::size_t i = result.values.size() - 1;
        if (xg::Operand& value = result.values[i];
            noise != 0 && !n.is_leaf() && !exact[i] && value.var.valid() && is_floating(value.var.dtype()))
            value = value.var * (1 + noise * random.real(-1, 1));
        if (n.is("input")) {
            result.inputs.push_back(result.values.back().var);
            result.arguments.push_back(array_of(n, noise, noise_seed));
        }
    }
    for (const std::size_t i : program.outputs)
        result.step.outputs.push_back(result.values[i].var);
    for (const Program::Update& u : program.updates) {
        result.step.updates.push_back({result.values[u.leaf].var, result.values[u.next].var});
        result.updated.push_back(result.values[u.leaf].var);
    }
    return result;
}

xg::Results Recorded::call(xg::Program& compiled) const {
    std::vector<xg::Value> all;
    for (const Array& array : arguments)
        std::visit([&](const auto& a) { all.emplace_back(a); }, array);
    return compiled.call(all);
}

} // namespace test
