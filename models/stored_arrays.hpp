#pragma once
// Files that hold named arrays: what checkpoints are made of.

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <xgrad/core/error.hpp>
#include <xgrad/core/shape.hpp>

#pragma GCC visibility push(default) // for xgrad::datasets and the examples, which are not part of this library
namespace xgrad::models {

/// A dense row-major array that lies elsewhere: in a tape, or in a file's bytes.
struct StoredArray {
    std::string name;
    Type type;
    std::span<const std::byte> bytes;
    std::string foreign = {};  // the file's word for a dtype that xgrad does not have; type.dtype says nothing then
    bool column_major = false; // as Fortran, and numpy.save of such arrays, has it
};

/// Calls f(to, from) with the numbers of each element in a row-major array and in the stored one.
template <class F>
void for_each_element(const StoredArray& stored, F f) {
    const Shape& shape = stored.type.shape;
    const std::size_t n = shape.numel();
    for (std::size_t i = 0; i < n; ++i) {
        if (!stored.column_major) {
            f(i, i);
            continue;
        }
        const auto at = shape.indices_of(i);
        std::size_t source = 0;
        for (std::size_t axis = shape.rank(); axis-- > 0;)
            source = source * shape[axis] + at[axis];
        f(i, source);
    }
}

/// Copies its elements into a row-major array; those of a column-major one are put in order.
void copy_elements(const StoredArray& from, std::byte* to);

/// What a file holds. `slots` names those of the arrays that are slots, made where the reader lacks them, and
/// `training` those others that belong to the training and not to the model.
struct StoredArrays {
    std::vector<StoredArray> arrays;
    std::vector<std::string> slots, training;
    std::deque<std::vector<std::byte>> unpacked; // of arrays that are compressed in the file
};

/// Such names in one text, a line for each, and back.
std::string to_lines(const std::vector<std::string>& names);
std::vector<std::string> from_lines(std::string_view text);

/// A file format. Its errors do not name the file; who called it puts the path before them.
struct StorageFormat {
    const char* ending;
    /// The pieces of a file, to be written one after the other. Short ones are kept in `owned`.
    struct Pieces {
        std::vector<std::span<const std::byte>> pieces;
        std::vector<std::string> owned;
    };
    Pieces (*write)(const StoredArrays& arrays);
    /// The arrays point into `file`, or into what was unpacked.
    StoredArrays (*read)(std::span<const std::byte> file);
};

extern const StorageFormat npz_format, safetensors_format;

/// x y, or an error if it does not fit.
std::size_t checked_product(std::size_t x, std::size_t y);
/// The bytes of an array, or an error if they cannot be counted.
std::size_t checked_bytes(const Type& type);

/// The CRC-32 of zip, gzip and PNG; `before` goes on from an earlier part.
std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before = 0);

/// What the reader of a file walks over; every step is checked against the end.
class Cursor {
  public:
    explicit Cursor(std::span<const std::byte> bytes, const char* what) : bytes_(bytes), what_(what) {}
    std::size_t left() const { return bytes_.size() - at_; }
    std::size_t position() const { return at_; }
    std::span<const std::byte> take(std::size_t n);
    std::string_view text(std::size_t n);
    /// A little-endian number of so many bytes.
    std::uint64_t number(std::size_t n);

  private:
    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
    const char* what_;
};

} // namespace xgrad::models
#pragma GCC visibility pop
