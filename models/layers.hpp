#pragma once
// Layers that hold parameters; see linear.hpp for the first of them, and blocks.hpp for those that hold none.
//
// A layer is called with a Var and gives a Var. One that is another in training than in use takes, as its second
// argument, `bool training = true`; all others take x alone. So do models, and what is made of layers (see
// sequential.hpp) hands its own argument on to those that take it.
//
// Two layers of one seed and one shape start with the same numbers: give each a seed of its own.

#include <string>
#include <vector>

#include <xgrad/core/tape.hpp>
#include <xgrad/models/initializers.hpp>
#include <xgrad/ops/convolution.hpp>
#include <xgrad/ops/normalization.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

template <std::size_t N>
struct ConvolutionOfAxesOptions {
    ConvolutionOptions<N> geometry = {};
    Initializer weights = he_normal();
    Initializer bias = zeros(); // none(): no bias
    std::uint64_t seed = 0;
    DType dtype = DType::float32;
    std::string name = "conv";
};

/// conv1d, conv2d or conv3d with weights "conv.weights" (outputs, inputs / groups, window...) and a bias "conv.bias"
/// (outputs). x is (N, inputs, L), (N, inputs, H, W) or (N, inputs, D, H, W), or one such array without N.
template <std::size_t N>
class ConvolutionOfAxes {
  public:
    ConvolutionOfAxes(Tape& tape, std::size_t inputs, std::size_t outputs, PerAxis<N> window,
                      ConvolutionOfAxesOptions<N> options = {}, Location where = Location::current());
    [[nodiscard]] Var operator()(Operand x) const;
    [[nodiscard]] Var weights() const { return weights_; }
    [[nodiscard]] Var bias() const { return bias_; } // Var{} if there is none

  private:
    ConvolutionOptions<N> geometry_;
    Var weights_, bias_;
};
using Convolution1d = ConvolutionOfAxes<1>; // of sequences
using Convolution = ConvolutionOfAxes<2>;   // of images
using Convolution3d = ConvolutionOfAxes<3>; // of volumes
using ConvolutionLayerOptions = ConvolutionOfAxesOptions<2>;

struct NormLayerOptions {
    Initializer scale = constant(1), shift = zeros();
    double epsilon = 1e-5;
    double momentum = 0.1; // of BatchNorm
    std::uint64_t seed = 0;
    DType dtype = DType::float32;
    std::string name = "";                  // "batch_norm" or "layer_norm" if empty
    std::optional<xgrad::Group> group = {}; // of BatchNorm: statistics are those of all its participants
};

/// batch_norm over the channels of x (N, C, ...), with parameters "batch_norm.scale" and ".shift" and states
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

/// layer_norm over the last axes, of the given shape, with parameters "layer_norm.scale" and ".shift".
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
    Initializer table = normal(1); // its fans are (width, count), as torch's
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
