#pragma once
// What the fuzz targets have in common. A loader is given any bytes at all; it may throw an error that tells the user what is
// wrong, and nothing else.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace fuzz {

using Input = std::span<const std::uint8_t>;

inline std::string_view text(Input bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Ends the process where what must hold does not, so that libFuzzer keeps the input.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// A file with any content, for loaders that take a path. It is the same one for all inputs, and gone when the process ends.
class File {
  public:
    explicit File(const char* ending = "")
        : path_(std::filesystem::temp_directory_path() / ("xgrad-fuzz-" + std::to_string(++count()) + "-" +
                                                          std::to_string(::getpid()) + ending)) {}
    ~File() { std::remove(path_.c_str()); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    const std::filesystem::path& with(Input content) const {
        std::remove(path_.c_str()); // some file systems make a process wait that replaces what a file holds
        std::FILE* file = std::fopen(path_.c_str(), "wb");
        const bool good = file && std::fwrite(content.data(), 1, content.size(), file) == content.size();
        require(file && std::fclose(file) == 0 && good, "the content can be written to a temporary file");
        return path_;
    }

  private:
    static int& count() {
        static int files = 0;
        return files;
    }
    std::filesystem::path path_;
};

/// The pieces between the separators; at least one.
inline std::vector<Input> split(Input bytes, std::string_view separator) {
    std::vector<Input> pieces;
    for (;;) {
        const std::size_t end = text(bytes).find(separator);
        if (end == std::string_view::npos) {
            pieces.push_back(bytes);
            return pieces;
        }
        pieces.push_back(bytes.first(end));
        bytes = bytes.subspan(end + separator.size());
    }
}

} // namespace fuzz
