#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

#include <xgrad/datasets/dataset.hpp>

#include "fuzz.hpp"

namespace fuzz {

/// The pieces of an input between separators, the first two of them, as files.
inline std::vector<std::filesystem::path> files_of(Input input) {
    static const std::array<File, 2> files;
    const auto pieces = split(input, "====");
    std::vector<std::filesystem::path> paths;
    for (std::size_t i = 0; i < std::min(pieces.size(), files.size()); ++i)
        paths.push_back(files[i].with(pieces[i]));
    return paths;
}

/// What the classifier may rely on.
inline void require_sound(const xgrad::datasets::Dataset& data) {
    require(data.size() > 0, "there is an example");
    for (std::size_t i = 0; i < data.size(); ++i)
        require(data.label(i) < data.classes, "labels are below the number of classes");
}

} // namespace fuzz
