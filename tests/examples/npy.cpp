#include <xgrad/datasets/npy.hpp>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xgrad/datasets/load.hpp>
#include <xgrad/models/npy.hpp>

#include "files.hpp"

using namespace xgrad::datasets;
using namespace test_files;

namespace {

/// The bytes of a .npy file.
template <class T>
std::string npy(const xgrad::Shape& shape, const std::vector<T>& elements) {
    std::string file = xgrad::models::npy_header({xgrad::dtype_of<T>(), shape});
    file.append(reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(T));
    return file;
}

std::string replaced(std::string text, const std::string& old, const std::string& by) {
    const std::size_t at = text.find(old);
    BOOST_TEST_REQUIRE(at != text.npos);
    return text.replace(at, old.size(), by);
}

using Labels = std::vector<std::int64_t>;
using Pixels = std::vector<std::uint8_t>;

} // namespace

BOOST_AUTO_TEST_SUITE(npy_files)

BOOST_AUTO_TEST_CASE(bytes_are_images) {
    const Folder folder;
    const auto labels = folder.write("labels.npy", npy<std::int64_t>({2}, {0, 3}));
    const Pixels pixels{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255};
    const Dataset grey = read_npy(folder.write("grey.npy", npy<std::uint8_t>({2, 2, 3}, pixels)), labels, "grey");
    BOOST_TEST((grey.examples.feature_type() == xgrad::Type{xgrad::DType::uint8, {1, 2, 3}}));
    BOOST_TEST(grey.name == "grey");
    BOOST_TEST(grey.classes == 4u);
    BOOST_TEST(grey.label(1) == 3u);
    BOOST_TEST(int{grey.examples.row<std::uint8_t>(1)[5]} == 255);
    const Dataset coloured = read_npy(folder.write("colour.npy", npy<std::uint8_t>({2, 3, 1, 2}, pixels)), labels);
    BOOST_TEST((coloured.examples.feature_type() == xgrad::Type{xgrad::DType::uint8, {3, 1, 2}}));
    BOOST_TEST(coloured.name == (folder / "colour.npy").string());
}

BOOST_AUTO_TEST_CASE(all_else_is_a_table) {
    const Folder folder;
    const auto labels = folder.write("labels.npy", npy<std::uint8_t>({2}, {1, 0}));
    const auto check = [&](const std::string& content) {
        const Dataset data = read_npy(folder.write("table.npy", content), labels);
        BOOST_TEST((data.examples.feature_type() == xgrad::Type{xgrad::DType::float32, {4}}));
        for (std::size_t i = 0; i < 2; ++i)
            for (std::size_t k = 0; k < 4; ++k)
                BOOST_TEST(data.examples.row<float>(i)[k] == static_cast<float>(10 * i + k));
        BOOST_TEST(data.label(0) == 1u);
    };
    check(npy<float>({2, 4}, {0, 1, 2, 3, 10, 11, 12, 13}));
    check(npy<float>({2, 2, 2}, {0, 1, 2, 3, 10, 11, 12, 13}));
    check(npy<double>({2, 4}, {0, 1, 2, 3, 10, 11, 12, 13}));
    check(npy<std::uint8_t>({2, 4}, {0, 1, 2, 3, 10, 11, 12, 13}));
    // By columns, as numpy.save has an array that was transposed.
    check(replaced(npy<double>({2, 4}, {0, 10, 1, 11, 2, 12, 3, 13}), "False,", "True, "));
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong) {
    const Folder folder;
    const auto x = folder.write("x.npy", npy<float>({2, 2}, {1, 2, 3, 4})), y = folder.write("y.npy", npy<std::int64_t>({2}, {0, 1}));
    const auto features = [&](const std::string& content) {
        const auto file = folder.write("f.npy", content);
        return error_of(folder, [&] { read_npy(file, y); });
    };
    const auto labels = [&](const std::string& content) {
        const auto file = folder.write("l.npy", content);
        return error_of(folder, [&] { read_npy(x, file); });
    };
    BOOST_TEST(features("") == "f.npy: expected a .npy file of NumPy, found an array ends after 0 bytes, where 6 more are needed");
    BOOST_TEST(features("1,2,3\n4,5,6\n") == "f.npy: expected a .npy file of NumPy, found an array is not in NumPy's .npy format");
    std::string cut = npy<float>({2, 2}, {1, 2, 3, 4});
    cut.pop_back();
    BOOST_TEST(features(cut) == "f.npy: expected a .npy file of NumPy, found an array of float32 (2, 2) has 15 bytes of elements, it needs 16");
    BOOST_TEST(features(npy<std::int64_t>({2, 1}, {1, 2})) == "f.npy: expected features of uint8, float32 or float64, found int64");
    BOOST_TEST(features(replaced(npy<float>({2, 2}, {1, 2, 3, 4}), "<f4", "<i4")) ==
               "f.npy: expected features of uint8, float32 or float64, found <i4");
    BOOST_TEST(features(npy<float>({2}, {1, 2})) == "f.npy: expected features (N, ...) of at least one example, found the shape (2,)");
    BOOST_TEST(features(npy<float>({0, 2}, {})) == "f.npy: expected features (N, ...) of at least one example, found the shape (0, 2)");
    BOOST_TEST(features(npy<std::uint8_t>({1, 1, 1, 1, 1}, {1})) == "f.npy: expected images (N, C, H, W) or (N, H, W), found the shape (1, 1, 1, 1, 1)");
    BOOST_TEST(features(npy<float>({2, 2}, {1, 2, NAN, 4})) == "f.npy: expected numbers that are finite and fit float32, found nan at (1, 0)");
    BOOST_TEST(features(npy<double>({2, 2}, {1, 1e300, 3, 4})) == "f.npy: expected numbers that are finite and fit float32, found 1e+300 at (0, 1)");
    BOOST_TEST(features(npy<float>({3, 1}, {1, 2, 3})) == "y.npy: expected 3 labels, one for each example of f.npy, found 2");
    BOOST_TEST(labels(npy<float>({2}, {1, 2})) == "l.npy: expected labels of int64 or uint8, found float32");
    BOOST_TEST(labels(npy<std::int64_t>({2, 1}, {1, 2})) == "l.npy: expected labels (N), one for each example, found the shape (2, 1)");
    BOOST_TEST(labels(npy<std::int64_t>({2}, {1, -2})) == "l.npy: expected labels from 0 to 65535, found -2 at 1");
    BOOST_TEST(labels(npy<std::int64_t>({2}, {65536, 0})) == "l.npy: expected labels from 0 to 65535, found 65536 at 0");
    BOOST_TEST(error_of(folder, [&] { read_npy(folder / "none.npy", y); }) == "none.npy: expected a readable file, found no such file");
}

BOOST_AUTO_TEST_CASE(stand_for_a_data_set) {
    const Folder folder;
    const auto images = folder.write("a", npy<std::uint8_t>({3, 1, 2}, {1, 2, 3, 4, 5, 6})), labels = folder.write("b", npy<std::int64_t>({3}, {0, 1, 1}));
    const Datasets both = load_files({images, labels}, {labels, images}); // in any order
    BOOST_TEST(both.train.is_images());
    BOOST_TEST(both.test.label(1) == 1u);
    const auto table = folder.write("c", npy<double>({3, 2}, {1, 10, 2, 20, 3, 30}));
    const Datasets tables = load_files({table, labels}, {table, labels});
    BOOST_TEST(tables.train.examples.row<float>(0)[0] == -std::sqrt(1.5f), boost::test_tools::tolerance(1e-5f)); // standardised
    BOOST_TEST(tables.train.examples.row<float>(1)[1] == 0);
    BOOST_TEST(load_examples({table}).size() == 3u);
    BOOST_TEST(load_examples({table}).examples.row<float>(0)[1] == 10);
    BOOST_TEST(!load_examples({images}).examples.has_targets());
    BOOST_TEST(load_examples({labels, images}).label(2) == 1u);
    BOOST_TEST(error_of(folder, [&] { load_files({table}, {table, labels}); }) == "c: expected two .npy files, features and labels, found 1 files");
    BOOST_TEST(error_of(folder, [&] { load_examples({labels}); }) == "b: expected two .npy files, features and labels, found 1 files");
    BOOST_TEST(error_of(folder, [&] { load_files({table, images}, {table, labels}); }) == "a: expected labels (N), one for each example, found the shape (3, 1, 2)");
}

BOOST_AUTO_TEST_SUITE_END()
