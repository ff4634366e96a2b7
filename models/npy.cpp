#include <xgrad/models/npy.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace xgrad::models {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr const char* descriptions[dtype_count] = {"<f4", "<f8", "<i8", "|u1"};

/// Reads the Python dictionary of the header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderReader {
  public:
    explicit HeaderReader(std::string_view text) : text_(text) {}

    StoredArray read() {
        StoredArray array;
        bool descr = false, order = false, shape = false;
        expect('{');
        while (!accept('}')) {
            const std::string_view key = string();
            expect(':');
            if (key == "descr" && !descr)
                descr = true, set_dtype(array, string());
            else if (key == "fortran_order" && !order)
                order = true, array.column_major = boolean();
            else if (key == "shape" && !shape)
                shape = true, array.type.shape = tuple();
            else
                fail();
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        if (skip() != '\0' || !descr || !order || !shape) fail();
        return array;
    }

  private:
    [[noreturn]] static void fail() { throw Error("the header of an array is not one of NumPy's .npy format"); }

    char skip() { // white space; the character after it, 0 at the end
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n'))
            ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool accept(char c) {
        if (skip() != c) return false;
        ++at_;
        return true;
    }
    void expect(char c) {
        if (!accept(c)) fail();
    }
    std::string_view string() {
        const char quote = skip();
        if (quote != '\'' && quote != '"') fail();
        const std::size_t end = text_.find(quote, at_ + 1);
        if (end == text_.npos) fail();
        const std::string_view result = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return result;
    }
    bool boolean() {
        skip();
        for (const std::string_view word : {"True", "False"})
            if (text_.substr(at_).starts_with(word)) {
                at_ += word.size();
                return word == "True";
            }
        fail();
    }
    Shape tuple() {
        Shape shape;
        expect('(');
        while (!accept(')')) {
            std::int64_t extent = 0;
            if (skip() < '0' || skip() > '9') fail();
            for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
                if (extent > (std::int64_t{1} << 58)) fail();
                extent = 10 * extent + (text_[at_] - '0');
            }
            accept('L'); // Python 2
            shape.append(extent);
            if (!accept(',')) {
                expect(')');
                break;
            }
        }
        return shape;
    }
    static void set_dtype(StoredArray& array, std::string_view description) {
        if (description == "|b1") description = "|u1"; // masks
        const auto known = std::find(std::begin(descriptions), std::end(descriptions), description);
        if (known == std::end(descriptions))
            array.foreign = description;
        else
            array.type.dtype = static_cast<DType>(known - std::begin(descriptions));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

std::string npy_header(const Type& type) {
    std::string extents;
    for (const std::size_t extent : type.shape)
        extents += fmt::format("{}{}", extents.empty() ? "" : ", ", extent);
    if (type.shape.rank() == 1) extents += ",";
    std::string dictionary = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                         descriptions[static_cast<std::size_t>(type.dtype)], extents);
    constexpr std::size_t before = 10, alignment = 64; // magic, version, length
    const std::size_t size = (before + dictionary.size() + 1 + alignment - 1) / alignment * alignment;
    dictionary.resize(size - before - 1, ' ');
    const auto length = static_cast<unsigned>(size - before);
    std::string header(magic);
    for (const unsigned byte : {1u, 0u, length & 255u, length >> 8})
        header += static_cast<char>(byte);
    return header + dictionary + '\n';
}

StoredArray read_npy(std::span<const std::byte> bytes) {
    Cursor cursor(bytes, "an array");
    if (cursor.text(magic.size()) != magic) throw Error("an array is not in NumPy's .npy format");
    const std::uint64_t version = cursor.number(1);
    cursor.number(1);
    if (version < 1 || version > 3)
        throw Error(fmt::format("an array is in version {} of the .npy format; 1 to 3 are known", version));
    const std::uint64_t length = cursor.number(version == 1 ? 2 : 4);
    StoredArray array = HeaderReader(cursor.text(length)).read();
    array.bytes = cursor.take(cursor.left());
    if (array.foreign.empty() && array.bytes.size() != checked_bytes(array.type))
        throw Error(fmt::format("an array of {} {} has {} bytes of elements, it needs {}", name(array.type.dtype),
                                array.type.shape.str(), array.bytes.size(), checked_bytes(array.type)));
    return array;
}

} // namespace xgrad::models
