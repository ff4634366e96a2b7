// A table, plain or gzipped, as the training program takes it: read, a fifth held out, standardised.

#include <cmath>

#include <xgrad/datasets/csv.hpp>

#include "data_sets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::File file;
    const std::filesystem::path path = file.with({data, size});
    try {
        const xgrad::datasets::Dataset table = xgrad::datasets::read_csv(std::span(&path, 1));
        fuzz::require_sound(table);
        xgrad::datasets::Datasets both = xgrad::datasets::split(table);
        xgrad::datasets::standardise(both);
        for (std::size_t i = 0; i < both.train.size(); ++i)
            for (const float value : both.train.examples.row<float>(i))
                fuzz::require(std::abs(value) <= 5, "a feature is at most five deviations out");
    } catch (const xgrad::datasets::DataError&) {}
    return 0;
}
