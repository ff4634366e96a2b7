// Prints what the compiler makes of programs that people write, with the kernels that every processor has; plans.txt holds what it
// printed before. A change that is not meant to change a plan changes no letter there. After one that is,
// `XGRAD_CPU=baseline build/release/tests/golden_plans > tests/plans/plans.txt`, and the difference is read before it is committed.
// With --bits it runs each program twice and prints the bits of all results, parameters and states, as the machine's kernels give
// them, to be compared with those of another build.

#include <functional>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <xgrad/xgrad.hpp>

#include <fmt/format.h>

#include "../random_arrays.hpp"

namespace xg = xgrad;
using test::Extents;
using test::Random;
using test::random_array;
using xg::Step;
using xg::Tape;
using xg::Var;
namespace models = xg::models;
namespace optim = xg::optim;

namespace {

/// The leaves of a program: their elements are random, and the same in each run.
struct Leaves {
    Tape& tape;
    Random random{7};
    std::vector<Var> inputs = {};
    std::vector<xg::Value> arguments = {};

    template <class T = float>
    Var input(const Extents& shape, double low = -1, double high = 1) {
        inputs.push_back(tape.input<T>(xg::Shape(shape)));
        arguments.emplace_back(random_array<T>(shape, random, low, high));
        return inputs.back();
    }
    template <class T = float>
    Var parameter(const Extents& shape, std::string name = "", double low = -1, double high = 1) {
        return tape.parameter(random_array<T>(shape, random, low, high), std::move(name));
    }
    Var labels(std::size_t n, std::size_t classes) { return input<std::int64_t>({n}, 0, static_cast<double>(classes) - 1); }
};

struct Case {
    const char* name;
    std::function<Step(Leaves&)> make;
};

std::vector<Var> with_gradients(Var y, const std::vector<Var>& x) {
    std::vector<Var> outputs = gradient(y, x);
    outputs.insert(outputs.begin(), y);
    return outputs;
}

Step classifier(Leaves& l, std::size_t batch, bool bytes, bool svm) {
    const models::Linear classify(l.tape, 96, 10, {.seed = 2});
    const Var x = bytes ? cast(l.input<std::uint8_t>({batch, 96}, 0, 255), xg::DType::float32) * (1.0 / 255) : l.input({batch, 96});
    const Var y = l.labels(batch, 10), s = classify(x);
    const Var loss = (svm ? models::svm_loss(s, y) : models::softmax_loss(s, y)) + 1e-4 * models::l2(classify.weights());
    return {.outputs = {loss}, .updates = optim::SGD{.learning_rate = 0.1}.minimize(loss)};
}

template <class Rule>
Step mlp(Leaves& l, const Rule& rule, const std::vector<std::size_t>& widths = {48, 32, 10}) {
    Var x = l.input({16, widths[0]});
    for (std::size_t i = 1; i < widths.size(); ++i) {
        const models::Linear layer(l.tape, widths[i - 1], widths[i], {.seed = i, .name = fmt::format("layer{}", i)});
        x = layer(x);
        if (i + 1 < widths.size()) x = relu(x);
    }
    const Var loss = models::softmax_loss(x, l.labels(16, widths.back()));
    return {.outputs = {loss}, .updates = rule.minimize(loss)};
}

/// One step of a rule for a matrix and a vector.
template <class Rule>
Case rule(const char* name, Rule r) {
    return {name, [r](Leaves& l) {
                const Var w = l.parameter({200, 30}, "w"), b = l.parameter({30}, "b");
                const Var loss = mean(square(matmul(l.input({20, 200}), w) + b));
                return Step{.outputs = {loss}, .updates = optim::minimize(r, loss)};
            }};
}

/// A function of one array or two, with its gradients.
Case function(const char* name, Extents shape, std::function<Var(Leaves&, Var)> f, double low = -1, double high = 1) {
    return {name, [=](Leaves& l) {
                const Var x = l.parameter(shape, "x", low, high);
                return Step{.outputs = with_gradients(sum(square(f(l, x))), {x})};
            }};
}

Var rosenbrock(Var x, Var next) { return 100 * square(next - square(x)) + square(1 - x); }

Var attention(Var x, Var q, Var k, Var v) {
    return matmul(softmax(matmul(matmul(x, q), transpose(matmul(x, k), {0, 2, 1})) / 4, 2), matmul(x, v));
}

const std::vector<Case>& cases() {
    static const std::vector<Case> all = {
        {"least squares of the README",
         [](Leaves& l) {
             const Var w = l.parameter<double>({2}, "w");
             const Var loss = mean(square(matmul(l.input<double>({3, 2}), w) - l.input<double>({3})));
             return Step{.outputs = {loss}, .updates = {{w, w - 0.1 * gradient(loss, w)}}};
         }},
        {"softmax classifier, few examples", [](Leaves& l) { return classifier(l, 16, false, false); }},
        {"softmax classifier, many examples", [](Leaves& l) { return classifier(l, 3000, false, false); }},
        {"softmax classifier of bytes", [](Leaves& l) { return classifier(l, 256, true, false); }},
        {"linear SVM", [](Leaves& l) { return classifier(l, 256, false, true); }},
        {"MLP", [](Leaves& l) { return mlp(l, optim::Adam{}); }},
        {"MLP of many layers", [](Leaves& l) { return mlp(l, optim::SGD{}, {64, 64, 64, 64, 10}); }},
        {"softmax loss from primitives",
         [](Leaves& l) {
             const Var s = l.input({128, 1000}), y = l.labels(128, 1000);
             return Step{.outputs = with_gradients(mean(log(sum(exp(s), 1)) - pick(s, y)), {s})};
         }},
        {"a chain of elementwise ops",
         [](Leaves& l) {
             const Var x = l.input({300'000});
             return Step{.outputs = with_gradients(sum(tanh(0.5 * x + 0.1) * exp(-(x * x)) + log(1 + x * x)), {x})};
         }},
        {"tiny ops",
         [](Leaves& l) {
             const Var x = l.parameter({4}, "x"), w = l.parameter({4}, "w");
             Var y = x;
             for (int i = 0; i < 30; ++i)
                 y = i % 3 == 0 ? x + y * w : i % 3 == 1 ? tanh(y * w) : (y - w) / (x + 2);
             return Step{.outputs = with_gradients(sum(y), {x, w})};
         }},
        {"a few tiny ops",
         [](Leaves& l) {
             const Var x = l.parameter({4}, "x"), w = l.parameter({4}, "w");
             return Step{.outputs = with_gradients(sum(tanh(x * w + 0.5) / (x + 2)), {x, w})};
         }},
        {"Rosenbrock of scalars",
         [](Leaves& l) {
             std::vector<Var> x;
             for (int i = 0; i < 14; ++i)
                 x.push_back(l.parameter<double>({}, fmt::format("x{}", i)));
             Var y = rosenbrock(x[0], x[1]);
             for (std::size_t i = 1; i + 1 < x.size(); ++i)
                 y = y + rosenbrock(x[i], x[i + 1]);
             return Step{.outputs = with_gradients(y, x)};
         }},
        {"Rosenbrock of an array, twice differentiated",
         [](Leaves& l) {
             const Var x = l.parameter<double>({50}, "x"), v = l.input<double>({50});
             const Var y = sum(rosenbrock(slice(x, 0, 0, -1), slice(x, 0, 1, xg::Range::open)));
             return Step{.outputs = {y, gradient(y, x), hessian_vector_product(y, x, v)}};
         }},
        {"convolutional network",
         [](Leaves& l) {
             const models::Convolution first(l.tape, 1, 4, 3, {.seed = 1, .name = "first"}),
                 second(l.tape, 4, 6, 3, {.seed = 2, .name = "second"});
             const models::Linear classify(l.tape, 54, 10, {.seed = 3});
             const Var x = max_pool2d(relu(second(max_pool2d(relu(first(l.input({8, 1, 18, 18}))), 2))), 2);
             const Var loss = models::softmax_loss(classify(reshape(x, {-1, 54})), l.labels(8, 10));
             return Step{.outputs = {loss}, .updates = optim::SGD{}.minimize(loss)};
         }},
        {"batch norm, training and not",
         [](Leaves& l) {
             models::BatchNorm norm(l.tape, 12);
             const Var x = l.input({30, 12}), still = sum(square(norm(x, false)));
             const Var loss = sum(square(norm(x))) + still;
             return Step{.outputs = {loss}, .updates = optim::SGD{}.minimize(loss)};
         }},
        {"layer norm and embedding",
         [](Leaves& l) {
             const models::Embedding embed(l.tape, 20, 16);
             const models::LayerNorm norm(l.tape, {16});
             const Var loss = sum(square(norm(embed(l.labels(40, 20)))));
             return Step{.outputs = {loss}, .updates = optim::SGD{}.minimize(loss)};
         }},
        {"attention",
         [](Leaves& l) {
             std::vector<Var> w;
             for (int i = 0; i < 3; ++i)
                 w.push_back(l.parameter({16, 16}, fmt::format("w{}", i)));
             return Step{.outputs = with_gradients(sum(square(attention(l.input({4, 9, 16}), w[0], w[1], w[2]))), w)};
         }},
        {"gates of a recurrent layer",
         [](Leaves& l) {
             const Var w = l.parameter({40, 64}, "w"), b = l.parameter({64}, "b");
             Var h = l.input({8, 16}), c = l.input({8, 16});
             for (int t = 0; t < 2; ++t) {
                 const Var z = matmul(concatenate(l.input({8, 24}), h, 1), w) + b;
                 const std::vector<Var> g = split(z, 4, 1);
                 c = sigmoid(g[0]) * c + sigmoid(g[1]) * tanh(g[2]);
                 h = sigmoid(g[3]) * tanh(c);
             }
             return Step{.outputs = with_gradients(sum(square(h)), {w, b})};
         }},
        {"dropout",
         [](Leaves& l) {
             xg::Random random(l.tape, 5);
             const Var x = l.parameter({50, 40}, "x");
             return Step{.outputs = with_gradients(sum(square(dropout(x, 0.3, random))), {x})};
         }},
        {"losses of real targets",
         [](Leaves& l) {
             const Var x = l.parameter({30, 4}, "x"), y = l.input({30, 4});
             const Var loss = models::squared_error(x, y) + models::absolute_error(x, y) + models::huber_loss(x, y);
             return Step{.outputs = with_gradients(loss, {x})};
         }},
        {"losses of probabilities",
         [](Leaves& l) {
             const Var x = l.parameter({30, 4}, "x"), y = l.input({30, 4}, 0.1, 0.9);
             const Var loss = models::binary_loss(x, y) + models::kl_divergence(log_softmax(x, 1), y) + models::elastic_net(x, 0.5);
             return Step{.outputs = with_gradients(loss, {x})};
         }},
        {"a tangent",
         [](Leaves& l) {
             const Var x = l.parameter({30, 4}, "x"), v = l.input({30, 4});
             return Step{.outputs = xg::jvp({logsumexp(x, 1), norm(x)}, {x}, {v})};
         }},
        {"a checkpoint",
         [](Leaves& l) {
             const Var x = l.parameter({300, 40}, "x");
             const Var y = xg::checkpoint([](Var a) { return tanh(exp(a) / (1 + square(a))); })(x);
             return Step{.outputs = with_gradients(sum(y * y), {x})};
         }},
        {"several outputs and updates of one value",
         [](Leaves& l) {
             const Var p = l.parameter({100, 7}, "p"), q = l.parameter({7}, "q"), x = l.input({100, 7});
             const Var y = x * p + q;
             return Step{.outputs = {y, sum(y, 0), max(y, {1})}, .updates = {{p, p - 0.1 * y}, {q, q + mean(y, 0)}}};
         }},
        function("views of views", {12, 30}, [](Leaves&, Var x) { return flip(slice(transpose(x), 0, 2, 20, 3), 1) * 2 + slice(x * 3, 1, 0, 12)[0]; }),
        function("normalized rows", {60, 30}, [](Leaves&, Var x) { return (x - mean(x, {1}, xg::keepdims)) / sqrt(var(x, {1}, xg::keepdims) + 1e-5); }),
        function("sums over each axis", {6, 50, 7}, [](Leaves&, Var x) { return sum(x * 2, {1}) + mean(exp(x), {0, 1}) + max(x); }),
        function("einsum", {5, 6, 7}, [](Leaves& l, Var x) { return xg::einsum("bij,bjk->ik", x, l.parameter({5, 7, 4})); }),
        function("by index", {30, 6}, [](Leaves& l, Var x) { return scatter_add(x, broadcast_to(reshape(l.labels(40, 30), {40, 1}), {40, 6}), take(x, l.labels(40, 30), 0), 0); }),
        function("along an axis", {20, 30}, [](Leaves&, Var x) { return cumsum(x, 1) + sort(x, 0) + cumprod(x, 1); }),
        function("pieces, joined again", {16, 9}, [](Leaves&, Var x) { return concatenate(split(tanh(x), 4, 0), 1); }),
        function("activations", {500}, [](Leaves&, Var x) { return gelu(x) + silu(x) + softplus(x) + elu(x) + leaky_relu(x) + mish(x); }),
        function("where and comparisons", {40, 25}, [](Leaves&, Var x) { return where(x > 0.5, sqrt(abs(x)), clip(x, -0.5, 0.5)) + (x < 0) * x; }),
        function("convolution of one axis, padded", {2, 3, 40}, [](Leaves& l, Var x) { return xg::conv1d(pad(x, {{0, 0}, {0, 0}, {2, 2}}), l.parameter({4, 3, 5})); }),
        rule("GD", optim::GD{}),
        rule("Momentum", optim::Momentum{}),
        rule("Nesterov", optim::Nesterov{}),
        rule("Adagrad", optim::Adagrad{}),
        rule("Adadelta", optim::Adadelta{}),
        rule("RMSProp", optim::RMSProp{}),
        rule("Rprop", optim::Rprop{}),
        rule("Adam", optim::Adam{}),
        rule("AMSGrad", optim::AMSGrad{}),
        rule("AdamW", optim::AdamW{}),
        rule("Adamax", optim::Adamax{}),
        rule("NAdam", optim::NAdam{}),
        rule("RAdam", optim::RAdam{}),
        rule("Lion", optim::Lion{}),
        rule("LAMB", optim::LAMB{}),
        rule("LARS", optim::LARS{}),
        rule("clipping, decay, a schedule, an average",
             optim::chain(optim::ClipByGlobalNorm{1.0}, optim::AddDecayedWeights{1e-4},
                          optim::SGD{.learning_rate = optim::Cosine{.initial = 0.1, .steps = 100}}, optim::MovingAverage{})),
        rule("accumulated gradients", optim::Accumulate{.rule = optim::SGD{}, .calls = 3}),
    };
    return all;
}

/// The registers of a loop numbered by where they lie, which depends on the width of the processor's vectors.
std::string with_numbered_registers(const std::string& loop) {
    static const std::regex reg(R"(\br\[(\d+)\])");
    std::map<int, std::string> numbers;
    for (std::sregex_iterator i(loop.begin(), loop.end(), reg), end; i != end; ++i)
        numbers[std::stoi((*i)[1])];
    for (int n = 0; auto& [offset, number] : numbers)
        number = fmt::format("r{}", n++);
    std::string text;
    auto from = loop.begin();
    for (std::sregex_iterator i(loop.begin(), loop.end(), reg), end; i != end; ++i) {
        text.append(from, (*i)[0].first) += numbers[std::stoi((*i)[1])];
        from = (*i)[0].second;
    }
    return text.append(from, loop.end());
}

/// Without what follows from the machine: the library that makes a product, and where registers lie.
std::string plan_text(const xg::Program& program) {
    static const std::regex library("(product .*) by [^\n]*"), bytes(", [0-9]+ bytes of registers");
    const std::string plan = std::regex_replace(std::regex_replace(program.str(), library, "$1"), bytes, "");
    std::string text;
    for (std::size_t from = 0, to; from < plan.size(); from = to) {
        to = std::min(plan.find("\nloop", from), plan.size() - 1) + 1;
        text += with_numbered_registers(plan.substr(from, to - from));
    }
    return text;
}

void print_bits(const std::string& name, const void* data, std::size_t bytes) {
    std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a
    for (std::size_t i = 0; i < bytes; ++i)
        hash = (hash ^ static_cast<const unsigned char*>(data)[i]) * 0x100000001b3;
    fmt::print("{} {:016x}\n", name, hash);
}

/// Of the results of two calls, and of what they leave in parameters and states.
void print_bits(const Tape& tape, xg::Program& program, const std::vector<xg::Value>& arguments) {
    for (int call = 0; call < 2; ++call) {
        const xg::Results results = program.call(arguments);
        for (std::size_t i = 0; i < results.size(); ++i)
            print_bits(fmt::format("output {}", i), results.data(i),
                       results.type(i).shape.numel() * size_of(results.type(i).dtype));
    }
    for (const auto& leaves : {tape.parameters(), tape.states()})
        for (const Var& leaf : leaves) {
            const xt::xarray<double> elements = leaf.value<double>();
            print_bits(tape.name(leaf), elements.data(), elements.size() * sizeof(double));
        }
}

} // namespace

int main(int argc, char** argv) {
    const bool bits = argc > 1 && std::string_view(argv[1]) == "--bits";
    for (const Case& c : cases()) {
        Tape tape;
        Leaves leaves{tape};
        const Step step = c.make(leaves);
        xg::Program program = tape.compile(step, leaves.inputs);
        fmt::print("# {}\n", c.name);
        if (bits)
            print_bits(tape, program, leaves.arguments);
        else
            fmt::print("{}\n", plan_text(program));
    }
}
