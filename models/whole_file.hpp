#pragma once
// Files read and replaced as a whole.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <xgrad/core/error.hpp>

#pragma GCC visibility push(default) // for xgrad::datasets and the examples, which are not part of this library
namespace xgrad::models {

/// The bytes of a file, mapped.
class MappedFile {
  public:
    MappedFile(const std::string& path, Location where);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    std::span<const std::byte> bytes() const { return {data_, size_}; }

  private:
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Puts a file in the place of another, or of none: written beside it, synced, renamed, and the folder synced. Whatever
/// happens on the way, the old file or the new one stands there whole. It gets the mode of the old one, and where the
/// path is a symbolic link, it is put where that leads. Several may write to one path; the last one stays. What a
/// killed process left beside it is found by remove_abandoned.
void replace_file(const std::string& path, std::span<const std::span<const std::byte>> pieces, Location where);

/// Removes what replace_file left beside this file in processes that were killed; what another one is just writing
/// stays.
void remove_abandoned(const std::string& path, Location where);

} // namespace xgrad::models
#pragma GCC visibility pop
