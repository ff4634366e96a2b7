#include <xgrad/datasets/load.hpp>

#include <cstdlib>
#include <set>

#include <boost/test/unit_test.hpp>

#include "files.hpp"

using namespace xgrad::datasets;
using namespace test_files;
using Paths = std::vector<std::filesystem::path>;

namespace {

std::string table(int rows) {
    std::string text;
    for (int i = 0; i < rows; ++i)
        text += std::to_string(i) + "," + std::to_string(i % 2) + "\n";
    return text;
}

/// XGRAD_DATA for the time of a test.
class DataFolder {
  public:
    explicit DataFolder(const std::string& folder) {
        if (const char* value = std::getenv("XGRAD_DATA")) before_ = value;
        setenv("XGRAD_DATA", folder.c_str(), 1);
    }
    ~DataFolder() { before_.empty() ? unsetenv("XGRAD_DATA") : setenv("XGRAD_DATA", before_.c_str(), 1); }

  private:
    std::string before_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(load)

BOOST_AUTO_TEST_CASE(finds_a_name_under_XGRAD_DATA) {
    const Folder folder;
    const DataFolder set(folder.str());
    folder.write("some/small_train.csv", table(4));
    folder.write("some/small_test.csv", table(2));
    folder.write("some/other.csv", table(10));
    const Datasets small = load_data("some/small");
    BOOST_TEST(small.train.name == "some/small");
    BOOST_TEST(small.train.size() == 4u);
    BOOST_TEST(small.test.size() == 2u);
    BOOST_TEST(small.remark == "");
    const Datasets other = load_data("some/other");
    BOOST_TEST(other.train.size() == 8u);
    BOOST_TEST(other.test.size() == 2u);
    BOOST_TEST(other.remark == "no test file: 2 of 10 examples, chosen at random, are held out");

    if (const std::string error = error_of(folder, [] { load_data("nothing"); }); true) BOOST_TEST(error ==
               "nothing: expected the drawn data set \"digits\", a folder, or a data set in the folder XGRAD_DATA, "
               "found nothing of that name, also not in XGRAD_DATA=" +
                   folder.str());
    if (const std::string error = error_of(folder, [] { load_data("some"); }); true) BOOST_TEST(error ==
               "some: expected the tables of one data set, found 3 tables; name one of them: some/other");
}

BOOST_AUTO_TEST_CASE(splits_a_table_always_alike) {
    const Folder folder;
    folder.write("numbers.csv", table(50));
    const Datasets data = load_data(folder / "numbers"), again = load_data(folder / "numbers");
    BOOST_TEST(data.train.size() == 40u);
    std::set<float> values;
    for (const auto& [set, same] : {std::pair(&data.train, &again.train), std::pair(&data.test, &again.test)})
        for (std::size_t i = 0; i < set->size(); ++i) {
            BOOST_TEST(set->examples.row<float>(i)[0] == same->examples.row<float>(i)[0]);
            BOOST_TEST(set->label(i) == same->label(i));
            values.insert(set->examples.row<float>(i)[0]);
        }
    BOOST_TEST(values.size() == 50u); // each in one of the two
}

BOOST_AUTO_TEST_CASE(sees_what_a_folder_holds) {
    const Folder folder;
    folder.write_gzipped("idx/train-images-idx3-ubyte.gz", idx_images(5));
    folder.write("idx/train-labels-idx1-ubyte", idx_labels(5));
    folder.write("idx/t10k-images.idx3-ubyte", idx_images(3));
    BOOST_TEST(error_of(folder, [&] { load_data(folder / "idx"); }) == "idx: expected a file t10k-labels*, found none");
    folder.write("idx/t10k-labels.idx1-ubyte", idx_labels(3));
    const Datasets images = load_data(folder / "idx");
    BOOST_TEST(images.train.size() == 5u);
    BOOST_TEST(images.test.size() == 3u);

    folder.write("cifar/data_batch_2.bin", cifar_records({2, 2, 2}));
    folder.write("cifar/data_batch_1.bin", cifar_records({1}));
    if (const std::string error = error_of(folder, [&] { load_data(folder / "cifar"); }); true) BOOST_TEST(error ==
               "cifar: expected a file test_batch.bin, found none");
    folder.write("cifar/test_batch.bin", cifar_records({7}));
    const Datasets pictures = load_data(folder / "cifar");
    BOOST_TEST(pictures.train.size() == 4u);
    BOOST_TEST(pictures.train.label(0) == 1u);
    BOOST_TEST(pictures.test.label(0) == 7u);

    folder.write("part/jpeg/data_batch_1.bin", cifar_records({1, 2}));
    folder.write("part/jpeg/test_4000.bin", cifar_records({3}));
    const Datasets part = load_data(folder / "part");
    BOOST_TEST(part.train.size() == 2u);
    BOOST_TEST(part.remark != "");

    folder.write("hundred/cifar-100-binary/train.bin", cifar100_records({{1, 2}, {3, 44}}));
    folder.write("hundred/cifar-100-binary/test.bin", cifar100_records({{1, 5}}));
    const Datasets hundred = load_data(folder / "hundred");
    BOOST_TEST(hundred.train.classes == 100u);
    BOOST_TEST(hundred.train.label(1) == 44u);
    BOOST_TEST(hundred.remark == "");

    folder.write("table/train.csv", table(4));
    folder.write("table/test.csv", table(2));
    BOOST_TEST(load_data(folder / "table").test.size() == 2u);

    folder.write("other/readme.txt", "nothing to learn from");
    if (const std::string error = error_of(folder, [&] { load_data(folder / "other"); }); true) BOOST_TEST(error ==
               "other: expected files of MNIST (idx), of CIFAR-10 or CIFAR-100 (binary) or a table (CSV), found none of them");
}

BOOST_AUTO_TEST_CASE(recognises_files_by_their_content) {
    const Folder folder;
    const auto images = folder.write_gzipped("a", idx_images(5)), labels = folder.write("b", idx_labels(5));
    const auto records = folder.write("c", cifar_records({4, 5})), numbers = folder.write("d", table(4));
    BOOST_TEST(load_files({images, labels}, {labels, images}).test.size() == 5u); // in any order
    BOOST_TEST(load_files({records, records}, {records}).train.size() == 4u);
    BOOST_TEST(load_files({numbers}, {numbers}).train.size() == 4u);
    const auto hundred = folder.write("h", cifar100_records({{4, 5}, {6, 7}, {8, 9}}));
    BOOST_TEST(load_files({hundred}, {hundred}).train.label(2) == 9u);

    const auto error = [&](const Paths& train, const Paths& test) {
        return error_of(folder, [&] { load_files(train, test); });
    };
    const std::string
        formats = "expected idx (magic 0x00000803 or 0x00000801), .npy, CIFAR-10 (records of 3073 bytes), CIFAR-100 (of 3074) or CSV (text), ";
    BOOST_TEST(error({folder.write("e", std::string("\0\1\2\xff\4", 5))}, {records}) ==
               "e: " + formats + "found 5 bytes that begin with 00 01 02 ff");
    BOOST_TEST(error({records}, {folder.write("f", "")}) == "f: " + formats + "found an empty file");
    BOOST_TEST(error({}, {records}) == "load_files: expected training files and test files, found none");
    BOOST_TEST(error({records}, {numbers}) == "d: expected CIFAR-10, like c, found CSV");
    BOOST_TEST(error({images}, {images, labels}) == "a: expected two idx files, images and labels, found 1 files");
    BOOST_TEST(error({images, images}, {images, labels}) ==
               "a: expected idx magic 0x00000801 (labels), found 0x00000803");
    BOOST_TEST(error({folder / "nothing"}, {numbers}) == "nothing: expected a readable file, found no such file");
    BOOST_TEST(error({numbers}, {folder.write("g", "1,2,0\n")}) ==
               "d: expected 1 features, as in the training data, found 2");
}

BOOST_AUTO_TEST_SUITE_END()
