#include <xgrad/models/stored_arrays.hpp>

#include <array>
#include <cstring>
#include <limits>

#include <fmt/format.h>

namespace xgrad::models {

std::size_t checked_product(std::size_t x, std::size_t y) {
    if (y != 0 && x > std::numeric_limits<std::size_t>::max() / 2 / y)
        throw Error("an array is too large to be counted");
    return x * y;
}

std::size_t checked_bytes(const Type& type) {
    std::size_t bytes = size_of(type.dtype);
    for (const std::size_t extent : type.shape)
        bytes = checked_product(bytes, extent);
    return bytes;
}

void copy_elements(const StoredArray& from, std::byte* to) {
    const std::size_t size = size_of(from.type.dtype), n = from.type.shape.numel();
    if (from.column_major && from.type.shape.rank() > 1)
        for_each_element(from, [&](std::size_t i, std::size_t source) {
            std::memcpy(to + i * size, from.bytes.data() + source * size, size);
        });
    else if (n != 0)
        std::memcpy(to, from.bytes.data(), n * size);
}

std::string to_lines(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += name + "\n";
    return text;
}

std::vector<std::string> from_lines(std::string_view text) {
    std::vector<std::string> names;
    for (std::size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1))
        names.emplace_back(text.substr(0, end));
    return names;
}

namespace {

constexpr std::size_t lanes = 8; // bytes taken at once, each with a table of its own

constexpr auto crc_tables = [] {
    std::array<std::array<std::uint32_t, 256>, lanes> tables{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit)
            c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
        tables[0][i] = c;
    }
    for (std::size_t lane = 1; lane < lanes; ++lane)
        for (std::size_t i = 0; i < 256; ++i) {
            const std::uint32_t c = tables[lane - 1][i];
            tables[lane][i] = tables[0][c & 255] ^ (c >> 8);
        }
    return tables;
}();

} // namespace

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before) {
    std::uint32_t c = ~before;
    std::size_t i = 0;
    for (; i + lanes <= bytes.size(); i += lanes) {
        std::uint32_t next = 0;
        for (std::size_t k = 0; k < lanes; ++k) {
            const std::uint32_t with = k < 4 ? c >> (8 * k) : 0;
            next ^= crc_tables[lanes - 1 - k][(static_cast<std::uint32_t>(bytes[i + k]) ^ with) & 255];
        }
        c = next;
    }
    for (; i < bytes.size(); ++i)
        c = crc_tables[0][(c ^ static_cast<std::uint32_t>(bytes[i])) & 255] ^ (c >> 8);
    return ~c;
}

std::span<const std::byte> Cursor::take(std::size_t n) {
    if (n > left())
        throw Error(fmt::format("{} ends after {} bytes, where {} more are needed", what_, bytes_.size(), n - left()));
    at_ += n;
    return bytes_.subspan(at_ - n, n);
}

std::string_view Cursor::text(std::size_t n) {
    const auto bytes = take(n);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint64_t Cursor::number(std::size_t n) {
    std::uint64_t value = 0;
    const auto bytes = take(n);
    for (std::size_t i = n; i-- > 0;)
        value = value << 8 | static_cast<std::uint64_t>(bytes[i]);
    return value;
}

} // namespace xgrad::models
