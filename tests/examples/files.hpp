#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/datasets/dataset.hpp>

namespace test_files {

/// A folder of its own for each test, which goes with all that is in it.
class Folder {
  public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::filesystem::path operator/(const std::string& file) const { return path_ / file; }
    std::string str() const { return path_.string(); }
    std::filesystem::path write(const std::string& file, const std::string& content) const;
    std::filesystem::path write_gzipped(const std::string& file, const std::string& content) const;

  private:
    std::filesystem::path path_;
};

std::string big_endian(unsigned number);

/// idx files of `count` images of 2 x 3 pixels: pixel j of image i is 10 i + j, and its label is i % 3.
std::string idx_images(unsigned count);
std::string idx_labels(unsigned count);

/// CIFAR-10 records of the given labels, and CIFAR-100 records of coarse and fine ones; each pixel of record i is i, i + 1 or i + 2, by its colour.
std::string cifar_records(const std::vector<int>& labels);
std::string cifar100_records(const std::vector<std::pair<int, int>>& labels);

/// 40 images of four classes to train with, and four to test with, as files of CIFAR-10.
void write_small_cifar(const Folder& folder);

/// The text of the DataError that `read` throws, with the folder's path cut out.
template <class Read>
std::string error_of(const Folder& folder, Read read) {
    try {
        read();
    } catch (const xgrad::datasets::DataError& error) {
        std::string text = error.what();
        for (std::size_t at; (at = text.find(folder.str() + "/")) != text.npos;)
            text.erase(at, folder.str().size() + 1);
        return text;
    }
    return "no error";
}

/// The folder with the real data sets. Where there is none, says that the test is skipped, and is empty.
std::filesystem::path real_data();

} // namespace test_files
