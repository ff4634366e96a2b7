#pragma once

#include "ladder.hpp"

namespace ladder {

/// What the rungs on pixels are given: (pixel - its mean over the training images) / 255, float32.
class Pixels {
  public:
    explicit Pixels(const Ground& ground) : mean_image_(xg::data::mean_image(ground.data.train.examples)) {}

    /// (N, C, H, W)
    xg::Var images(xg::Var x) const { return mean_image_(x) / 255; }
    /// (N, C H W)
    xg::Var rows(xg::Var x) const { return reshape(images(x), {static_cast<std::int64_t>(x.shape()[0]), -1}); }

  private:
    xg::data::Standardize mean_image_;
};

} // namespace ladder
