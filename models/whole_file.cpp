#include <xgrad/models/whole_file.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>

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

/// A new file beside another, removed unless it was renamed.
struct Beside {
    std::string path;
    bool made = false;
    Beside() = default;
    Beside(const Beside&) = delete;
    Beside& operator=(const Beside&) = delete;
    ~Beside() {
        if (made) ::unlink(path.c_str());
    }
    /// Under a name that nobody has: other threads, and processes of the same id in other containers, may be writing,
    /// too.
    int open(const std::string& other, mode_t mode) {
        for (unsigned n = 0;; ++n) {
            path = fmt::format("{}.{}.{}.tmp", other, ::getpid(), n);
            const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
            made = fd >= 0;
            if (made || errno != EEXIST) return fd;
        }
    }
};

/// Whether a name is one that Beside gives beside the file of another name; and of which process.
std::optional<pid_t> writer_of(std::string_view name, std::string_view file) {
    constexpr std::string_view ending = ".tmp";
    if (!name.starts_with(file) || !name.ends_with(ending) || name.size() < file.size() + ending.size())
        return std::nullopt;
    name = name.substr(file.size(), name.size() - file.size() - ending.size()); // .process.number
    const std::size_t dot = name.rfind('.');
    if (dot == name.npos || dot < 2 || name[0] != '.') return std::nullopt;
    const std::string_view process = name.substr(1, dot - 1), number = name.substr(dot + 1);
    pid_t id = 0;
    for (const std::string_view part : {number, process}) { // the process last
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), id);
        if (error != std::errc{} || end != part.data() + part.size() || id < 0) return std::nullopt;
    }
    return id;
}

/// The file that a path leads to, there already or not, so that a symbolic link stays one.
std::string behind_links(std::filesystem::path path, Location where) {
    std::error_code error;
    for (int links = 0; std::filesystem::is_symlink(path, error); ++links) {
        constexpr int most = 40; // as in Linux
        if (links == most) throw Error(path.string() + ": too many symbolic links lead on from each other", where);
        path = path.parent_path() / std::filesystem::read_symlink(path, error);
    }
    return path.string();
}

/// Of the file that is to be replaced, if there is one.
std::optional<mode_t> mode_of(const std::string& path, Location where) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return std::nullopt;
    if (!S_ISREG(info.st_mode)) throw Error(path + ": is not a file, and only a file is replaced", where);
    return info.st_mode & 07777;
}

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
    // Without O_NONBLOCK a pipe would be waited for until somebody writes to it.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
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

void replace_file(const std::string& named, std::span<const std::span<const std::byte>> pieces, Location where) {
    const std::string path = behind_links(named, where);
    const std::optional<mode_t> mode = mode_of(path, where);
    Beside beside;
    {
        const Descriptor file(beside.open(path, mode.value_or(0666)));
        if (file.fd < 0) fail("cannot be made", beside.path, where);
        ::flock(file.fd, LOCK_EX); // while it is being written; a file system without locks has none
        for (const auto& piece : pieces)
            write_all(file.fd, piece, beside.path, where);
        if (mode && ::fchmod(file.fd, *mode) != 0) fail("cannot be given its mode", beside.path, where);
        if (::fsync(file.fd) != 0) fail("cannot be synced", beside.path, where);
        if (std::rename(beside.path.c_str(), path.c_str()) != 0) fail("cannot be replaced", path, where);
        beside.made = false;
    }
    std::string folder = std::filesystem::path(path).parent_path().string();
    if (folder.empty()) folder = ".";
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.fd < 0 || ::fsync(directory.fd) != 0) fail("its folder cannot be synced", path, where);
}

void remove_abandoned(const std::string& named, Location where) {
    const std::filesystem::path path = behind_links(named, where);
    std::error_code error;
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        const std::optional<pid_t> writer = writer_of(entry.path().filename().string(), path.filename().string());
        if (!writer || !entry.is_regular_file(error)) continue;
        if (*writer != ::getpid() && (::kill(*writer, 0) == 0 || errno == EPERM)) continue;
        // The process may be one of another container, where it has that id: it holds the lock then.
        const Descriptor file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        if (file.fd >= 0 && ::flock(file.fd, LOCK_EX | LOCK_NB) == 0) ::unlink(entry.path().c_str());
    }
}

} // namespace xgrad::models
