#pragma once

#include <filesystem>
#include <string>

#include <xgrad/datasets/bytes.hpp>
#include <xgrad/datasets/dataset.hpp>

namespace xgrad::datasets {

/// Two files of numpy.save: features, and their labels (N), int64 or uint8 from 0. Features of uint8 are images
/// (N, C, H, W), or (N, H, W) with one channel; all others, float32, float64 and (N, columns) of uint8, are tables and
/// become float32 (N, columns). Throws DataError, also for NaN, infinity and what is too large for float32.
Dataset read_npy(const std::filesystem::path& features, const std::filesystem::path& labels, std::string name = "");

/// The features alone: examples without targets, of 0 classes. Throws DataError.
Dataset read_npy_features(const std::filesystem::path& features, std::string name = "");

/// Whether a file that begins so is a .npy file.
bool is_npy(const Bytes& start);
/// Whether a .npy file has one axis, as labels have, and features have not. Throws DataError.
bool is_npy_labels(const std::filesystem::path& file);

} // namespace xgrad::datasets
