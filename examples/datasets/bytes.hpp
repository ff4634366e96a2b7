#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace xgrad::datasets {

using Bytes = std::vector<std::uint8_t>;

/// The content of a file, or no more than the first `limit` bytes of it, unpacked if it is gzipped, which its first
/// bytes tell. Throws DataError.
Bytes read_bytes(const std::filesystem::path& file, std::size_t limit = SIZE_MAX);

} // namespace xgrad::datasets
