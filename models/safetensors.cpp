// .safetensors: the length of a JSON header, the header, and the elements of all arrays one after the other.
// https://github.com/huggingface/safetensors#format

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/base/json_text.hpp>
#include <xgrad/models/json.hpp>
#include <xgrad/models/stored_arrays.hpp>

namespace xgrad::models {
namespace {

using xgrad::detail::json_string;

constexpr const char* dtypes[dtype_count] = {"F32", "F64", "I64", "U8"};
constexpr std::size_t longest_header = 100'000'000; // the format's own limit
constexpr const char *metadata_key = "__metadata__", *slots_key = "xgrad.slots", *training_key = "xgrad.training",
                     *checksum_key = "xgrad.crc32";

/// In quotes, with the bytes that are not ASCII as numbers.
std::string escaped(std::string_view name) {
    std::string text;
    for (const char c : name)
        text += c >= ' ' && c <= '~' ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    return '"' + text + '"';
}

StorageFormat::Pieces write_safetensors(const StoredArrays& stored) {
    // The wider elements first, so that all of them lie at multiples of their size.
    std::vector<const StoredArray*> arrays;
    for (const StoredArray& array : stored.arrays)
        arrays.push_back(&array);
    std::stable_sort(arrays.begin(), arrays.end(), [](const StoredArray* a, const StoredArray* b) {
        return size_of(a->type.dtype) > size_of(b->type.dtype);
    });
    std::uint32_t checksum = 0;
    std::size_t offset = 0;
    std::string entries;
    for (const StoredArray* array : arrays) {
        if (!is_utf8(array->name))
            throw Error(
                fmt::format("the name {} is not UTF-8, and those in a .safetensors file are; rename it, or save "
                            "to a .npz file",
                            escaped(array->name)));
        std::string extents;
        for (const std::size_t extent : array->type.shape)
            extents += fmt::format("{}{}", extents.empty() ? "" : ",", extent);
        entries += fmt::format(",{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                               json_string(array->name), dtypes[static_cast<std::size_t>(array->type.dtype)], extents,
                               offset, offset + array->bytes.size());
        offset += array->bytes.size();
        checksum = crc32(array->bytes, checksum);
    }
    std::string header = fmt::format("{{\"{}\":{{\"{}\":\"{:08x}\",\"{}\":{},\"{}\":{}}}{}}}", metadata_key,
                                     checksum_key, checksum, slots_key, json_string(to_lines(stored.slots)),
                                     training_key, json_string(to_lines(stored.training)), entries);
    header.resize((header.size() + 7) / 8 * 8, ' ');
    if (header.size() > longest_header) throw Error("the names of the arrays are too long for a .safetensors file");

    StorageFormat::Pieces result;
    std::string start;
    for (std::size_t i = 0, n = header.size(); i < 8; ++i, n >>= 8)
        start += static_cast<char>(n & 255);
    result.owned.push_back(start + header);
    result.pieces.push_back(std::as_bytes(std::span(result.owned[0])));
    for (const StoredArray* array : arrays)
        result.pieces.push_back(array->bytes);
    return result;
}

// --- Reading -------------------------------------------------------------------------------------------------------

[[noreturn]] void fail(const std::string& what) { throw Error("not a whole .safetensors file: " + what); }

/// An array's entry of the header: {"dtype":"F32","shape":[3,4],"data_offsets":[0,48]}
StoredArray read_entry(JsonReader& json, std::string name, std::span<const std::byte> data) {
    StoredArray array{.name = std::move(name), .type = {}, .bytes = {}};
    bool dtype = false, shape = false;
    std::vector<std::uint64_t> offsets;
    json.object([&](const std::string& key) {
        if (key == "dtype" && !dtype) {
            dtype = true;
            const std::string word = json.string();
            const auto known = std::find(std::begin(dtypes), std::end(dtypes), word);
            if (known == std::end(dtypes))
                array.foreign = word;
            else
                array.type.dtype = static_cast<DType>(known - std::begin(dtypes));
        } else if (key == "shape" && !shape) {
            shape = true;
            for (const std::uint64_t extent : json.numbers()) {
                if (extent > (std::uint64_t{1} << 60)) fail("an extent is too large");
                array.type.shape.append(static_cast<std::int64_t>(extent));
            }
        } else if (key == "data_offsets" && offsets.empty())
            offsets = json.numbers();
        else
            fail(fmt::format("\"{}\" has an unknown or repeated key \"{}\"", array.name, key));
    });
    if (!dtype || !shape || offsets.size() != 2)
        fail(fmt::format("\"{}\" lacks its dtype, its shape or its offsets", array.name));
    if (offsets[0] > offsets[1] || offsets[1] > data.size())
        fail(fmt::format("the elements of \"{}\" lie outside of it", array.name));
    array.bytes = data.subspan(offsets[0], offsets[1] - offsets[0]);
    if (array.foreign.empty() && array.bytes.size() != checked_bytes(array.type))
        fail(fmt::format("\"{}\" is {} {} and has {} bytes of elements, it needs {}", array.name,
                         xgrad::name(array.type.dtype), array.type.shape.str(), array.bytes.size(),
                         checked_bytes(array.type)));
    return array;
}

/// The arrays must follow each other without a gap and without sharing bytes.
void check_layout(const std::vector<StoredArray>& arrays, std::span<const std::byte> data) {
    std::vector<std::span<const std::byte>> parts;
    for (const StoredArray& array : arrays)
        parts.push_back(array.bytes);
    std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) {
        return a.data() != b.data() ? a.data() < b.data() : a.size() < b.size();
    });
    const std::byte* at = data.data();
    for (const auto& p : parts) {
        if (p.data() != at) fail("its arrays overlap or leave a gap");
        at += p.size();
    }
    if (at != data.data() + data.size()) fail("there are bytes that belong to no array");
}

StoredArrays read_safetensors(std::span<const std::byte> file) {
    if (file.size() < 8) fail("it is too short");
    Cursor c(file, "the file");
    const std::uint64_t length = c.number(8);
    if (length > longest_header || length > c.left())
        fail(fmt::format("its header says it is {} bytes long, and {} are left", length, c.left()));
    JsonReader json(c.text(length));
    const auto data = c.take(c.left());
    StoredArrays result;
    std::string checksum;
    json.object([&](const std::string& key) {
        if (key != metadata_key) {
            result.arrays.push_back(read_entry(json, key, data));
            return;
        }
        json.object([&](const std::string& word) {
            const std::string value = json.string();
            if (word == checksum_key) checksum = value;
            if (word == slots_key) result.slots = from_lines(value);
            if (word == training_key) result.training = from_lines(value);
        });
    });
    json.end();
    check_layout(result.arrays, data);
    if (!checksum.empty() && checksum != fmt::format("{:08x}", crc32(data)))
        throw Error("damaged: its elements do not match their checksum");
    return result;
}

} // namespace

const StorageFormat safetensors_format{".safetensors", write_safetensors, read_safetensors};

} // namespace xgrad::models
