#pragma once

#include <cstdint>
#include <vector>

#include <xgrad/xgrad.hpp>

namespace ladder {

struct WordsOptions {
    std::size_t words = 200;
    std::int64_t side = 6, stride = 2; // of the patches, in pixels
    std::size_t patches = 20000;       // that the words are learned from
    std::size_t iterations = 20;       // of k-means
    std::uint64_t seed = 0;
};

/// One step of k-means (Lloyd 1982): x (N, D), means (K, D) -> for each k the mean of those x whose nearest mean is k;
/// a mean that is nearest to none stays.
[[nodiscard]] xgrad::Var k_means_step(xgrad::Var x, xgrad::Var means);

/// An image as a bag of visual words (Csurka et al. 2004). A patch p, the pixels of all its channels, becomes
///     q = (p - mean p) / sqrt(var p + 10),
/// the pixels counted from 0 to 255 (Coates, Lee and Ng 2011); its word is the k whose mean m_k is nearest to q, the
/// means being those of k-means over patches of training images.
class Words {
  public:
    /// Patches are taken from anywhere in the images: uint8 (C, H, W), not smaller than a patch, else an error. There
    /// must be as many patches as words.
    explicit Words(const xgrad::data::ArraySet& training, const WordsOptions& options = {},
                   xgrad::Location where = xgrad::Location::current());

    /// Of images (N, C, H, W): the share of patches that have each word, in each quarter of the image by itself,
    /// float32 (N, 4 K). As |q - m_k|^2 = |q|^2 - 2 q m_k + |m_k|^2, the nearest mean is the one with the largest
    /// q m_k - |m_k|^2 / 2. The elements of m_k add up to 0, so q m_k = p m_k / sqrt(var p + 10), and the products
    /// p m_k are a convolution.
    [[nodiscard]] xgrad::Var operator()(xgrad::Var images) const;

    /// (K, C side side)
    const xt::xarray<float>& means() const { return means_; }

  private:
    WordsOptions options_;
    xt::xarray<float> means_;
};

} // namespace ladder
