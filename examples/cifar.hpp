#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "dataset.hpp"

namespace examples {

/// A label, then the red, the green and the blue plane of 32 x 32.
inline constexpr std::size_t cifar_record = 1 + 3 * 32 * 32;

/// The binary version of CIFAR-10: records without a header, the files one after the other. Features are pixel / 255.
/// Throws DataError.
Dataset read_cifar10(std::span<const std::filesystem::path> files, std::string name = "");

} // namespace examples
