// CIFAR-10 in binary form, plain or gzipped. The input is one or more files, with a separator in between.

#include <array>

#include <xgrad/datasets/cifar.hpp>

#include "data_sets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::array<fuzz::File, 2> files;
    const auto pieces = fuzz::split({data, size}, "====");
    std::vector<std::filesystem::path> paths;
    for (std::size_t i = 0; i < std::min(pieces.size(), files.size()); ++i)
        paths.push_back(files[i].with(pieces[i]));
    try {
        fuzz::require_sound(xgrad::datasets::read_cifar10(paths));
    } catch (const xgrad::datasets::DataError&) {}
    return 0;
}
