#include <xgrad/datasets/bytes.hpp>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <zlib.h>

#include <xgrad/datasets/dataset.hpp>

namespace xgrad::datasets {

namespace {

struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
};

/// Of a gzipped file. Images and tables shrink to a tenth or so, and what shrinks to less than a hundredth is there to
/// fill up the memory; only a small file may be of zeros.
std::size_t most_unpacked(const std::filesystem::path& path) {
    constexpr std::size_t always = 64 << 20, times = 100;
    return std::max(always, times * std::filesystem::file_size(path));
}

} // namespace

Bytes read_bytes(const std::filesystem::path& path, std::size_t limit) {
    std::error_code unknown;
    const std::filesystem::file_status there = std::filesystem::status(path, unknown);
    if (is_directory(there)) throw DataError(path.string(), "a file", "a directory");
    // A pipe would be waited for, and the programs read files more than once.
    if (exists(there) && !is_regular_file(there)) throw DataError(path.string(), "a file", "a pipe or a device");

    errno = 0;
    const std::unique_ptr<gzFile_s, Close> file(gzopen(path.c_str(), "rb"));
    if (!file) {
        const int reason = errno;
        throw DataError(path.string(), "a readable file",
                        reason == ENOENT ? "no such file" : std::generic_category().message(reason));
    }
    gzbuffer(file.get(), 1u << 17);

    // gzread hands out the bytes of a file that is not gzipped as they are.
    const std::size_t most = gzdirect(file.get()) ? SIZE_MAX : most_unpacked(path);
    Bytes content;
    std::size_t size = 0;
    while (size < limit) {
        if (size > most)
            throw DataError(path.string(), "a gzip stream of data",
                            fmt::format("more than {} bytes packed into {}; unpack it if that is meant", most,
                                        std::filesystem::file_size(path)));
        if (size == content.size()) content.resize(std::min(limit, std::max<std::size_t>(2 * size, 1u << 20)));
        const auto room = static_cast<unsigned>(std::min<std::size_t>(content.size() - size, 1u << 30));
        const int got = gzread(file.get(), content.data() + size, room);
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    content.resize(size);

    int status = Z_OK;
    const char* message = gzerror(file.get(), &status);
    if (status == Z_ERRNO) throw DataError(path.string(), "a readable file", std::generic_category().message(errno));
    if (status == Z_BUF_ERROR)
        throw DataError(path.string(), "a whole gzip stream",
                        fmt::format("that it ends after {} bytes of content", size));
    if (status != Z_OK && status != Z_STREAM_END) {
        const std::string_view text(message); // "/the/path: incorrect data check"
        const std::size_t reason = text.rfind(": ");
        throw DataError(path.string(), "a sound gzip stream", reason == text.npos ? text : text.substr(reason + 2));
    }
    return content;
}

} // namespace xgrad::datasets
