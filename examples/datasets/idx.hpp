#pragma once

#include <filesystem>
#include <string>

#include <xgrad/datasets/bytes.hpp>
#include <xgrad/datasets/dataset.hpp>

namespace xgrad::datasets {

/// The format of MNIST and Fashion-MNIST, gzipped or not: a big-endian header (0x00000803, count, rows, columns for
/// images, 0x00000801, count for labels), then one byte for each pixel or label. Throws
/// DataError.
Dataset read_idx(const std::filesystem::path& images, const std::filesystem::path& labels, std::string name = "");

/// The images alone: examples without targets, of 0 classes. Throws DataError.
Dataset read_idx_images(const std::filesystem::path& images, std::string name = "");

enum class IdxKind { none, images, labels };

/// What the first four bytes say.
IdxKind idx_kind(const Bytes& content);

} // namespace xgrad::datasets
