// All kinds of nodes: how each is recorded, and how it is written.

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "bodies.hpp"
#include "program.hpp"

namespace test {
namespace {

using xg::Var;

constexpr bool exact = true, kink = true;

// clang-format off
const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all = {
        {"number", "%", nullptr, exact},
        {"parameter", "", nullptr, exact},
        {"state", "", nullptr, exact},
        {"constant", "", nullptr, exact},
        {"input", "", nullptr, exact},

        {"+", "$0 + $1", [](In in) { return in[0] + in[1]; }, exact},
        {"-", "$0 - $1", [](In in) { return in[0] - in[1]; }, exact},
        {"*", "$0 * $1", [](In in) { return in[0] * in[1]; }, exact},
        {"/", "$0 / $1", [](In in) { return in[0] / in[1]; }, exact},
        {"negative", "-$0", [](In in) { return -in[0]; }, exact},
        {"square", "square($0)", [](In in) { return square(in[0]); }, exact},
        {"sqrt", "sqrt($0)", [](In in) { return sqrt(in[0]); }, exact},
        {"exp", "exp($0)", [](In in) { return exp(in[0]); }, exact},
        {"log", "log($0)", [](In in) { return log(in[0]); }, exact},
        {"tanh", "tanh($0)", [](In in) { return tanh(in[0]); }, exact},
        {"sigmoid", "sigmoid($0)", [](In in) { return sigmoid(in[0]); }, exact},
        {"softplus", "softplus($0)", [](In in) { return softplus(in[0]); }, exact},
        {"softsign", "softsign($0)", [](In in) { return softsign(in[0]); }, exact},
        {"blend", "xg::record(Blend{}, $0, $1, $2)",
         [](In in) { return xg::record(Blend{}, in.var(0), in.var(1), in.var(2)); }, exact},
        {"stop_gradient", "stop_gradient($0)", [](In in) { return stop_gradient(in[0]); }, exact},
        {"cast", "cast($0, @)", [](In in) { return cast(in[0], in.node.dtype); }, exact},

        {"maximum", "maximum($0, $1)", [](In in) { return maximum(in[0], in[1]); }, exact, kink},
        {"minimum", "minimum($0, $1)", [](In in) { return minimum(in[0], in[1]); }, exact, kink},
        {"abs", "abs($0)", [](In in) { return abs(in[0]); }, exact, kink},
        {"relu", "relu($0)", [](In in) { return relu(in[0]); }, exact, kink},
        {"clip", "clip($0, $1, $2)", [](In in) { return clip(in[0], in[1], in[2]); }, exact, kink},
        {"sort", "sort($0, #0)", [](In in) { return sort(in[0], in.at(0)); }, exact, kink},
        {"<", "$0 < $1", [](In in) { return in[0] < in[1]; }, exact, kink},
        {">=", "$0 >= $1", [](In in) { return in[0] >= in[1]; }, exact, kink},
        {"where", "where($0, $1, $2)", [](In in) { return where(in[0], in[1], in[2]); }, exact},

        {"sum", "sum($0, #, xg::KeepDims{%})", [](In in) { return sum(in[0], in.dims(), in.keep()); }},
        {"mean", "mean($0, #, xg::KeepDims{%})", [](In in) { return mean(in[0], in.dims(), in.keep()); }},
        {"max", "max($0, #, xg::KeepDims{%})", [](In in) { return max(in[0], in.dims(), in.keep()); }, exact, kink},
        {"min", "min($0, #, xg::KeepDims{%})", [](In in) { return min(in[0], in.dims(), in.keep()); }, exact, kink},
        {"logsumexp", "logsumexp($0, #, xg::KeepDims{%})",
         [](In in) { return logsumexp(in[0], in.dims(), in.keep()); }},
        {"softmax", "softmax($0, #0)", [](In in) { return softmax(in[0], in.at(0)); }},
        {"log_softmax", "log_softmax($0, #0)", [](In in) { return log_softmax(in[0], in.at(0)); }},
        {"cumsum", "cumsum($0, #0)", [](In in) { return cumsum(in[0], in.at(0)); }},

        {"reshape", "reshape($0, #)", [](In in) { return reshape(in[0], in.dims()); }, exact},
        {"transpose", "transpose($0, #)", [](In in) { return transpose(in[0], in.dims()); }, exact},
        {"expand_dims", "expand_dims($0, #0)", [](In in) { return expand_dims(in[0], in.at(0)); }, exact},
        {"broadcast_to", "broadcast_to($0, #)", [](In in) { return broadcast_to(in[0], in.shape()); }, exact},
        {"slice", "slice($0, #0, #1, #2, #3)",
         [](In in) { return slice(in[0], in.at(0), in.at(1), in.at(2), in.at(3)); }, exact},
        {"diagonal", "diagonal($0, #0, #1, #2)",
         [](In in) { return diagonal(in[0], in.at(0), in.at(1), in.at(2)); }, exact},
        {"triu", "triu($0, #0)", [](In in) { return triu(in[0], in.at(0)); }, exact},
        {"flip", "flip($0, #)", [](In in) { return flip(in[0], in.dims()); }, exact},
        {"split", "xg::split($0, #0, #1)[#2]",
         [](In in) { return xg::split(in[0], in.at(0), in.at(1)).at(static_cast<std::size_t>(in.at(2))); }, exact},
        {"concatenate", "xg::concatenate({$*}, #0)", [](In in) { return xg::concatenate(in.vars(), in.at(0)); }, exact},
        {"stack", "xg::stack({$*}, #0)", [](In in) { return xg::stack(in.vars(), in.at(0)); }, exact},
        {"pad", "pad($0, #~, %)", [](In in) { return pad(in[0], in.pairs(), in.node.number); }, exact},
        {"repeat", "repeat($0, #0, #1)", [](In in) { return repeat(in[0], in.at(0), in.at(1)); }, exact},

        {"take", "take($0, $1, #0)", [](In in) { return take(in[0], in[1], in.at(0)); }, exact},
        {"pick", "pick($0, $1)", [](In in) { return pick(in[0], in[1]); }, exact},
        {"one_hot", "one_hot($0, #0, @)",
         [](In in) { return one_hot(in[0], static_cast<std::size_t>(in.at(0)), in.node.dtype); }, exact},

        {"matmul", "matmul($0, $1, #0, #1)", [](In in) { return matmul(in[0], in[1], in.at(0) != 0, in.at(1) != 0); }},
        {"uniform", "xg::Random(tape, %, \"stream%\").uniform(#, -1, 1, @)",
         [](In in) { return in.stream().uniform(in.shape(), -1, 1, in.node.dtype); }, exact},

        {"gradient", "xg::gradient($0, $1)", [](In in) { return xg::gradient(in.var(0), in.var(1)); }},
        {"vjp", "xg::vjp({$0}, {$1}, {$2})[0]",
         [](In in) { return xg::vjp({in.var(0)}, {in.var(1)}, {in.var(2)})[0]; }},
        {"jvp", "xg::jvp({$0}, {$1}, {$2})[0]",
         [](In in) { return xg::jvp({in.var(0)}, {in.var(1)}, {in.var(2)})[0]; }},
        {"vmap", "xg::vmap([](xg::Var x) { return cumsum(tanh(x * x), 0); }, $0, {.in_axes = {#0}})",
         [](In in) {
             return xg::vmap([](Var v) { return cumsum(tanh(v * v), 0); }, in.var(0), {.in_axes = {in.at(0)}});
         }},
        {"vmap_of_gradient", "xg::vmap([](xg::Var x, xg::Var y) { return xg::gradient(sum(x * exp(-y * y)), y); }, $0, $1)",
         [](In in) {
             return xg::vmap([](Var v, Var w) { return xg::gradient(sum(v * exp(-w * w)), w); }, in.var(0), in.var(1));
         }},
        {"jacobian", "sum(xg::jacobian(tanh(matmul($0, $1)), $1), 0)",
         [](In in) { return sum(xg::jacobian(tanh(matmul(in[0], in[1])), in.var(1)), 0); }},
        {"checkpoint", "xg::checkpoint([](xg::Var x) { return tanh(x * x); })($0)",
         [](In in) { return xg::checkpoint([](Var v) { return tanh(v * v); })(in.var(0)); }, exact},

        // Loops and choices, whose bodies read what was recorded before.
        {"scan", "scan_steps($0, $1, #0, #1)",
         [](In in) { return scan_steps(in.var(0), in.var(1), static_cast<std::size_t>(in.at(0)), static_cast<std::size_t>(in.at(1))); }, exact},
        {"scan_ys", "scan_ys($0, $1, $2)", [](In in) { return scan_ys(in.var(0), in.var(1), in.var(2)); }},
        {"while_loop", "halved($0, $1)", [](In in) { return halved(in.var(0), in.var(1)); }, exact, kink},
        {"cond", "chosen($0, $1, $2)", [](In in) { return chosen(in.var(0), in.var(1), in.var(2)); }, exact},
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
