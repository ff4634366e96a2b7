// Images and their labels in the format of MNIST. The input is both files, with a separator in between.

#include <xgrad/datasets/idx.hpp>

#include "data_sets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::File images, labels;
    const auto pieces = fuzz::split({data, size}, "====");
    try {
        fuzz::require_sound(xgrad::datasets::read_idx(images.with(pieces.front()), labels.with(pieces.back())));
    } catch (const xgrad::datasets::DataError&) {}
    return 0;
}
