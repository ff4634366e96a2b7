#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include <xgrad/core/array.hpp>

#include "random_numbers.hpp"

namespace test {

using Extents = std::vector<std::size_t>;

/// Random elements between low and high: real numbers, or integers with both bounds among them.
template <class T>
xt::xarray<T> random_array(const Extents& shape, Random& random, double low = -2, double high = 2) {
    auto result = xt::xarray<T>::from_shape(shape);
    for (std::size_t i = 0; i < result.size(); ++i)
        result.data()[i] = std::is_floating_point_v<T>
                               ? static_cast<T>(random.real(low, high))
                               : static_cast<T>(random.integer(static_cast<std::int64_t>(low), static_cast<std::int64_t>(high)));
    return result;
}

} // namespace test
