#pragma once

#include <xgrad/xgrad.hpp>

namespace ladder {

/// For each row of bins (N, n), int64 from 0 to count - 1, the share of its elements that are 0, 1 ...: float32
/// (N, count).
[[nodiscard]] inline xgrad::Var histogram(xgrad::Var bins, std::size_t count) {
    using namespace xgrad;
    const Var none = zeros(bins.tape(), Shape(bins.shape()[0], count), DType::float32);
    const Var share = full(bins.tape(), Shape(1, 1), 1 / static_cast<double>(bins.shape()[1]), DType::float32);
    return scatter_add(none, bins, share, 1);
}

} // namespace ladder
