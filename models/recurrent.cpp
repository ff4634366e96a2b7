#include <xgrad/models/recurrent.hpp>

#include <array>

#include <fmt/format.h>

#include <xgrad/models/parameter_pair.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/elementary.hpp>
#include <xgrad/ops/linalg.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad::models::detail {
namespace {

constexpr std::array<const char*, 3> names{"RNN", "GRU", "LSTM"}, stems{"rnn", "gru", "lstm"};
constexpr std::array<std::size_t, 3> gate_counts{1, 3, 4};

/// The columns of gate k.
Var gate(Var all, std::int64_t k, std::int64_t units) { return slice(all, -1, k * units, (k + 1) * units); }

} // namespace

RecurrentLayer::RecurrentLayer(Kind kind, Tape& tape, std::size_t inputs, std::size_t units, RecurrentOptions o,
                               Location where)
    : kind_(kind), units_(static_cast<std::int64_t>(units)), reverse_(o.reverse), keep_(o.keep) {
    const auto k = static_cast<std::size_t>(kind);
    const Call call(names[k], where);
    if (inputs == 0 || units == 0)
        throw Error(fmt::format("{}: {} inputs and {} units; both must be at least 1", names[k], inputs, units), where);
    if (o.name.empty()) o.name = stems[k];
    const double fan = static_cast<double>(units);
    const std::size_t width = gate_counts[k] * units;
    std::uint64_t drawn = 0;
    const auto make = [&](const char* name, const Shape& shape, const Initializer& initializer) {
        if (!initializer) return Var{};
        const Var made = parameter(tape, shape, initializer,
                                   {.fans = Fans{fan, fan},
                                    .seed = o.seed,
                                    .first_index = drawn,
                                    .dtype = o.dtype,
                                    .name = o.name + "." + name},
                                   where);
        drawn += shape.numel();
        return made;
    };
    weights_ = make("weights", Shape(inputs, width), o.weights);
    hidden_weights_ = make("hidden_weights", Shape(units, width), o.weights);
    bias_ = make("bias", Shape(width), o.bias);
    if (kind == Kind::gru) hidden_bias_ = make("hidden_bias", Shape(units), o.bias);
}

/// `x` is what the step's input gives to all gates.
RecurrentState RecurrentLayer::step(const RecurrentState& before, Var x) const {
    const Var h = before.hidden, of_hidden = matmul(h, hidden_weights_);
    const auto both = [&](std::int64_t k) { return gate(x, k, units_) + gate(of_hidden, k, units_); };
    switch (kind_) {
    case Kind::rnn: return {tanh(x + of_hidden)};
    case Kind::gru: {
        const Var r = sigmoid(both(0)), z = sigmoid(both(1));
        Var candidate = gate(of_hidden, 2, units_);
        if (hidden_bias_.valid()) candidate = candidate + hidden_bias_;
        const Var n = tanh(gate(x, 2, units_) + r * candidate);
        return {n + z * (h - n)};
    }
    case Kind::lstm: {
        const Var i = sigmoid(both(0)), f = sigmoid(both(1)), g = tanh(both(2)), o = sigmoid(both(3));
        const Var cell = f * before.cell + i * g;
        return {o * tanh(cell), cell};
    }
    }
    throw Error("a recurrent layer: no such kind");
}

RecurrentResult RecurrentLayer::run(Operand x, RecurrentState state) const {
    const char* const layer = names[static_cast<std::size_t>(kind_)];
    const Call call(layer, x.where);
    const auto inputs = weights_.shape()[0];
    if (!x.var.valid() || (x.shape().rank() != 2 && x.shape().rank() != 3) || x.shape().back() != inputs)
        throw Error(fmt::format("{}: x is {}; it must be (T, N, {}), T steps of N sequences, or (T, {})", layer,
                                x.var.valid() ? x.shape().str() : "a number", inputs, inputs),
                    x.where);
    Shape one; // of a state
    if (x.shape().rank() == 3) one.append(static_cast<std::int64_t>(x.shape()[1]));
    one.append(units_);
    const auto start = [&](const char* name, Var given) {
        if (!given.valid()) return zeros(weights_.tape(), one, weights_.dtype());
        if (given.shape() != one || given.dtype() != weights_.dtype())
            throw Error(fmt::format("{}: the {} state is {} {}; it must be {} {}", layer, name,
                                    xgrad::name(given.dtype()), given.shape().str(), xgrad::name(weights_.dtype()),
                                    one.str()),
                        x.where);
        return given;
    };
    std::vector<Var> init{start("hidden", state.hidden)};
    if (kind_ == Kind::lstm) init.push_back(start("cell", state.cell));

    Var of_inputs = matmul(x, weights_); // of all steps at once
    if (bias_.valid()) of_inputs = of_inputs + bias_;
    const auto body = [&](const std::vector<Var>& carry, const std::vector<Var>& slices) {
        const RecurrentState next = step({carry[0], carry.size() > 1 ? carry[1] : Var{}}, slices[0]);
        std::vector<Var> carries{next.hidden};
        if (next.cell.valid()) carries.push_back(next.cell);
        return std::pair{carries, std::vector<Var>{next.hidden}};
    };
    const ScanResult result = scan(body, init, {of_inputs}, {.reverse = reverse_, .keep = keep_}, x.where);
    return {result.ys[0], {result.carry[0], result.carry.size() > 1 ? result.carry[1] : Var{}}};
}

} // namespace xgrad::models::detail
