// A checkpoint in an .npz file. Random changes would hardly ever get past the checksums, so half of the changed files get right ones.

#include <cstring>

#include "stored.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr std::size_t central_header = 46, local_header = 30;

std::size_t number(std::span<const std::uint8_t> bytes) {
    std::size_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

/// Puts the right checksum into every entry of the directory whose array lies inside of the file.
void correct_checksums(std::span<std::uint8_t> file) {
    for (std::size_t at = 0; at + central_header <= file.size(); ++at) {
        if (std::memcmp(&file[at], "PK\1\2", 4) != 0) continue;
        const std::size_t size = number(file.subspan(at + 24, 4)), offset = number(file.subspan(at + 42, 4));
        if (offset > file.size() || file.size() - offset < local_header) continue;
        const std::size_t begin = offset + local_header + number(file.subspan(offset + 26, 2)) +
                                  number(file.subspan(offset + 28, 2));
        if (begin > file.size() || size > file.size() - begin) continue;
        const std::uint32_t crc = xgrad::models::crc32(std::as_bytes(file.subspan(begin, size)));
        for (std::size_t i = 0; i < 4; ++i)
            file[at + 16 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
    }
}

} // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
    size = LLVMFuzzerMutate(data, size, max_size);
    if (seed % 2 == 0) correct_checksums({data, size});
    return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::File file(".npz");
    try {
        fuzz::read_arrays(xgrad::models::npz_format, {data, size});
        fuzz::load_checkpoint(file, {data, size});
    } catch (const xgrad::Error&) {}
    return 0;
}
