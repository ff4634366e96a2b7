// CIFAR-10 in binary form, plain or gzipped. The input is one or more files, with a separator in between.

#include <xgrad/datasets/cifar.hpp>

#include "data_sets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::filesystem::path> paths = fuzz::files_of({data, size});
    try {
        fuzz::require_sound(xgrad::datasets::read_cifar10(paths));
    } catch (const xgrad::datasets::DataError&) {}
    return 0;
}
