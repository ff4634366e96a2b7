// The array of an .npy file.

#include <xgrad/models/npy.hpp>

#include "fuzz.hpp"

using namespace xgrad::models;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::uint8_t> file(data, data + size);
    try {
        const StoredArray array = read_npy(std::as_bytes(std::span(file)));
        if (!array.foreign.empty()) return 0;
        fuzz::require(array.bytes.size() == checked_bytes(array.type), "an array has the bytes that its shape needs");
        const std::string header = npy_header(array.type);
        std::vector<std::byte> again(array.bytes.begin(), array.bytes.end());
        const auto head = std::as_bytes(std::span(header));
        again.insert(again.begin(), head.begin(), head.end());
        fuzz::require(read_npy(again).type == array.type, "what is written is what was read");
    } catch (const xgrad::Error&) {}
    return 0;
}
