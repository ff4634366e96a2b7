// A table, plain or gzipped, as the training program takes it: read, a fifth held out, standardised.

#include <cmath>

#include <csv.hpp>

#include "data_sets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::File file;
    const std::filesystem::path path = file.with({data, size});
    try {
        const examples::Dataset table = examples::read_csv(std::span(&path, 1));
        fuzz::require_sound(table);
        examples::Datasets both = examples::split(table);
        examples::standardise(both);
        for (const float value : both.train.features)
            fuzz::require(std::abs(value) <= 5, "a feature is at most five deviations out");
    } catch (const examples::DataError&) {}
    return 0;
}
