#pragma once
// The header that NumPy puts before an array's elements:
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

#include <xgrad/models/stored_arrays.hpp>

#pragma GCC visibility push(default) // for xgrad::datasets and the examples, which are not part of this library
namespace xgrad::models {

/// The header of a row-major array, padded so that the elements start at a multiple of 64 bytes.
std::string npy_header(const Type& type);

/// The array that stands in the bytes of an .npy file. They are not trusted.
StoredArray read_npy(std::span<const std::byte> bytes);

} // namespace xgrad::models
#pragma GCC visibility pop
