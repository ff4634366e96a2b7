#pragma once

#include <filesystem>
#include <span>
#include <string>

#include <xgrad/datasets/dataset.hpp>

namespace xgrad::datasets {

/// A label, then the red, the green and the blue plane of 32 x 32.
inline constexpr std::size_t cifar10_record = 1 + 3 * 32 * 32;
/// Two labels: one of the 20 superclasses, then one of the 100 classes; then the planes.
inline constexpr std::size_t cifar100_record = 2 + 3 * 32 * 32;

/// The binary version of CIFAR-10: records without a header, the files one after the other. Throws DataError.
Dataset read_cifar10(std::span<const std::filesystem::path> files, std::string name = "");

enum class Cifar100Labels { fine, coarse }; // of 100 classes, or of the 20 superclasses that hold five of them each

/// The binary version of CIFAR-100 (train.bin, test.bin). Throws DataError.
Dataset read_cifar100(std::span<const std::filesystem::path> files, Cifar100Labels labels = Cifar100Labels::fine,
                      std::string name = "");

} // namespace xgrad::datasets
