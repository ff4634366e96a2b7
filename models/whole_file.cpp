#include <xgrad/models/whole_file.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

namespace xgrad::models {
namespace {

[[noreturn]] void fail(const char* what, const std::string& path, Location where) {
    throw Error(fmt::format("{}: {}: {}", path, what, std::strerror(errno)), where);
}

struct Descriptor {
    int fd;
    explicit Descriptor(int fd) : fd(fd) {}
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
};

/// Removes the file beside unless it was renamed.
struct Beside {
    std::string path;
    bool renamed = false;
    ~Beside() {
        if (!renamed) ::unlink(path.c_str());
    }
};

void write_all(int fd, std::span<const std::byte> bytes, const std::string& path, Location where) {
    while (!bytes.empty()) {
        constexpr std::size_t most = 1u << 30; // Linux takes up to 2 GB at once
        const ssize_t n = ::write(fd, bytes.data(), std::min(bytes.size(), most));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail("cannot write", path, where);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
}

} // namespace

MappedFile::MappedFile(const std::string& path, Location where) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info {};
    if (file.fd < 0 || ::fstat(file.fd, &info) != 0) fail("cannot be opened", path, where);
    if (!S_ISREG(info.st_mode)) throw Error(path + ": is not a file", where);
    size_ = static_cast<std::size_t>(info.st_size);
    if (size_ == 0) return;
    void* memory = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (memory == MAP_FAILED) fail("cannot be read", path, where);
    data_ = static_cast<std::byte*>(memory);
}

MappedFile::~MappedFile() {
    if (data_) ::munmap(data_, size_);
}

void replace_file(const std::string& path, std::span<const std::span<const std::byte>> pieces, Location where) {
    Beside beside{fmt::format("{}.{}.tmp", path, ::getpid())};
    {
        const Descriptor file(::open(beside.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
        if (file.fd < 0) fail("cannot be made", beside.path, where);
        for (const auto& piece : pieces)
            write_all(file.fd, piece, beside.path, where);
        if (::fsync(file.fd) != 0) fail("cannot be synced", beside.path, where);
    }
    if (std::rename(beside.path.c_str(), path.c_str()) != 0) fail("cannot be replaced", path, where);
    beside.renamed = true;
    std::string folder = std::filesystem::path(path).parent_path().string();
    if (folder.empty()) folder = ".";
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.fd < 0 || ::fsync(directory.fd) != 0) fail("its folder cannot be synced", path, where);
}

} // namespace xgrad::models
