#pragma once
// Recurrent layers: a step for each element of a sequence, by xgrad::scan. So the step is recorded and compiled once,
// and the time to compile does not grow with the length of the sequence.
//
// x is (T, N, inputs), T steps of N sequences side by side, or (T, inputs), one sequence. Called, a layer gives the
// states after all steps, (T, N, units); run() takes the state to start from as well, and gives the last one, so that a
// long text can be gone through in pieces.

#include <string>

#include <xgrad/core/control.hpp>
#include <xgrad/core/tape.hpp>
#include <xgrad/models/initializers.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

struct RecurrentOptions {
    Initializer weights = fan_in_uniform(); // all fans are `units`, as torch's
    Initializer bias = fan_in_uniform();    // none(): no bias
    bool reverse = false;                   // from the last element to the first
    Keep keep = keep_all;                   // for the gradient, see ScanOptions
    std::uint64_t seed = 0;
    DType dtype = DType::float32;
    std::string name = ""; // "rnn", "gru" or "lstm" if empty
};

/// What a layer carries from step to step: (N, units), or (units,) for one sequence.
struct RecurrentState {
    Var hidden;
    Var cell = {}; // of an LSTM
};

struct RecurrentResult {
    Var outputs; // the hidden states after all steps
    RecurrentState last;
};

namespace detail {

/// What the three have in common: arrays "gru.weights" (inputs, gates units), "gru.hidden_weights" (units, gates units)
/// and "gru.bias" (gates units), the gates side by side.
class RecurrentLayer {
  public:
    /// The state is zeros where none is given.
    [[nodiscard]] RecurrentResult run(Operand x, RecurrentState state = {}) const;
    [[nodiscard]] Var operator()(Operand x) const { return run(x).outputs; }
    [[nodiscard]] Var weights() const { return weights_; }
    [[nodiscard]] Var hidden_weights() const { return hidden_weights_; }
    [[nodiscard]] Var bias() const { return bias_; } // Var{} if there is none

  protected:
    enum class Kind { rnn, gru, lstm };
    RecurrentLayer(Kind kind, Tape& tape, std::size_t inputs, std::size_t units, RecurrentOptions options,
                   Location where);
    Var hidden_bias_; // of a GRU

  private:
    [[nodiscard]] RecurrentState step(const RecurrentState& before, Var x) const;
    Kind kind_;
    std::int64_t units_;
    bool reverse_;
    Keep keep_;
    Var weights_, hidden_weights_, bias_;
};

} // namespace detail

/// h = tanh(x W + h U + b).  Elman 1990; torch.nn.RNN, whose two biases are one here
class RNN : public detail::RecurrentLayer {
  public:
    RNN(Tape& tape, std::size_t inputs, std::size_t units, RecurrentOptions options = {},
        Location where = Location::current())
        : RecurrentLayer(Kind::rnn, tape, inputs, units, std::move(options), where) {}
};

/// r = sigmoid(x W_r + h U_r + b_r), z = sigmoid(x W_z + h U_z + b_z), n = tanh(x W_n + b_n + r (h U_n + c)),
/// h = (1 - z) n + z h, with gates in the order r, z, n and c in "gru.hidden_bias" (units).  Cho et al. 2014; torch.nn.GRU
class GRU : public detail::RecurrentLayer {
  public:
    GRU(Tape& tape, std::size_t inputs, std::size_t units, RecurrentOptions options = {},
        Location where = Location::current())
        : RecurrentLayer(Kind::gru, tape, inputs, units, std::move(options), where) {}
    [[nodiscard]] Var hidden_bias() const { return hidden_bias_; }
};

/// i, f, o = sigmoid(x W + h U + b), g = tanh(x W_g + h U_g + b_g), c = f c + i g, h = o tanh(c), with gates in the
/// order i, f, g, o.  Hochreiter and Schmidhuber 1997, Gers et al. 2000; torch.nn.LSTM, whose two biases are one here
class LSTM : public detail::RecurrentLayer {
  public:
    LSTM(Tape& tape, std::size_t inputs, std::size_t units, RecurrentOptions options = {},
         Location where = Location::current())
        : RecurrentLayer(Kind::lstm, tape, inputs, units, std::move(options), where) {}
};

} // namespace xgrad::models
#pragma GCC visibility pop
