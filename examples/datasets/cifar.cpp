#include <xgrad/datasets/cifar.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <xgrad/datasets/bytes.hpp>
#include <xgrad/datasets/cifar_names.hpp>

namespace xgrad::datasets {

namespace {

struct Label {
    const char* name; // in errors
    std::vector<std::string> classes;
};

/// How the records of a format look: so many labels, one byte each, before the pixels.
struct Records {
    const char* format;
    std::vector<Label> labels;
    std::size_t bytes() const { return labels.size() + 3 * 32 * 32; }
};

void check(const Records& records, const std::string& file, const Bytes& content) {
    const std::size_t bytes = records.bytes();
    if (content.empty() || content.size() % bytes != 0)
        throw DataError(file, fmt::format("{} records of {} bytes", records.format, bytes),
                        content.empty() ? std::string("an empty file")
                                        : fmt::format("{} bytes ({} records and {} bytes)", content.size(),
                                                      content.size() / bytes, content.size() % bytes));
    for (std::size_t i = 0; i < content.size(); i += bytes)
        for (std::size_t k = 0; k < records.labels.size(); ++k)
            if (content[i + k] >= records.labels[k].classes.size())
                throw DataError(
                    fmt::format("{}, record {}", file, i / bytes),
                    fmt::format("a {} from 0 to {}", records.labels[k].name, records.labels[k].classes.size() - 1),
                    fmt::format("{}", content[i + k]));
}

/// The label at place `which` of each record is the one that is kept.
Dataset read(const Records& records, std::size_t which, std::span<const std::filesystem::path> files,
             std::string name) {
    if (files.empty()) throw DataError(name, "at least one file", "none");
    Bytes all;
    for (const std::filesystem::path& file : files) {
        const Bytes content = read_bytes(file);
        check(records, file.string(), content);
        all.insert(all.end(), content.begin(), content.end());
    }
    const std::size_t bytes = records.bytes(), size = all.size() / bytes;
    auto images = xt::xarray<std::uint8_t>::from_shape({size, 3, 32, 32});
    std::vector<std::int64_t> labels(size);
    const std::size_t width = bytes - records.labels.size();
    for (std::size_t i = 0; i < size; ++i) {
        labels[i] = all[i * bytes + which];
        std::copy_n(all.data() + i * bytes + records.labels.size(), width, images.data() + i * width);
    }
    const std::vector<std::string>& classes = records.labels[which].classes;
    return {.name = name.empty() ? files.front().string() : std::move(name),
            .examples = {std::move(images), std::move(labels)},
            .classes = classes.size(),
            .class_names = classes};
}

} // namespace

Dataset read_cifar10(std::span<const std::filesystem::path> files, std::string name) {
    const Records records{"CIFAR-10", {{"label", cifar10_names()}}};
    return read(records, 0, files, std::move(name));
}

Dataset read_cifar100(std::span<const std::filesystem::path> files, Cifar100Labels labels, std::string name) {
    const Records records{"CIFAR-100", {{"coarse label", cifar100_coarse_names()}, {"fine label", cifar100_names()}}};
    return read(records, labels == Cifar100Labels::fine, files, std::move(name));
}

} // namespace xgrad::datasets
