#pragma once
// Layers that hold parameters; see linear.hpp for the first of them. They are called with a Var and give a Var.

#include <string>
#include <vector>

#include <xgrad/core/tape.hpp>
#include <xgrad/ops/convolution.hpp>
#include <xgrad/ops/normalization.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

template <std::size_t N>
struct ConvolutionOfAxesOptions {
    ConvolutionOptions<N> geometry = {};
    bool bias = true;
    double scale = 0; // standard deviation of the initial weights; 0: sqrt(2 / inputs of a window), He et al. 2015
    std::uint64_t seed = 0;
    DType dtype = DType::float32;
    std::string name = "conv";
};

/// conv1d, conv2d or conv3d with weights "conv.weights" (outputs, inputs / groups, window...) and a bias "conv.bias"
/// (outputs) that starts at 0. x is (N, inputs, L), (N, inputs, H, W) or (N, inputs, D, H, W), or one such array
/// without N.
template <std::size_t N>
class ConvolutionOfAxes {
  public:
    ConvolutionOfAxes(Tape& tape, std::size_t inputs, std::size_t outputs, PerAxis<N> window,
                      ConvolutionOfAxesOptions<N> options = {}, Location where = Location::current());
    [[nodiscard]] Var operator()(Operand x) const;
    [[nodiscard]] Var weights() const { return weights_; }
    [[nodiscard]] Var bias() const { return bias_; }

  private:
    ConvolutionOptions<N> geometry_;
    Var weights_, bias_;
};
using Convolution1d = ConvolutionOfAxes<1>; // of sequences
using Convolution = ConvolutionOfAxes<2>;   // of images
using Convolution3d = ConvolutionOfAxes<3>; // of volumes
using ConvolutionLayerOptions = ConvolutionOfAxesOptions<2>;

struct NormLayerOptions {
    double epsilon = 1e-5;
    double momentum = 0.1; // of BatchNorm
    DType dtype = DType::float32;
    std::string name = ""; // "batch_norm" or "layer_norm" if empty
};

/// batch_norm over the channels of x (N, C, ...), with parameters "batch_norm.scale" (1) and ".shift" (0) and states
/// "batch_norm.mean" and ".variance". Calls that train use the batch's statistics, and every program that computes what
/// they give moves the running ones on, which the other calls use. A step that has updates of these states itself makes
/// only those: where two calls of one layer stand in one step, as for two images that are compared, it must have them;
/// updates() are those of the last.
class BatchNorm {
  public:
    BatchNorm(Tape& tape, std::size_t channels, NormLayerOptions options = {}, Location where = Location::current());
    [[nodiscard]] Var operator()(Operand x, bool training = true);
    /// Of the running statistics, by the last call that trained; none if there was none.
    const std::vector<Update>& updates() const { return updates_; }
    [[nodiscard]] Var scale() const { return scale_; }
    [[nodiscard]] Var shift() const { return shift_; }
    [[nodiscard]] Var mean() const { return mean_; }
    [[nodiscard]] Var variance() const { return variance_; }

  private:
    NormLayerOptions options_;
    Var scale_, shift_, mean_, variance_;
    std::vector<Update> updates_;
};

/// layer_norm over the last axes, of the given shape, with parameters "layer_norm.scale" (1) and ".shift" (0).
class LayerNorm {
  public:
    LayerNorm(Tape& tape, const Shape& shape, NormLayerOptions options = {}, Location where = Location::current());
    [[nodiscard]] Var operator()(Operand x) const;
    [[nodiscard]] Var scale() const { return scale_; }
    [[nodiscard]] Var shift() const { return shift_; }

  private:
    double epsilon_;
    Var scale_, shift_;
};

struct EmbeddingOptions {
    double scale = 1; // standard deviation of the initial table
    std::uint64_t seed = 0;
    DType dtype = DType::float32;
    std::string name = "embedding";
};

/// Rows of a table "embedding.table" (count, width) by index.
class Embedding {
  public:
    Embedding(Tape& tape, std::size_t count, std::size_t width, EmbeddingOptions options = {},
              Location where = Location::current());
    [[nodiscard]] Var operator()(Operand indices) const;
    [[nodiscard]] Var table() const { return table_; }

  private:
    Var table_;
};

} // namespace xgrad::models
#pragma GCC visibility pop
