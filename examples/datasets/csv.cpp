#include <xgrad/datasets/csv.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <xgrad/datasets/bytes.hpp>
#include <xgrad/models/data/standardize.hpp>

namespace xgrad::datasets {

namespace {

/// The next piece up to `separator`, which is cut off `text`.
std::string_view next(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return piece;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const std::size_t first = text.find_first_not_of(blank);
    return first == text.npos ? "" : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::vector<std::string_view> fields(std::string_view line) {
    std::vector<std::string_view> found(1 + static_cast<std::size_t>(std::ranges::count(line, ',')));
    for (std::string_view& field : found)
        field = trim(next(line, ','));
    return found;
}

template <class T>
std::optional<T> number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

/// Long text would hide the rest of the message.
std::string quoted(std::string_view text) {
    return text.size() > 40 ? fmt::format("\"{}...\"", text.substr(0, 40)) : fmt::format("\"{}\"", text);
}

struct Table {
    std::size_t columns = 0; // with the label
    std::vector<float> features;
    std::vector<std::int64_t> labels;
};

constexpr std::string_view move_labels = " (if the labels are in the first column, move them to the last)";

bool is_label(double number) {
    return number >= 0 && number <= static_cast<double>(largest_label) && number == std::floor(number);
}

/// Whether the first column could be the labels.
bool begins_with_labels(const Table& table) {
    for (std::size_t i = 0; i < table.features.size(); i += table.columns - 1)
        if (!is_label(table.features[i])) return false;
    return true;
}

void append_line(Table& table, const std::vector<std::string_view>& line, const std::string& where) {
    if (table.columns == 0) table.columns = line.size();
    if (line.size() < 2) throw DataError(where, "features and a label between commas", "1 column");
    if (line.size() != table.columns)
        throw DataError(where, fmt::format("{} columns, as in the lines before", table.columns),
                        fmt::format("{}", line.size()));

    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        const std::optional<float> value = number<float>(line[i]);
        if (!value) throw DataError(fmt::format("{}, column {}", where, i + 1), "a number", quoted(line[i]));
        table.features.push_back(*value);
    }
    const std::optional<double> label = number<double>(line.back()); // some programs write 3.0
    if (!label || !is_label(*label))
        throw DataError(fmt::format("{}, column {}", where, line.size()),
                        fmt::format("a label (a whole number from 0 to {})", largest_label),
                        fmt::format("{}{}", quoted(line.back()), begins_with_labels(table) ? move_labels : ""));
    table.labels.push_back(static_cast<std::int64_t>(*label));
}

void append_file(Table& table, const std::filesystem::path& file) {
    const Bytes content = read_bytes(file);
    std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());

    for (std::size_t line_number = 1; !text.empty(); ++line_number) {
        const std::string_view line = next(text, '\n');
        if (trim(line).empty()) continue;
        const std::vector<std::string_view> found = fields(line);
        const auto is_number = [](std::string_view field) { return number<double>(field).has_value(); };
        if (line_number == 1 && std::ranges::none_of(found, is_number)) continue;
        append_line(table, found, fmt::format("{}, line {}", file.string(), line_number));
    }
}

} // namespace

Dataset read_csv(std::span<const std::filesystem::path> files, std::string name) {
    if (files.empty()) throw DataError(name, "at least one file", "none");
    Table table;
    for (const std::filesystem::path& file : files) {
        const std::size_t before = table.labels.size();
        append_file(table, file);
        if (table.labels.size() == before) throw DataError(file.string(), "at least one line of numbers", "none");
    }

    const std::size_t columns = table.columns - 1;
    const auto classes = 1 + static_cast<std::size_t>(*std::ranges::max_element(table.labels));
    if (classes == 1 && table.labels.size() > 1 && begins_with_labels(table))
        throw DataError(files.front().string(), "labels of at least two classes in the last column",
                        fmt::format("only class 0{}", move_labels));
    auto features = xt::xarray<float>::from_shape({table.labels.size(), columns});
    std::ranges::copy(table.features, features.data());
    return {.name = name.empty() ? files.front().string() : std::move(name),
            .examples = {std::move(features), std::move(table.labels)},
            .classes = classes};
}

void standardise(Datasets& both) {
    const auto fitted = data::Standardize::fit(both.train.examples, {.clip = 5});
    for (Dataset* set : {&both.train, &both.test}) {
        auto table = xt::xarray<float>::from_shape({set->size(), set->width()});
        for (std::size_t i = 0; i < set->size(); ++i)
            std::ranges::copy(set->examples.row<float>(i), table.data() + i * set->width());
        set->examples = {fitted.apply(table), set->examples.labels()};
    }
}

} // namespace xgrad::datasets
