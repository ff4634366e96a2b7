#include <xgrad/datasets/csv.hpp>

#include <cmath>
#include <span>

#include <boost/test/unit_test.hpp>

#include "files.hpp"
#include <xgrad/datasets/load.hpp>

using namespace xgrad::datasets;
using namespace test_files;
using Paths = std::vector<std::filesystem::path>;

namespace {

std::span<const float> row(const Dataset& data, std::size_t i) { return data.examples.row<float>(i); }

} // namespace

BOOST_AUTO_TEST_SUITE(csv)

BOOST_AUTO_TEST_CASE(reads_numbers_with_the_label_last) {
    const Folder folder;
    const std::string numbers = "1.5,-2,0\n .28 , 1e3,2.0\r\n\n+4,5,1"; // no line break at the end
    for (const char* header : {"", "width,height,class\n", "\xef\xbb\xbf\"width\",\"\",class\r\n"}) {
        const Dataset data = read_csv(Paths{folder.write("table.csv", header + numbers)}, "table");
        BOOST_TEST(data.size() == 3u);
        BOOST_TEST(data.width() == 2u);
        BOOST_TEST(data.classes == 3u);
        BOOST_TEST(row(data, 0)[0] == 1.5f);
        BOOST_TEST(row(data, 1)[0] == 0.28f);
        BOOST_TEST(row(data, 1)[1] == 1000.0f);
        BOOST_TEST(row(data, 2)[0] == 4.0f);
        BOOST_TEST(data.label(1) == 2u);
    }
}

BOOST_AUTO_TEST_CASE(says_line_and_column_of_what_is_wrong) {
    const Folder folder;
    const auto error = [&](const std::string& content) {
        const auto file = folder.write("t.csv", content);
        return error_of(folder, [&] { read_csv(Paths{file}); });
    };
    const std::string label = "expected a label (a whole number from 0 to 65535), found ";
    const std::string first = " (if the labels are in the first column, move them to the last)";
    BOOST_TEST(error("a,b,c\n1,2,0\n1,x,1\n") == "t.csv, line 3, column 2: expected a number, found \"x\"");
    BOOST_TEST(error("1,x,1\n") ==
               "t.csv, line 1, column 2: expected a number, found \"x\""); // not a header: it has numbers
    BOOST_TEST(error("1,,1\n") == "t.csv, line 1, column 2: expected a number, found \"\"");
    BOOST_TEST(error("1,nan,1\n") == "t.csv, line 1, column 2: expected a number, found \"nan\"");
    BOOST_TEST(error("1,1e99,1\n") == "t.csv, line 1, column 2: expected a number, found \"1e99\"");
    BOOST_TEST(error("1,2,0\n\n1,2,3,0\n") == "t.csv, line 3: expected 3 columns, as in the lines before, found 4");
    BOOST_TEST(error("1,2,0\n1,0\n") == "t.csv, line 2: expected 3 columns, as in the lines before, found 2");
    BOOST_TEST(error("1\n") == "t.csv, line 1: expected features and a label between commas, found 1 column");
    BOOST_TEST(error("1,2,-1\n") == "t.csv, line 1, column 3: " + label + "\"-1\"" + first);
    BOOST_TEST(error("1,2,1.5\n") == "t.csv, line 1, column 3: " + label + "\"1.5\"" + first);
    BOOST_TEST(error("1,2,cat\n") == "t.csv, line 1, column 3: " + label + "\"cat\"" + first);
    BOOST_TEST(error("1,2,70000\n") == "t.csv, line 1, column 3: " + label + "\"70000\"" + first);
    BOOST_TEST(error("0,5.1,3.5\n1,4.9,3\n") == "t.csv, line 1, column 3: " + label + "\"3.5\"" + first);
    BOOST_TEST(error("0.5,2,1.5\n") == "t.csv, line 1, column 3: " + label + "\"1.5\""); // no label in the first column either
    BOOST_TEST(error("3,7,0\n5,7,0\n") == "t.csv: expected labels of at least two classes in the last column, found only class 0" + first);
    BOOST_TEST(error("1,2,inf\n").starts_with("t.csv, line 1, column 3: " + label + "\"inf\""));
    BOOST_TEST(error("1," + std::string(100, 'x') + ",0\n") ==
               "t.csv, line 1, column 2: expected a number, found \"" + std::string(40, 'x') + "...\"");
    BOOST_TEST(error_of(folder, [&] { read_csv(Paths{}, "none"); }) == "none: expected at least one file, found none");
    BOOST_TEST(error("") == "t.csv: expected at least one line of numbers, found none");
    BOOST_TEST(error("a,b,c\n") == "t.csv: expected at least one line of numbers, found none");
    if (const std::string error = error_of(folder, [&] { read_csv(Paths{folder / "nothing.csv"}); }); true) BOOST_TEST(error ==
               "nothing.csv: expected a readable file, found no such file");
}

BOOST_AUTO_TEST_CASE(standardises_by_the_training_set) {
    const Folder folder;
    const Dataset train = read_csv(Paths{folder.write("a.csv", "1,0.1,7,0\n3,0.1,7,1\n5,0.1,7,0\n7,0.1,7,1\n")});
    const Dataset test = read_csv(Paths{folder.write("b.csv", "4,0.2,7,0\n1e9,0.1,8,1\n")});
    Datasets data = pair(train, test);
    standardise(data);
    const double deviation = std::sqrt(5.0);
    BOOST_TEST(row(data.train, 0)[0] == static_cast<float>(-3 / deviation));
    BOOST_TEST(row(data.train, 3)[0] == static_cast<float>(3 / deviation));
    BOOST_TEST(row(data.test, 0)[0] == 0.0f);
    BOOST_TEST(row(data.test, 1)[0] == 5.0f); // no further out
    for (const std::size_t constant : {1u, 2u}) {
        BOOST_TEST(row(data.train, 2)[constant] == 0.0f);
        BOOST_TEST(row(data.test, 0)[constant] == 0.0f);
    }
}

BOOST_AUTO_TEST_CASE(reads_the_real_tables) {
    const std::filesystem::path folder = real_data();
    if (folder.empty()) return;
    const Datasets digits = load_data("csv/digits");
    BOOST_TEST(digits.train.size() == 3823u);
    BOOST_TEST(digits.test.size() == 1797u);
    BOOST_TEST(digits.train.width() == 64u);
    BOOST_TEST(digits.train.classes == 10u);
    const Datasets iris = load_data("csv/iris");
    BOOST_TEST(iris.train.size() == 120u);
    BOOST_TEST(iris.test.size() == 30u);
    BOOST_TEST(iris.train.classes == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
