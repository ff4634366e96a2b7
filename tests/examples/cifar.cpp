#include <xgrad/datasets/cifar.hpp>

#include <boost/test/unit_test.hpp>

#include "files.hpp"
#include <xgrad/datasets/load.hpp>

using namespace xgrad::datasets;
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
    BOOST_TEST((data.examples.feature_type() == xgrad::Type{xgrad::DType::uint8, {3, 32, 32}}));
    BOOST_TEST(data.label(1) == 9u);
    BOOST_TEST(data.label(4) == 2u);
    const auto pixel = [&](std::size_t i, std::size_t j) { return int{data.examples.row<std::uint8_t>(i)[j]}; };
    BOOST_TEST(pixel(1, 0) == 1);    // red
    BOOST_TEST(pixel(1, 1024) == 2); // green
    BOOST_TEST(pixel(4, 3071) == 4); // blue of the last record
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
    BOOST_TEST(error_of(folder, [&] { read_cifar10(Paths{}, "none"); }) == "none: expected at least one file, found none");
    BOOST_TEST(error(folder.write("label.bin", cifar_records({1, 10}))) ==
               "label.bin, record 1: expected a label from 0 to 9, found 10");
}

BOOST_AUTO_TEST_CASE(of_100_classes_have_two_labels) {
    const Folder folder;
    const Paths files{folder.write("train.bin", cifar100_records({{0, 4}, {19, 99}, {4, 0}}))};
    const Dataset fine = read_cifar100(files), coarse = read_cifar100(files, Cifar100Labels::coarse, "coarse");
    BOOST_TEST(fine.classes == 100u);
    BOOST_TEST(fine.label(0) == 4u);
    BOOST_TEST(fine.label(1) == 99u);
    BOOST_TEST(fine.class_name(4) == "beaver");
    BOOST_TEST(fine.class_name(99) == "worm");
    BOOST_TEST(coarse.name == "coarse");
    BOOST_TEST(coarse.classes == 20u);
    BOOST_TEST(coarse.label(2) == 4u);
    BOOST_TEST(coarse.class_name(0) == "aquatic_mammals");
    BOOST_TEST(coarse.class_name(19) == "vehicles_2");
    BOOST_TEST(int{fine.examples.row<std::uint8_t>(2)[0]} == 2); // the labels are not among the pixels
    BOOST_TEST(int{fine.examples.row<std::uint8_t>(2)[3071]} == 4);

    const auto error = [&](const std::filesystem::path& file) {
        return error_of(folder, [&] { read_cifar100(Paths{file}); });
    };
    BOOST_TEST(error(folder.write("fine.bin", cifar100_records({{1, 2}, {3, 100}}))) == "fine.bin, record 1: expected a fine label from 0 to 99, found 100");
    BOOST_TEST(error(folder.write("coarse.bin", cifar100_records({{20, 2}}))) == "coarse.bin, record 0: expected a coarse label from 0 to 19, found 20");
    BOOST_TEST(error(folder.write("ten.bin", cifar_records({1, 2}))) ==
               "ten.bin: expected CIFAR-100 records of 3074 bytes, found 6146 bytes (1 records and 3072 bytes)");
    BOOST_TEST(error(folder.write("empty.bin", "")) == "empty.bin: expected CIFAR-100 records of 3074 bytes, found an empty file");
}

BOOST_AUTO_TEST_CASE(reads_the_real_files) {
    const std::filesystem::path folder = real_data();
    if (folder.empty()) return;
    const Datasets data = load_data("cifar10");
    BOOST_TEST(data.train.size() >= 10000u);
    BOOST_TEST(data.test.size() >= 4000u);
    BOOST_TEST(data.train.width() == 3072u);
    const std::size_t first_labels[] = {6, 9, 9, 4, 1, 1, 2, 7, 8, 3}; // of data_batch_1
    for (std::size_t i = 0; i < 10; ++i)
        BOOST_TEST(data.train.label(i) == first_labels[i]);
}

BOOST_AUTO_TEST_SUITE_END()
