// Prints what core/README.md shows of three programs on their way through the passes.

#include <string>

#include <xgrad/core/compiler/compile.hpp>
#include <xgrad/xgrad.hpp>

#include <fmt/format.h>

namespace xg = xgrad;
using xg::Var;

namespace {

struct BentIdentity {
    static constexpr auto name = "bent_identity";
    static auto forward(auto x) {
        using std::sqrt;
        return x + (sqrt(1 + x * x) - 1) / 2;
    }
    static auto vjp(Var g, Var, Var x) { return g * (1 + 0.5 * x / sqrt(1 + square(x))); }
};

/// The nodes, and what the passes of these names leave.
void print(const char* title, const xg::Tape& tape, const xg::Step& step, const std::vector<Var>& inputs,
           const std::vector<std::string>& passes) {
    const xg::PassTexts texts = xg::passes_of(tape.graph(), step, inputs);
    for (const std::string& pass : passes) {
        if (pass == "record") fmt::print("# {}: record\n{}", title, tape.str());
        for (const auto& [name, text] : texts)
            if (name == pass) fmt::print("# {}: {}\n{}", title, pass, text);
    }
}

void least_squares() {
    xg::Tape tape;
    const Var w = tape.parameter(xt::xarray<double>{0, 0}, "w");
    const Var x = tape.input<double>({3, 2}, "x"), y = tape.input<double>({3}, "y");
    const Var loss = mean(square(matmul(x, w) - y));
    const xg::Step step{.outputs = {loss}, .updates = {{w, w - 0.1 * gradient(loss, w)}}};
    print("least squares", tape, step, {x, y}, {"record", "fuse", "superinstructions", "emit"});
}

void softmax_regression() {
    xg::Tape tape;
    const Var w = tape.parameter(xt::xarray<float>::from_shape({20, 3}), "w");
    const Var x = tape.input<float>({64, 20}, "x"), y = tape.input<std::int64_t>({64}, "y");
    const Var scores = matmul(x, w);
    const Var loss = mean(logsumexp(scores, 1) - pick(scores, y));
    const xg::Step step{.outputs = {loss}, .updates = {{w, w - 0.1 * gradient(loss, w)}}};
    print("softmax regression", tape, step, {x, y}, {"fuse", "superinstructions"});
}

void own_op() {
    xg::Tape tape;
    const Var x = tape.parameter(xt::xarray<float>::from_shape({1000}), "x");
    const Var y = sum(xg::record(BentIdentity{}, 3 * x + 1));
    print("an op of one's own", tape, {.outputs = {y, gradient(y, x)}, .updates = {}}, {},
          {"record", "superinstructions"});
}

} // namespace

int main() {
    least_squares();
    softmax_regression();
    own_op();
}
