#include <xgrad/models/inflate.hpp>

#include <xgrad/core/error.hpp>

#ifdef XGRAD_ZLIB

#include <algorithm>

#include <zlib.h>

namespace xgrad::models {
namespace {

struct Stream : z_stream {
    Stream() : z_stream{} {
        constexpr int raw = -MAX_WBITS;
        if (inflateInit2(this, raw) != Z_OK) throw Error("cannot be unpacked: there is no memory for it");
    }
    ~Stream() { inflateEnd(this); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
};

} // namespace

std::vector<std::byte> inflate(std::span<const std::byte> packed, std::size_t size) {
    constexpr std::size_t most = 1032,
                          always = 64; // bytes for one that is packed, of the format; and of a stream of few
    if (size / most > packed.size() + always) throw Error("cannot be unpacked: so few bytes do not hold that many");
    std::vector<std::byte> result(size);
    Stream stream;
    constexpr std::size_t chunk = 1u << 30; // zlib counts in 32 bits
    int status = Z_OK;
    for (std::size_t read = 0, written = 0; status == Z_OK;) {
        const std::size_t in = std::min(packed.size() - read, chunk), out = std::min(size - written, chunk);
        std::byte none{};
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data() + read));
        stream.next_out = reinterpret_cast<Bytef*>(out > 0 ? result.data() + written : &none);
        stream.avail_in = static_cast<uInt>(in), stream.avail_out = static_cast<uInt>(out);
        status = ::inflate(&stream, Z_NO_FLUSH);
        read += in - stream.avail_in, written += out - stream.avail_out;
        if (status == Z_STREAM_END && (read != packed.size() || written != size)) status = Z_DATA_ERROR;
    }
    if (status != Z_STREAM_END) throw Error("is damaged: it does not unpack to the bytes that it should have");
    return result;
}

} // namespace xgrad::models

#else

namespace xgrad::models {

std::vector<std::byte> inflate(std::span<const std::byte>, std::size_t) {
    throw Error("is compressed, and this xgrad was built without zlib; write the file by numpy.savez, or build xgrad "
                "where zlib is "
                "(on Debian: zlib1g-dev)");
}

} // namespace xgrad::models

#endif
