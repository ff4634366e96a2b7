#pragma once

#include <dataset.hpp>

#include "fuzz.hpp"

namespace fuzz {

/// What the classifier may rely on.
inline void require_sound(const examples::Dataset& data) {
    require(data.size() > 0 && data.features.shape(0) == data.size(), "there is a label for each example");
    for (const std::int64_t label : data.labels)
        require(label >= 0 && static_cast<std::size_t>(label) < data.classes, "labels are below the number of classes");
}

} // namespace fuzz
