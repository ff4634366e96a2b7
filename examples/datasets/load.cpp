#include <xgrad/datasets/load.hpp>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <xgrad/datasets/bytes.hpp>
#include <xgrad/datasets/cifar.hpp>
#include <xgrad/datasets/csv.hpp>
#include <xgrad/datasets/digits.hpp>
#include <xgrad/datasets/idx.hpp>
#include <xgrad/datasets/npy.hpp>

namespace xgrad::datasets {

namespace {

namespace fs = std::filesystem;
using Paths = std::vector<fs::path>;

Datasets load_tables(const Paths& train, const Paths& test, const std::string& name) {
    Datasets both = test.empty() ? split(read_csv(train, name)) : pair(read_csv(train, name), read_csv(test, name));
    standardise(both);
    return both;
}

/// The files of a folder that are called begin...end, in order.
Paths files_like(const fs::path& folder, std::string_view begin, std::string_view end) {
    Paths found;
    std::error_code unreadable;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, unreadable)) {
        const std::string file = entry.path().filename().string();
        const bool fits = file.size() >= begin.size() + end.size() && file.starts_with(begin) && file.ends_with(end);
        if (fits && entry.is_regular_file()) found.push_back(entry.path());
    }
    if (unreadable) throw DataError(folder.string(), "a readable folder", unreadable.message());
    std::ranges::sort(found);
    return found;
}

std::optional<Datasets> load_idx_folder(const fs::path& folder, const std::string& name) {
    const auto find = [&](std::string_view part) { return files_like(folder, part, ""); };
    const std::vector<std::string_view> parts{"train-images", "train-labels", "t10k-images", "t10k-labels"};
    if (std::ranges::all_of(parts, [&](std::string_view part) { return find(part).empty(); })) return std::nullopt;
    const auto file = [&](std::string_view part) {
        const Paths found = find(part);
        if (found.empty()) throw DataError(folder.string(), fmt::format("a file {}*", part), "none");
        return found.front();
    };
    return pair(read_idx(file(parts[0]), file(parts[1]), name), read_idx(file(parts[2]), file(parts[3]), name));
}

/// No file of one of the two formats has a length that the other could have too, short of 9 million bytes.
bool is_cifar100(std::size_t bytes) { return bytes % cifar100_record == 0; }

Dataset read_cifar100_files(std::span<const fs::path> files, std::string name) {
    return read_cifar100(files, Cifar100Labels::fine, std::move(name));
}

std::optional<Datasets> load_cifar_folder(const fs::path& folder, const std::string& name) {
    const auto binaries = [&](std::string_view part) { return files_like(folder, part, ".bin"); };
    Paths train = binaries("data_batch_");
    if (train.empty()) train = binaries("train");
    const Paths test = binaries("test");
    if (train.empty() && test.empty()) return std::nullopt;
    if (train.empty()) throw DataError(folder.string(), "files data_batch_*.bin", "none");
    if (test.empty()) throw DataError(folder.string(), "a file test_batch.bin", "none");
    const auto read = is_cifar100(read_bytes(test.front()).size()) ? read_cifar100_files : read_cifar10;
    return pair(read(train, name), read(test, name));
}

std::optional<Datasets> load_table_folder(const fs::path& folder, const std::string& name) {
    const Paths tables = files_like(folder, "", ".csv");
    const Paths train = files_like(folder, "", "train.csv"), test = files_like(folder, "", "test.csv");
    if (tables.empty()) return std::nullopt;
    if (tables.size() == 2 && train.size() == 1 && test.size() == 1) return load_tables(train, test, name);
    if (tables.size() > 1)
        throw DataError(
            folder.string(), "the tables of one data set",
            fmt::format("{} tables; name one of them: {}", tables.size(), (folder / tables[0].stem()).string()));
    return load_tables(tables, {}, name);
}

std::optional<Datasets> load_folder(const fs::path& folder, const std::string& name) {
    if (auto data = load_idx_folder(folder, name)) return data;
    if (auto data = load_cifar_folder(folder, name)) return data;
    if (auto data = load_table_folder(folder, name)) return data;
    // Where the archives of CIFAR-10 and CIFAR-100 were unpacked, and what may stand in for it where that is not to be
    // had.
    const std::pair<const char*, const char*> inner_folders[] = {
        {"cifar-10-batches-bin", ""},
        {"cifar-100-binary", ""},
        {"jpeg", "not CIFAR-10 itself: a part of it, decoded from the JPEG copies in the folder jpeg"},
        {"exact", "not the whole of CIFAR-10: the part in the folder exact"}};
    for (const auto& [inner, remark] : inner_folders) {
        if (!fs::is_directory(folder / inner)) continue;
        if (auto data = load_cifar_folder(folder / inner, name)) {
            data->remark = remark;
            return data;
        }
    }
    return std::nullopt;
}

std::optional<Datasets> load_table(const fs::path& stem, const std::string& name) {
    const auto with = [&](const char* end) { return fs::path(stem.string() + end); };
    if (fs::exists(with("_train.csv"))) return load_tables({with("_train.csv")}, {with("_test.csv")}, name);
    if (fs::exists(with(".csv"))) return load_tables({with(".csv")}, {}, name);
    return std::nullopt;
}

enum class Format { idx, npy, cifar10, cifar100, csv };

std::string_view format_name(Format format) {
    switch (format) {
    case Format::idx: return "idx";
    case Format::npy: return ".npy";
    case Format::cifar10: return "CIFAR-10";
    case Format::cifar100: return "CIFAR-100";
    default: return "CSV";
    }
}

Format recognise(const fs::path& file) {
    const Bytes start = read_bytes(file, 4096);
    if (idx_kind(start) != IdxKind::none) return Format::idx;
    if (is_npy(start)) return Format::npy;
    const auto is_text = [](std::uint8_t byte) { return byte >= ' ' || byte == '\t' || byte == '\n' || byte == '\r'; };
    if (!start.empty() && std::ranges::all_of(start, is_text)) return Format::csv;
    const std::size_t size = read_bytes(file).size();
    if (size > 0 && size % cifar10_record == 0) return Format::cifar10;
    if (size > 0 && is_cifar100(size)) return Format::cifar100;
    const std::span<const std::uint8_t> first(start.data(), std::min<std::size_t>(start.size(), 4));
    throw DataError(file.string(),
                    fmt::format("idx (magic 0x00000803 or 0x00000801), .npy, CIFAR-10 (records of {} bytes), CIFAR-100 "
                                "(of {}) or CSV (text)",
                                cifar10_record, cifar100_record),
                    size == 0 ? std::string("an empty file")
                              : fmt::format("{} bytes that begin with {:02x}", size, fmt::join(first, " ")));
}

Format common_format(const Paths& files) {
    const Format format = recognise(files.front());
    for (const fs::path& file : files)
        if (const Format other = recognise(file); other != format)
            throw DataError(file.string(), fmt::format("{}, like {}", format_name(format), files.front().string()),
                            format_name(other));
    return format;
}

bool is_labels(Format format, const fs::path& file) {
    return format == Format::idx ? idx_kind(read_bytes(file, 4)) == IdxKind::labels : is_npy_labels(file);
}

/// Features and their labels, in files of their own.
Dataset read_two_files(Format format, const Paths& files) {
    if (files.size() != 2)
        throw DataError(files.front().string(),
                        fmt::format("two {} files, {} and labels", format_name(format),
                                    format == Format::idx ? "images" : "features"),
                        fmt::format("{} files", files.size()));
    const std::size_t labels = is_labels(format, files[0]) ? 0 : 1;
    return format == Format::idx ? read_idx(files[1 - labels], files[labels])
                                 : read_npy(files[1 - labels], files[labels]);
}

Dataset read_files(Format format, const Paths& files) {
    switch (format) {
    case Format::idx:
    case Format::npy: return read_two_files(format, files);
    case Format::cifar10: return read_cifar10(files);
    case Format::cifar100: return read_cifar100(files);
    default: return read_csv(files);
    }
}

} // namespace

Datasets load_data(const std::string& name_or_folder) {
    if (name_or_folder == "digits") return draw_digits();

    const char* root = std::getenv("XGRAD_DATA");
    Paths places{name_or_folder};
    if (root && *root) places.push_back(fs::path(root) / name_or_folder);
    for (const fs::path& place : places) {
        if (fs::is_directory(place))
            if (auto data = load_folder(place, name_or_folder)) return std::move(*data);
        if (auto data = load_table(place, name_or_folder)) return std::move(*data);
    }
    for (const fs::path& place : places)
        if (fs::is_directory(place))
            throw DataError(place.string(), "files of MNIST (idx), of CIFAR-10 or CIFAR-100 (binary) or a table (CSV)",
                            "none of them");
    throw DataError(name_or_folder, "the drawn data set \"digits\", a folder, or a data set in the folder XGRAD_DATA",
                    root && *root ? fmt::format("nothing of that name, also not in XGRAD_DATA={}", root)
                                  : "nothing of that name (XGRAD_DATA is not set)");
}

Datasets load_files(const std::vector<std::filesystem::path>& train, const std::vector<std::filesystem::path>& test) {
    if (train.empty() || test.empty()) throw DataError("load_files", "training files and test files", "none");
    Paths all = train;
    all.insert(all.end(), test.begin(), test.end());
    const Format format = common_format(all);
    if (format == Format::csv) return load_tables(train, test, train.front().string());
    Datasets both = pair(read_files(format, train), read_files(format, test));
    if (!both.train.is_images()) standardise(both);
    return both;
}

Dataset load_examples(const std::vector<std::filesystem::path>& files) {
    if (files.empty()) throw DataError("load_examples", "at least one file", "none");
    const Format format = common_format(files);
    const bool two_files = format == Format::idx || format == Format::npy;
    if (!two_files || files.size() != 1 || is_labels(format, files.front())) return read_files(format, files);
    return format == Format::idx ? read_idx_images(files.front()) : read_npy_features(files.front());
}

} // namespace xgrad::datasets
