// All kinds of nodes: how each is recorded, and how it is written.

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "program.hpp"

namespace test {
namespace {

using xg::Tape;
using xg::Var;

Var node_of(const xg::Operand& x) {
    if (!x.var) throw xg::Error("a number where an array must stand");
    return x.var;
}

std::vector<Var> vars(Operands x) {
    std::vector<Var> all;
    for (const xg::Operand& operand : x)
        all.push_back(node_of(operand));
    return all;
}

xg::KeepDims keep(const Node& n) { return {n.number != 0}; }
xg::Dims dims(const Node& n) { return n.at; }
xg::Shape shape(const Node& n) { return xg::Shape(n.at); }
std::int64_t at(const Node& n, std::size_t i) { return n.at.at(i); }

Var flat_pad(const Node& n, const xg::Operand& x) {
    std::vector<std::pair<std::int64_t, std::int64_t>> widths;
    for (std::size_t i = 0; i + 1 < n.at.size(); i += 2)
        widths.emplace_back(n.at[i], n.at[i + 1]);
    return pad(x, widths, n.number);
}

/// Drawn from a stream of its own.
xg::Random stream(Tape& tape, const Node& n) {
    return xg::Random(tape, static_cast<std::uint64_t>(n.number), fmt::format("stream{}", n.number));
}

constexpr bool exact = true, kink = true;

// clang-format off
const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all = {
        {"number", "%", nullptr, exact},
        {"parameter", "", nullptr, exact}, {"state", "", nullptr, exact}, {"constant", "", nullptr, exact}, {"input", "", nullptr, exact},

        {"+", "$0 + $1", [](Tape&, const Node&, Operands x) { return x[0] + x[1]; }, exact},
        {"-", "$0 - $1", [](Tape&, const Node&, Operands x) { return x[0] - x[1]; }, exact},
        {"*", "$0 * $1", [](Tape&, const Node&, Operands x) { return x[0] * x[1]; }, exact},
        {"/", "$0 / $1", [](Tape&, const Node&, Operands x) { return x[0] / x[1]; }, exact},
        {"negative", "-$0", [](Tape&, const Node&, Operands x) { return -x[0]; }, exact},
        {"square", "square($0)", [](Tape&, const Node&, Operands x) { return square(x[0]); }, exact},
        {"sqrt", "sqrt($0)", [](Tape&, const Node&, Operands x) { return sqrt(x[0]); }, exact},
        {"exp", "exp($0)", [](Tape&, const Node&, Operands x) { return exp(x[0]); }, exact},
        {"log", "log($0)", [](Tape&, const Node&, Operands x) { return log(x[0]); }, exact},
        {"tanh", "tanh($0)", [](Tape&, const Node&, Operands x) { return tanh(x[0]); }, exact},
        {"sigmoid", "sigmoid($0)", [](Tape&, const Node&, Operands x) { return sigmoid(x[0]); }, exact},
        {"softplus", "softplus($0)", [](Tape&, const Node&, Operands x) { return softplus(x[0]); }, exact},
        {"blend", "xg::record(Blend{}, $0, $1, $2)", [](Tape&, const Node&, Operands x) { return xg::record(Blend{}, node_of(x[0]), node_of(x[1]), node_of(x[2])); }, exact},
        {"stop_gradient", "stop_gradient($0)", [](Tape&, const Node&, Operands x) { return stop_gradient(x[0]); }, exact},
        {"cast", "cast($0, @)", [](Tape&, const Node& n, Operands x) { return cast(x[0], n.dtype); }, exact},

        {"maximum", "maximum($0, $1)", [](Tape&, const Node&, Operands x) { return maximum(x[0], x[1]); }, exact, kink},
        {"minimum", "minimum($0, $1)", [](Tape&, const Node&, Operands x) { return minimum(x[0], x[1]); }, exact, kink},
        {"abs", "abs($0)", [](Tape&, const Node&, Operands x) { return abs(x[0]); }, exact, kink},
        {"relu", "relu($0)", [](Tape&, const Node&, Operands x) { return relu(x[0]); }, exact, kink},
        {"<", "$0 < $1", [](Tape&, const Node&, Operands x) { return x[0] < x[1]; }, exact, kink},
        {">=", "$0 >= $1", [](Tape&, const Node&, Operands x) { return x[0] >= x[1]; }, exact, kink},
        {"where", "where($0, $1, $2)", [](Tape&, const Node&, Operands x) { return where(x[0], x[1], x[2]); }, exact},

        {"sum", "sum($0, #, xg::KeepDims{%})", [](Tape&, const Node& n, Operands x) { return sum(x[0], dims(n), keep(n)); }},
        {"mean", "mean($0, #, xg::KeepDims{%})", [](Tape&, const Node& n, Operands x) { return mean(x[0], dims(n), keep(n)); }},
        {"max", "max($0, #, xg::KeepDims{%})", [](Tape&, const Node& n, Operands x) { return max(x[0], dims(n), keep(n)); }, exact, kink},
        {"min", "min($0, #, xg::KeepDims{%})", [](Tape&, const Node& n, Operands x) { return min(x[0], dims(n), keep(n)); }, exact, kink},
        {"logsumexp", "logsumexp($0, #, xg::KeepDims{%})", [](Tape&, const Node& n, Operands x) { return logsumexp(x[0], dims(n), keep(n)); }},
        {"softmax", "softmax($0, #0)", [](Tape&, const Node& n, Operands x) { return softmax(x[0], at(n, 0)); }},
        {"log_softmax", "log_softmax($0, #0)", [](Tape&, const Node& n, Operands x) { return log_softmax(x[0], at(n, 0)); }},
        {"cumsum", "cumsum($0, #0)", [](Tape&, const Node& n, Operands x) { return cumsum(x[0], at(n, 0)); }},

        {"reshape", "reshape($0, #)", [](Tape&, const Node& n, Operands x) { return reshape(x[0], dims(n)); }, exact},
        {"transpose", "transpose($0, #)", [](Tape&, const Node& n, Operands x) { return transpose(x[0], dims(n)); }, exact},
        {"expand_dims", "expand_dims($0, #0)", [](Tape&, const Node& n, Operands x) { return expand_dims(x[0], at(n, 0)); }, exact},
        {"broadcast_to", "broadcast_to($0, #)", [](Tape&, const Node& n, Operands x) { return broadcast_to(x[0], shape(n)); }, exact},
        {"slice", "slice($0, #0, #1, #2, #3)", [](Tape&, const Node& n, Operands x) { return slice(x[0], at(n, 0), at(n, 1), at(n, 2), at(n, 3)); }, exact},
        {"diagonal", "diagonal($0, #0, #1, #2)", [](Tape&, const Node& n, Operands x) { return diagonal(x[0], at(n, 0), at(n, 1), at(n, 2)); }, exact},
        {"triu", "triu($0, #0)", [](Tape&, const Node& n, Operands x) { return triu(x[0], at(n, 0)); }, exact},
        {"flip", "flip($0, #)", [](Tape&, const Node& n, Operands x) { return flip(x[0], dims(n)); }, exact},
        {"split", "xg::split($0, #0, #1)[#2]", [](Tape&, const Node& n, Operands x) { return xg::split(x[0], at(n, 0), at(n, 1)).at(static_cast<std::size_t>(at(n, 2))); }, exact},
        {"concatenate", "xg::concatenate({$*}, #0)", [](Tape&, const Node& n, Operands x) { return xg::concatenate(vars(x), at(n, 0)); }, exact},
        {"stack", "xg::stack({$*}, #0)", [](Tape&, const Node& n, Operands x) { return xg::stack(vars(x), at(n, 0)); }, exact},
        {"pad", "pad($0, #~, %)", [](Tape&, const Node& n, Operands x) { return flat_pad(n, x[0]); }, exact},
        {"repeat", "repeat($0, #0, #1)", [](Tape&, const Node& n, Operands x) { return repeat(x[0], at(n, 0), at(n, 1)); }, exact},

        {"take", "take($0, $1, #0)", [](Tape&, const Node& n, Operands x) { return take(x[0], x[1], at(n, 0)); }, exact},
        {"pick", "pick($0, $1)", [](Tape&, const Node&, Operands x) { return pick(x[0], x[1]); }, exact},
        {"one_hot", "one_hot($0, #0, @)", [](Tape&, const Node& n, Operands x) { return one_hot(x[0], static_cast<std::size_t>(at(n, 0)), n.dtype); }, exact},

        {"matmul", "matmul($0, $1, #0, #1)", [](Tape&, const Node& n, Operands x) { return matmul(x[0], x[1], at(n, 0) != 0, at(n, 1) != 0); }},
        {"uniform", "xg::Random(tape, %, \"stream%\").uniform(#, -1, 1, @)", [](Tape& tape, const Node& n, Operands) { return stream(tape, n).uniform(shape(n), -1, 1, n.dtype); }, exact},

        {"gradient", "xg::gradient($0, $1)", [](Tape&, const Node&, Operands x) { return xg::gradient(node_of(x[0]), node_of(x[1])); }},
        {"vjp", "xg::vjp({$0}, {$1}, {$2})[0]", [](Tape&, const Node&, Operands x) { return xg::vjp({node_of(x[0])}, {node_of(x[1])}, {node_of(x[2])})[0]; }},
        {"jvp", "xg::jvp({$0}, {$1}, {$2})[0]", [](Tape&, const Node&, Operands x) { return xg::jvp({node_of(x[0])}, {node_of(x[1])}, {node_of(x[2])})[0]; }},
        {"checkpoint", "xg::checkpoint([](xg::Var x) { return tanh(x * x); })($0)",
         [](Tape&, const Node&, Operands x) { return xg::checkpoint([](Var v) { return tanh(v * v); })(node_of(x[0])); }, exact},
    };
    return all;
}
// clang-format on

} // namespace

const Kind& kind(std::string_view name) {
    const auto found = std::find_if(kinds().begin(), kinds().end(), [&](const Kind& k) { return k.name == name; });
    if (found == kinds().end()) throw std::logic_error(fmt::format("there is no kind of node \"{}\"", name));
    return *found;
}

} // namespace test
