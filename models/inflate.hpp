#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace xgrad::models {

/// Unpacks a raw deflate stream (RFC 1951), which must give `size` bytes. Nothing is allocated for a size that so short
/// a stream cannot give. Errors say what is wrong after the name of what is unpacked. Needs zlib when xgrad is built.
std::vector<std::byte> inflate(std::span<const std::byte> packed, std::size_t size);

} // namespace xgrad::models
