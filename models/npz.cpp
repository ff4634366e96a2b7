// .npz: a zip archive of .npy files, written without compression, as numpy.savez does, and read with it, too.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <xgrad/models/inflate.hpp>
#include <xgrad/models/json.hpp>
#include <xgrad/models/npy.hpp>

namespace xgrad::models {
namespace {

constexpr std::string_view suffix = ".npy";
// Arrays of the characters of names, one in each line: of slots, and of what else belongs to the training.
constexpr const char *slot_list = "__slots__", *training_list = "__training__";
constexpr std::uint64_t max32 = 0xFFFFFFFF, max16 = 0xFFFF;
constexpr std::uint64_t local_mark = 0x04034b50, central_mark = 0x02014b50, end_mark = 0x06054b50,
                        end64_mark = 0x06064b50, locator_mark = 0x07064b50;
constexpr std::uint64_t stored_method = 0, deflate_method = 8;
constexpr std::uint64_t utf8 = 0x800, first_of_1980 = 0x21, plain_version = 20, zip64_version = 45;

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
    for (; bytes-- > 0; value >>= 8)
        out += static_cast<char>(value & 255);
}

std::span<const std::byte> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// A member of the archive.
struct Entry {
    std::string name;
    std::uint64_t crc = 0, size = 0, offset = 0;
    std::uint64_t flags = 0, method = 0, compressed = 0;
};

/// Sizes and offsets that 32 bits cannot hold stand in an extra field of 64-bit numbers.
std::string header(const Entry& e, bool central) {
    std::string extra;
    const bool large = e.size >= max32, far = central && e.offset >= max32;
    if (large) put(extra, e.size, 8), put(extra, e.size, 8);
    if (far) put(extra, e.offset, 8);
    if (!extra.empty()) {
        std::string head;
        put(head, 1, 2), put(head, extra.size(), 2);
        extra = head + extra;
    }
    const std::uint64_t version = extra.empty() ? plain_version : zip64_version;
    std::string out;
    put(out, central ? central_mark : local_mark, 4);
    if (central) put(out, version, 2);
    put(out, version, 2), put(out, e.flags, 2), put(out, 0, 2), put(out, 0, 2), put(out, first_of_1980, 2);
    put(out, e.crc, 4), put(out, large ? max32 : e.size, 4), put(out, large ? max32 : e.size, 4);
    put(out, e.name.size(), 2), put(out, extra.size(), 2);
    if (central) put(out, 0, 2), put(out, 0, 2), put(out, 0, 2), put(out, 0, 4), put(out, far ? max32 : e.offset, 4);
    return out + e.name + extra;
}

std::string end_of_archive(std::uint64_t entries, std::uint64_t offset, std::uint64_t size) {
    std::string out;
    if (entries >= max16 || offset >= max32 || size >= max32) {
        put(out, end64_mark, 4), put(out, 44, 8), put(out, zip64_version, 2), put(out, zip64_version, 2),
            put(out, 0, 8);
        put(out, entries, 8), put(out, entries, 8), put(out, size, 8), put(out, offset, 8);
        put(out, locator_mark, 4), put(out, 0, 4), put(out, offset + size, 8), put(out, 1, 4);
    }
    put(out, end_mark, 4), put(out, 0, 4);
    for (int i = 0; i < 2; ++i)
        put(out, std::min(entries, max16), 2);
    put(out, std::min(size, max32), 4), put(out, std::min(offset, max32), 4), put(out, 0, 2);
    return out;
}

StorageFormat::Pieces write_npz(const StoredArrays& stored) {
    StorageFormat::Pieces result;
    std::vector<StoredArray> arrays = stored.arrays;
    result.owned.reserve(arrays.size() + 5); // the pieces point into them
    for (const auto& [list, names] : {std::pair(slot_list, &stored.slots), {training_list, &stored.training}}) {
        if (names->empty()) continue;
        const std::string& text = result.owned.emplace_back(to_lines(*names));
        arrays.push_back({.name = list, .type = {DType::uint8, Shape(text.size())}, .bytes = as_bytes(text)});
    }
    auto append = [&](std::string text) {
        result.pieces.push_back(as_bytes(result.owned.emplace_back(std::move(text))));
        return result.pieces.back().size();
    };
    std::uint64_t offset = 0;
    std::string central;
    for (const StoredArray& array : arrays) {
        const std::string npy = npy_header(array.type);
        const Entry entry{.name = array.name + std::string(suffix),
                          .crc = crc32(array.bytes, crc32(as_bytes(npy))),
                          .size = npy.size() + array.bytes.size(),
                          .offset = offset,
                          .flags = is_utf8(array.name) ? utf8 : 0};
        if (entry.name.size() > max16)
            throw Error(fmt::format("the name \"{:.40}...\" is too long for a .npz file", array.name));
        central += header(entry, true);
        offset += append(header(entry, false) + npy) + array.bytes.size();
        result.pieces.push_back(array.bytes);
    }
    const std::string end = end_of_archive(arrays.size(), offset, central.size());
    append(central + end);
    return result;
}

// --- Reading -------------------------------------------------------------------------------------------------------

[[noreturn]] void fail(const char* what) { throw Error(fmt::format("not a whole .npz file: {}", what)); }

std::span<const std::byte> part(std::span<const std::byte> file, std::uint64_t offset, std::uint64_t size,
                                const char* what) {
    if (offset > file.size() || size > file.size() - offset) fail(what);
    return file.subspan(offset, size);
}

struct Directory {
    std::uint64_t entries = 0, size = 0, offset = 0;
};

Directory find_directory(std::span<const std::byte> file) {
    constexpr std::size_t end_size = 22, locator_size = 20, end64_size = 56;
    if (file.size() < end_size) fail("it is too short");
    std::size_t end = file.size() - end_size;
    const std::size_t lowest = end > max16 ? end - max16 : 0;
    auto is_end = [&](std::size_t at) { // its comment must reach to the end of the file
        Cursor c(file.subspan(at), "the archive");
        if (c.number(4) != end_mark) return false;
        c.take(16);
        return c.number(2) == c.left();
    };
    while (!is_end(end)) {
        if (end == lowest) fail("its end is missing; has it been cut off?");
        --end;
    }
    Cursor c(file.subspan(end + 4), "the archive");
    if (c.number(4) != 0) fail("it is one of several parts");
    Directory d;
    const std::uint64_t here = c.number(2);
    d.entries = c.number(2), d.size = c.number(4), d.offset = c.number(4);
    if (here != d.entries) fail("it is one of several parts");
    std::uint64_t directory_end = end;
    if (d.entries == max16 || d.size == max32 || d.offset == max32) {
        if (end < locator_size) fail("its 64-bit directory is missing");
        Cursor locator(file.subspan(end - locator_size), "the archive");
        if (locator.number(4) == locator_mark) {
            locator.number(4);
            directory_end = locator.number(8);
            Cursor e(part(file, directory_end, end64_size, "its 64-bit directory is missing"), "the archive");
            if (e.number(4) != end64_mark) fail("its 64-bit directory is missing");
            e.take(20);
            if (e.number(8) != (d.entries = e.number(8))) fail("it is one of several parts");
            d.size = e.number(8), d.offset = e.number(8);
        }
    }
    if (d.offset > directory_end || d.size > directory_end - d.offset) fail("its directory lies outside of it");
    return d;
}

/// Puts the 64-bit numbers of an extra field in the place of those that were too large for 32.
void read_extra(std::span<const std::byte> extra, std::initializer_list<std::uint64_t*> numbers) {
    Cursor c(extra, "an extra field");
    while (c.left() >= 4) {
        const std::uint64_t id = c.number(2), size = c.number(2);
        Cursor field(c.take(size), "an extra field");
        if (id != 1) continue;
        for (std::uint64_t* number : numbers)
            if (*number == max32) *number = field.number(8);
        return;
    }
}

Entry read_entry(Cursor& c) {
    Entry e;
    if (c.number(4) != central_mark) fail("its directory is damaged");
    c.take(4);
    e.flags = c.number(2), e.method = c.number(2);
    c.take(4);
    e.crc = c.number(4), e.compressed = c.number(4), e.size = c.number(4);
    const std::uint64_t name = c.number(2), extra = c.number(2), comment = c.number(2);
    c.take(8);
    e.offset = c.number(4);
    e.name = c.text(name);
    read_extra(c.take(extra), {&e.size, &e.compressed, &e.offset});
    c.take(comment);
    return e;
}

/// The bytes of a member, in the file, or unpacked into `unpacked`.
std::span<const std::byte> content(std::span<const std::byte> file, const Entry& e,
                                   std::deque<std::vector<std::byte>>& unpacked) {
    if (e.method != stored_method && e.method != deflate_method)
        throw Error(
            fmt::format("\"{}\" is compressed by method {}; those of numpy.savez and numpy.savez_compressed are read",
                        e.name, e.method));
    if (e.flags & 1) throw Error(fmt::format("\"{}\" is encrypted", e.name));
    if (e.method == stored_method && e.compressed != e.size) fail("the sizes of an array disagree");
    constexpr std::size_t fixed = 30;
    Cursor c(part(file, e.offset, fixed, "an array lies outside of it"), "the archive");
    if (c.number(4) != local_mark) fail("the header of an array is damaged");
    c.take(2);
    const std::uint64_t flags = c.number(2), method = c.number(2);
    if (flags != e.flags || method != e.method) fail("two headers of an array disagree");
    c.take(16);
    const std::uint64_t name = c.number(2), extra = c.number(2);
    Cursor after(part(file, e.offset + fixed, name + extra, "an array lies outside of it"), "the archive");
    if (after.text(name) != e.name) fail("two headers of an array disagree");
    auto bytes = part(file, e.offset + fixed + name + extra, e.compressed, "an array lies outside of it");
    if (e.method == deflate_method) try {
            bytes = unpacked.emplace_back(inflate(bytes, e.size));
        } catch (const Error& error) { throw Error(fmt::format("\"{}\" {}", e.name, error.message())); }
    if (crc32(bytes) != e.crc)
        throw Error(fmt::format("damaged: the elements of \"{}\" do not match their checksum", e.name));
    return bytes;
}

StoredArrays read_npz(std::span<const std::byte> file) {
    const Directory d = find_directory(file);
    Cursor c(file.subspan(d.offset, d.size), "its directory");
    StoredArrays result;
    std::set<std::string> names;
    std::uint64_t bytes = 0;
    for (std::uint64_t i = 0; i < d.entries; ++i) {
        const Entry e = read_entry(c);
        if (!std::string_view(e.name).ends_with(suffix))
            throw Error(fmt::format("\"{}\" in it is not an array", e.name));
        // Each array is looked through, which must not take longer than the file is.
        if (!names.insert(e.name).second) throw Error(fmt::format("\"{}\" is in it twice", e.name));
        if (e.compressed > file.size() - bytes) fail("its arrays overlap");
        bytes += e.compressed;
        StoredArray array = read_npy(content(file, e, result.unpacked));
        array.name = e.name.substr(0, e.name.size() - suffix.size());
        if (array.name != slot_list && array.name != training_list) {
            result.arrays.push_back(std::move(array));
            continue;
        }
        Cursor text(array.bytes, "a list of names");
        (array.name == slot_list ? result.slots : result.training) = from_lines(text.text(text.left()));
    }
    if (c.left() != 0) fail("its directory is damaged");
    return result;
}

} // namespace

const StorageFormat npz_format{".npz", write_npz, read_npz};

} // namespace xgrad::models
