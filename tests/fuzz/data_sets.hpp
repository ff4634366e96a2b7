#pragma once

#include <xgrad/datasets/dataset.hpp>

#include "fuzz.hpp"

namespace fuzz {

/// What the classifier may rely on.
inline void require_sound(const xgrad::datasets::Dataset& data) {
    require(data.size() > 0, "there is an example");
    for (std::size_t i = 0; i < data.size(); ++i)
        require(data.label(i) < data.classes, "labels are below the number of classes");
}

} // namespace fuzz
