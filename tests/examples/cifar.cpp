#include "cifar.hpp"

#include <boost/test/unit_test.hpp>

#include "files.hpp"
#include "load.hpp"

using namespace examples;
using namespace test_files;
using Paths = std::vector<std::filesystem::path>;

BOOST_AUTO_TEST_SUITE(cifar)

BOOST_AUTO_TEST_CASE(joins_files) {
    const Folder folder;
    const Paths files{folder.write("a.bin", cifar_records({3, 9})),
                      folder.write_gzipped("b.bin.gz", cifar_records({0, 1, 2}))};
    const Dataset data = read_cifar10(files, "small");
    BOOST_TEST(data.size() == 5u);
    BOOST_TEST(data.width() == 3072u);
    BOOST_TEST(data.classes == 10u);
    BOOST_TEST(data.class_name(9) == "truck");
    BOOST_TEST(data.labels(1) == 9);
    BOOST_TEST(data.labels(4) == 2);
    BOOST_TEST(data.row(1)[0] == 1.0f / 255.0f);    // red
    BOOST_TEST(data.row(1)[1024] == 2.0f / 255.0f); // green
    BOOST_TEST(data.row(4)[3071] == 4.0f / 255.0f); // blue of the last record
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_a_file) {
    const Folder folder;
    const auto error = [&](const std::filesystem::path& file) {
        return error_of(folder, [&] { read_cifar10(Paths{file}); });
    };
    BOOST_TEST(error(folder / "nothing.bin") == "nothing.bin: expected a readable file, found no such file");
    BOOST_TEST(error(folder.write("empty.bin", "")) ==
               "empty.bin: expected CIFAR-10 records of 3073 bytes, found an empty file");
    BOOST_TEST(error(folder.write("cut.bin", cifar_records({1, 2}).substr(0, 6000))) ==
               "cut.bin: expected CIFAR-10 records of 3073 bytes, found 6000 bytes (1 records and 2927 bytes)");
    BOOST_TEST(error(folder.write("label.bin", cifar_records({1, 10}))) ==
               "label.bin, record 1: expected a label from 0 to 9, found 10");
}

BOOST_AUTO_TEST_CASE(reads_the_real_files) {
    const std::filesystem::path folder = real_data();
    if (folder.empty()) return;
    const Datasets data = load_data("cifar10");
    BOOST_TEST(data.train.size() >= 10000u);
    BOOST_TEST(data.test.size() >= 4000u);
    BOOST_TEST(data.train.width() == 3072u);
    const std::int64_t first_labels[] = {6, 9, 9, 4, 1, 1, 2, 7, 8, 3}; // of data_batch_1
    for (std::size_t i = 0; i < 10; ++i)
        BOOST_TEST(data.train.labels(i) == first_labels[i]);
}

BOOST_AUTO_TEST_SUITE_END()
