#include "features.hpp"

#include <cmath>

#include <xgrad/xgrad.hpp>

namespace examples {

namespace xg = xgrad;

xg::Var rows_of(xg::Var features) {
    const auto count = static_cast<std::int64_t>(features.shape()[0]);
    const xg::Var rows = reshape(features, {count, -1});
    return rows.dtype() == xg::DType::uint8 ? cast(rows, xg::DType::float32) / 255 : rows;
}

double mean_size(const Dataset& data, bool squared) {
    double sum = 0;
    const auto add = [&](const auto& row, double scale) {
        for (const auto number : row)
            sum += squared ? number * scale * number * scale : std::abs(number * scale);
    };
    for (std::size_t i = 0; i < data.size(); ++i)
        if (data.is_images())
            add(data.examples.row<std::uint8_t>(i), 1.0 / 255);
        else
            add(data.examples.row<float>(i), 1);
    return sum / static_cast<double>(data.size());
}

} // namespace examples
