#pragma once
// What tests of files need.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace test {

/// A folder of its own that goes when the test ends; in memory if there is such a place, for tests that write thousands of files.
struct Folder {
    std::filesystem::path path;
    explicit Folder(bool in_memory = false) {
        const std::filesystem::path memory = "/dev/shm";
        const bool there = in_memory && ::access(memory.c_str(), W_OK) == 0;
        std::string pattern = ((there ? memory : std::filesystem::temp_directory_path()) / "xgrad-test-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string file(const std::string& name) const { return (path / name).string(); }
};

inline std::string read_text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace test
