#include <xgrad/datasets/idx.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include <boost/test/unit_test.hpp>

#include <xgrad/datasets/cifar.hpp>
#include "files.hpp"
#include <xgrad/datasets/load.hpp>

using namespace xgrad::datasets;
using namespace test_files;

BOOST_AUTO_TEST_SUITE(idx)

BOOST_AUTO_TEST_CASE(reads_plain_and_gzipped_files_alike) {
    const Folder folder;
    const auto images = folder.write("images", idx_images(5));
    const auto labels = folder.write_gzipped("labels.gz", idx_labels(5));
    const auto packed_images = folder.write_gzipped("images.gz", idx_images(5));
    for (const auto& file : {images, packed_images}) {
        const Dataset data = read_idx(file, labels, "small");
        BOOST_TEST(data.name == "small");
        BOOST_TEST(data.size() == 5u);
        BOOST_TEST(data.width() == 6u);
        BOOST_TEST(data.classes == 3u);
        BOOST_TEST((data.examples.feature_type() == xgrad::Type{xgrad::DType::uint8, {1, 2, 3}}));
        BOOST_TEST(int{data.examples.row<std::uint8_t>(0)[0]} == 0);
        BOOST_TEST(int{data.examples.row<std::uint8_t>(4)[5]} == 45);
        BOOST_TEST(data.label(4) == 1u);
    }
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_a_file) {
    const Folder folder;
    const auto images = folder.write("images", idx_images(5)), labels = folder.write("labels", idx_labels(5));
    const auto error = [&](const std::filesystem::path& i, const std::filesystem::path& l) {
        return error_of(folder, [&] { read_idx(i, l); });
    };

    BOOST_TEST(error(folder / "nothing", labels) == "nothing: expected a readable file, found no such file");
    BOOST_TEST(error(folder / "", labels) == ": expected a file, found a directory");
    BOOST_TEST(error(folder.write("empty", ""), labels) ==
               "empty: expected an idx header of 16 bytes, found 0 bytes in all");
    BOOST_TEST(error(images, folder.write("short", "1234567")) ==
               "short: expected an idx header of 8 bytes, found 7 bytes in all");
    BOOST_TEST(error(labels, images) == "labels: expected an idx header of 16 bytes, found 13 bytes in all");
    BOOST_TEST(error(folder.write("more_labels", idx_labels(50)), labels) ==
               "more_labels: expected idx magic 0x00000803 (images), found 0x00000801");
    BOOST_TEST(error(images, images) == "images: expected idx magic 0x00000801 (labels), found 0x00000803");
    BOOST_TEST(error(folder.write("cut", idx_images(5).substr(0, 40)), labels) ==
               "cut: expected 46 bytes (a header of 16, and 5 images of 2 x 3), found 40");
    BOOST_TEST(error(folder.write("longer", idx_images(5) + "x"), labels) ==
               "longer: expected 46 bytes (a header of 16, and 5 images of 2 x 3), found 47");
    BOOST_TEST(error(images, folder.write("cut_labels", idx_labels(5).substr(0, 12))) ==
               "cut_labels: expected 13 bytes (a header of 8, and 5 labels), found 12");
    BOOST_TEST(error(images, folder.write("other_labels", idx_labels(4))) ==
               "other_labels: expected 5 labels, one for each image of images, found 4");
    BOOST_TEST(error(folder.write("none", idx_images(0)), folder.write("no_labels", idx_labels(0))) ==
               "none: expected at least one image, found none");
    BOOST_TEST(error(folder.write("huge", big_endian(0x803) + std::string(12, '\xff')), labels) ==
               "huge: expected images of 1 x 1 to 4096 x 4096 pixels, found 4294967295 x 4294967295");
}

BOOST_AUTO_TEST_CASE(does_not_unpack_more_than_it_needs) {
    const Folder folder;
    const auto images = folder.write("images", idx_images(5)), labels = folder.write("labels", idx_labels(5));
    const std::string zeros(80 << 20, '\0');
    const auto packed_images = folder.write_gzipped("images.gz", idx_images(5) + zeros);
    const auto packed_labels = folder.write_gzipped("labels.gz", idx_labels(5) + zeros);
    BOOST_TEST(error_of(folder, [&] { read_idx(packed_images, labels); }) ==
               "images.gz: expected 46 bytes (a header of 16, and 5 images of 2 x 3), found 1048622 or more");
    BOOST_TEST(error_of(folder, [&] { read_idx(images, packed_labels); }) ==
               "labels.gz: expected 13 bytes (a header of 8, and 5 labels), found 1048589 or more");
    // In other formats the length is known only at the end.
    const auto records = folder.write_gzipped("records.gz", zeros);
    const std::vector<std::filesystem::path> files{records};
    BOOST_TEST(error_of(folder, [&] {
                   read_cifar10(files);
               }).starts_with("records.gz: expected a gzip stream of data, found more than 67108864 bytes packed into "));
}

BOOST_AUTO_TEST_CASE(does_not_wait_for_a_pipe) {
    const Folder folder;
    const std::filesystem::path pipe = folder / "pipe", labels = folder.write("labels", idx_labels(5));
    BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    BOOST_TEST(error_of(folder, [&] { read_idx(pipe, labels); }) == "pipe: expected a file, found a pipe or a device");
}

BOOST_AUTO_TEST_CASE(says_that_it_may_not_read_a_file) {
    const Folder folder;
    const auto images = folder.write("images", idx_images(5)), labels = folder.write("labels", idx_labels(5));
    std::filesystem::permissions(images, std::filesystem::perms::none);
    std::filesystem::permissions(images.parent_path(), std::filesystem::perms::all);
    const bool root = ::geteuid() == 0; // who may read everything
    if (root) BOOST_REQUIRE(::seteuid(65534) == 0);
    const std::string error = error_of(folder, [&] { read_idx(images, labels); });
    if (root) BOOST_REQUIRE(::seteuid(0) == 0);
    BOOST_TEST(error == "images: expected a readable file, found Permission denied");
}

BOOST_AUTO_TEST_CASE(notices_damaged_gzip_streams) {
    const Folder folder;
    const auto labels = folder.write("labels", idx_labels(5));
    std::string content;
    for (unsigned i = 0; i < 25; ++i)
        content += idx_images(i); // enough that a cut leaves some of it
    folder.write_gzipped("whole.gz", content);
    std::ifstream file(folder / "whole.gz", std::ios::binary);
    std::string packed(std::istreambuf_iterator<char>(file), {});

    const auto cut = folder.write("cut.gz", packed.substr(0, packed.size() - 4));
    BOOST_TEST(error_of(folder, [&] {
                   read_idx(cut, labels);
               }).starts_with("cut.gz: expected a whole gzip stream, found that it ends after "));
    packed[packed.size() - 6] ^= 1; // in the checksum
    const auto damaged = folder.write("damaged.gz", packed);
    if (const std::string error = error_of(folder, [&] { read_idx(damaged, labels); }); true) BOOST_TEST(error ==
               "damaged.gz: expected a sound gzip stream, found incorrect data check");
}

BOOST_AUTO_TEST_CASE(reads_mnist_and_fashion_mnist) {
    const std::filesystem::path folder = real_data();
    if (folder.empty()) return;
    for (const char* name : {"mnist", "fashion-mnist"}) {
        const Datasets data = load_data(name);
        BOOST_TEST(data.train.size() == 60000u);
        BOOST_TEST(data.test.size() == 10000u);
        BOOST_TEST(data.train.width() == 784u);
        BOOST_TEST(data.test.classes == 10u);
        const bool digits = name == std::string("mnist");
        BOOST_TEST(data.train.label(0) == (digits ? 5u : 9u));
        BOOST_TEST(data.test.label(0) == (digits ? 7u : 9u));
        double sum = 0;
        for (std::size_t i = 0; i < data.train.size(); ++i)
            for (const std::uint8_t pixel : data.train.examples.row<std::uint8_t>(i)) sum += pixel / 255.0;
        BOOST_TEST(sum / (60000.0 * 784) == (digits ? 0.1306604762738429 : 0.2860405969887955),
                   boost::test_tools::tolerance(1e-6)); // the published means of the training images
    }
}

BOOST_AUTO_TEST_SUITE_END()
