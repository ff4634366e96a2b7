// A file that may be gzipped: all of it, and its first bytes.

#include <algorithm>

#include <xgrad/datasets/bytes.hpp>

#include "data_sets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::File file;
    const std::filesystem::path path = file.with({data, size});
    try {
        const xgrad::datasets::Bytes start = xgrad::datasets::read_bytes(path, 64);
        fuzz::require(start.size() <= 64, "no more is read than was asked for");
        const xgrad::datasets::Bytes all = xgrad::datasets::read_bytes(path);
        fuzz::require(all.size() >= start.size() && std::equal(start.begin(), start.end(), all.begin()),
                      "the first bytes are those of the whole");
    } catch (const xgrad::datasets::DataError&) {}
    return 0;
}
