#include "bytes.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <zlib.h>

#include "dataset.hpp"

namespace examples {

namespace {

struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
};

} // namespace

Bytes read_bytes(const std::filesystem::path& path, std::size_t limit) {
    std::error_code unknown;
    if (std::filesystem::is_directory(path, unknown)) throw DataError(path.string(), "a file", "a directory");

    errno = 0;
    const std::unique_ptr<gzFile_s, Close> file(gzopen(path.c_str(), "rb"));
    if (!file) {
        const int reason = errno;
        throw DataError(path.string(), "a readable file",
                        reason == ENOENT ? "no such file" : std::generic_category().message(reason));
    }
    gzbuffer(file.get(), 1u << 17);

    // gzread hands out the bytes of a file that is not gzipped as they are.
    Bytes content;
    std::size_t size = 0;
    while (size < limit) {
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

} // namespace examples
