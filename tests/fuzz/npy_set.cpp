// Features and their labels in .npy files. The input is both files, with a separator in between.

#include <xgrad/datasets/npy.hpp>

#include "data_sets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::File features, labels;
    const auto pieces = fuzz::split({data, size}, "====");
    try {
        fuzz::require_sound(xgrad::datasets::read_npy(features.with(pieces.front()), labels.with(pieces.back())));
    } catch (const xgrad::datasets::DataError&) {}
    return 0;
}
