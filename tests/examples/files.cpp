#include "files.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <boost/test/unit_test.hpp>
#include <unistd.h>
#include <zlib.h>

namespace test_files {

namespace fs = std::filesystem;

Folder::Folder() {
    std::string name = (fs::temp_directory_path() / "xgrad-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder " + name);
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

fs::path Folder::write(const std::string& file, const std::string& content) const {
    fs::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file, std::ios::binary) << content;
    return path_ / file;
}

fs::path Folder::write_gzipped(const std::string& file, const std::string& content) const {
    fs::create_directories((path_ / file).parent_path());
    const gzFile out = gzopen((path_ / file).c_str(), "wb");
    gzwrite(out, content.data(), static_cast<unsigned>(content.size()));
    gzclose(out);
    return path_ / file;
}

std::string big_endian(unsigned number) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(number >> shift);
    return bytes;
}

std::string idx_images(unsigned count) {
    std::string file = big_endian(0x00000803) + big_endian(count) + big_endian(2) + big_endian(3);
    for (unsigned i = 0; i < count; ++i)
        for (unsigned j = 0; j < 6; ++j)
            file += static_cast<char>(10 * i + j);
    return file;
}

std::string idx_labels(unsigned count) {
    std::string file = big_endian(0x00000801) + big_endian(count);
    for (unsigned i = 0; i < count; ++i)
        file += static_cast<char>(i % 3);
    return file;
}

namespace {

std::string planes(std::size_t i) {
    std::string pixels;
    for (std::size_t colour = 0; colour < 3; ++colour)
        pixels.append(1024, static_cast<char>(i + colour));
    return pixels;
}

} // namespace

std::string cifar_records(const std::vector<int>& labels) {
    std::string file;
    for (std::size_t i = 0; i < labels.size(); ++i)
        file += static_cast<char>(labels[i]) + planes(i);
    return file;
}

std::string cifar100_records(const std::vector<std::pair<int, int>>& labels) {
    std::string file;
    for (std::size_t i = 0; i < labels.size(); ++i)
        file += std::string{static_cast<char>(labels[i].first), static_cast<char>(labels[i].second)} + planes(i);
    return file;
}

void write_small_cifar(const Folder& folder) {
    std::vector<int> labels;
    for (int i = 0; i < 40; ++i)
        labels.push_back(i % 4);
    folder.write("data_batch_1.bin", cifar_records(labels));
    folder.write("test_batch.bin", cifar_records({0, 1, 2, 3}));
}

fs::path real_data() {
    const char* folder = std::getenv("XGRAD_DATA");
    if (folder && *folder) return folder;
    BOOST_TEST_MESSAGE("skipped: XGRAD_DATA is not set");
    BOOST_TEST(true); // a test without any check would be a warning
    return {};
}

} // namespace test_files
