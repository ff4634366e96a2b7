#include "hog.hpp"

#include <numbers>

namespace ladder {

namespace {

namespace xg = xgrad;

xg::Var channel(xg::Var images, std::int64_t c) { return slice(images, 1, c, c + 1); }

/// (N, 1, H, W)
xg::Var grey(xg::Var images) {
    if (images.shape()[1] == 1) return images;
    return 0.299 * channel(images, 0) + 0.587 * channel(images, 1) + 0.114 * channel(images, 2);
}

/// Next pixel less the one before, along an axis.
xg::Var difference(xg::Var x, std::int64_t axis) {
    std::vector<std::pair<std::int64_t, std::int64_t>> one(4);
    one[static_cast<std::size_t>(axis)] = {1, 1};
    const xg::Var y = pad(x, one, xg::PadMode::edge);
    return slice(y, axis, 2, xg::Range::open) - slice(y, axis, 0, -2);
}

} // namespace

xg::Var hog(xg::Var images, const HogOptions& options) {
    const xg::Var x = grey(cast(images, xg::DType::float32));
    const xg::Var gx = difference(x, 3), gy = difference(x, 2);
    const xg::Var magnitude = sqrt(square(gx) + square(gy));
    const xg::Var angle = atan2(gy, gx);
    const auto bins = static_cast<std::int64_t>(options.orientations);
    const xg::Var turn = where(angle < 0, angle + std::numbers::pi, angle) / std::numbers::pi; // from 0 to 1
    const xg::Var bin = cast(floor(static_cast<double>(bins) * turn), xg::DType::int64);
    // A whole half turn is none.
    const xg::Var votes = one_hot(squeeze(where(bin < bins, bin, 0), 1), options.orientations, 1);
    return avg_pool2d(votes * magnitude, options.cell);
}

} // namespace ladder
