// Images and their labels in the format of MNIST. The input is both files, with a separator in between.

#include <idx.hpp>

#include "data_sets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::File images, labels;
    const auto pieces = fuzz::split({data, size}, "====");
    try {
        fuzz::require_sound(examples::read_idx(images.with(pieces.front()), labels.with(pieces.back())));
    } catch (const examples::DataError&) {}
    return 0;
}
