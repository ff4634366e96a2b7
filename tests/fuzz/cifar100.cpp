// CIFAR-100 in binary form, plain or gzipped. The input is one or more files, with a separator in between.

#include <xgrad/datasets/cifar.hpp>

#include "data_sets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::filesystem::path> paths = fuzz::files_of({data, size});
    try {
        const auto fine = xgrad::datasets::read_cifar100(paths);
        const auto coarse = xgrad::datasets::read_cifar100(paths, xgrad::datasets::Cifar100Labels::coarse);
        fuzz::require_sound(fine);
        fuzz::require_sound(coarse);
        fuzz::require(fine.size() == coarse.size(), "both labels are of the same images");
    } catch (const xgrad::datasets::DataError&) {}
    return 0;
}
