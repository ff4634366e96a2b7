#include "hue.hpp"

#include "histogram.hpp"

namespace ladder {

namespace xg = xgrad;

xg::Var hue(xg::Var images) {
    const std::vector<xg::Var> planes = split(cast(images, xg::DType::float32), 3, 1);
    const xg::Var r = planes[0], g = planes[1], b = planes[2];
    const xg::Var most = maximum(maximum(r, g), b), least = minimum(minimum(r, g), b);
    const xg::Var d = where(most > least, most - least, 1);
    const xg::Var sixths = where(most == r, (g - b) / d, where(most == g, 2 + (b - r) / d, 4 + (r - g) / d));
    const xg::Var h = where(sixths < 0, sixths + 6, sixths) / 6;
    return squeeze(where((most > least) & (h < 1), h, 0), 1);
}

xg::Var hue_histogram(xg::Var images, std::size_t bins) {
    const xg::Var h = reshape(hue(images), {static_cast<std::int64_t>(images.shape()[0]), -1});
    return histogram(cast(floor(static_cast<double>(bins) * h), xg::DType::int64), bins);
}

} // namespace ladder
