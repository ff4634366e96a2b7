#include <xgrad/datasets/idx.hpp>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace xgrad::datasets {

namespace {

constexpr std::uint32_t image_magic = 0x00000803, label_magic = 0x00000801;

std::uint32_t big_endian(const Bytes& content, std::size_t field) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value = value << 8 | content[4 * field + i];
    return value;
}

void check_header(const std::string& where, const Bytes& content, std::uint32_t magic, std::size_t header_bytes) {
    if (content.size() < header_bytes)
        throw DataError(where, fmt::format("an idx header of {} bytes", header_bytes),
                        fmt::format("{} bytes in all", content.size()));
    if (const std::uint32_t found = big_endian(content, 0); found != magic)
        throw DataError(where,
                        fmt::format("idx magic {:#010x} ({})", magic, magic == image_magic ? "images" : "labels"),
                        fmt::format("{:#010x}", found));
}

/// The whole file, or an error if it has not the length that its header asks for. A stream that goes on and on is not
/// read to its end.
Bytes read_exactly(const std::filesystem::path& path, std::uint64_t expected, std::string_view reason) {
    constexpr std::uint64_t surplus = 1 << 20;
    Bytes content = read_bytes(path, expected + surplus);
    if (content.size() != expected)
        throw DataError(path.string(), fmt::format("{} bytes ({})", expected, reason),
                        fmt::format("{}{}", content.size(), content.size() == expected + surplus ? " or more" : ""));
    return content;
}

/// (N, 1, H, W)
xt::xarray<std::uint8_t> read_images(const std::filesystem::path& file) {
    const std::string where = file.string();
    const Bytes header = read_bytes(file, 16);
    check_header(where, header, image_magic, 16);
    const std::uint64_t count = big_endian(header, 1), height = big_endian(header, 2), width = big_endian(header, 3);
    if (height < 1 || height > 4096 || width < 1 || width > 4096) // so that the product below cannot overflow
        throw DataError(where, "images of 1 x 1 to 4096 x 4096 pixels", fmt::format("{} x {}", height, width));
    const Bytes pixels = read_exactly(file, 16 + count * height * width,
                                      fmt::format("a header of 16, and {} images of {} x {}", count, height, width));
    if (count == 0) throw DataError(where, "at least one image", "none");
    auto images = xt::xarray<std::uint8_t>::from_shape({count, 1, height, width});
    std::copy(pixels.begin() + 16, pixels.end(), images.data());
    return images;
}

} // namespace

IdxKind idx_kind(const Bytes& content) {
    if (content.size() < 4) return IdxKind::none;
    const std::uint32_t magic = big_endian(content, 0);
    return magic == image_magic ? IdxKind::images : magic == label_magic ? IdxKind::labels : IdxKind::none;
}

Dataset read_idx_images(const std::filesystem::path& images, std::string name) {
    return {.name = name.empty() ? images.string() : std::move(name), .examples = data::ArraySet(read_images(images))};
}

Dataset read_idx(const std::filesystem::path& images, const std::filesystem::path& labels, std::string name) {
    const std::string label_file = labels.string();
    auto features = read_images(images);
    const std::size_t count = features.shape()[0];

    const Bytes label_header = read_bytes(labels, 8);
    check_header(label_file, label_header, label_magic, 8);
    const std::uint64_t label_count = big_endian(label_header, 1);
    const Bytes classes = read_exactly(labels, 8 + label_count,
                                       fmt::format("a header of 8, and {} labels", label_count));
    if (label_count != count)
        throw DataError(label_file, fmt::format("{} labels, one for each image of {}", count, images.string()),
                        fmt::format("{}", label_count));

    std::vector<std::int64_t> targets(classes.begin() + 8, classes.end());
    const std::int64_t largest = *std::ranges::max_element(targets);
    return {.name = name.empty() ? images.string() : std::move(name),
            .examples = {std::move(features), std::move(targets)},
            .classes = 1 + static_cast<std::size_t>(largest)};
}

} // namespace xgrad::datasets
