#include "cifar.hpp"

#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bytes.hpp"

namespace examples {

Dataset read_cifar10(std::span<const std::filesystem::path> files, std::string name) {
    Bytes records;
    for (const std::filesystem::path& file : files) {
        const Bytes content = read_bytes(file);
        if (content.empty() || content.size() % cifar_record != 0)
            throw DataError(file.string(), fmt::format("CIFAR-10 records of {} bytes", cifar_record),
                            content.empty()
                                ? std::string("an empty file")
                                : fmt::format("{} bytes ({} records and {} bytes)", content.size(),
                                              content.size() / cifar_record, content.size() % cifar_record));
        for (std::size_t i = 0; i < content.size(); i += cifar_record)
            if (content[i] > 9)
                throw DataError(fmt::format("{}, record {}", file.string(), i / cifar_record), "a label from 0 to 9",
                                fmt::format("{}", content[i]));
        records.insert(records.end(), content.begin(), content.end());
    }

    Dataset data(name.empty() && !files.empty() ? files.front().string() : std::move(name),
                 records.size() / cifar_record, cifar_record - 1);
    data.classes = 10;
    data.class_names = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
    data.image = {32, 32, 3};
    const std::span<const std::uint8_t> bytes(records);
    for (std::size_t i = 0; i < data.size(); ++i) {
        data.labels.data()[i] = bytes[i * cifar_record];
        scale_pixels(bytes.subspan(i * cifar_record + 1, data.width()), data.row(i));
    }
    return data;
}

} // namespace examples
