// train_classifier --report.

#include <cmath>
#include <cstdint>
#include <numeric>
#include <regex>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <xgrad/datasets/load.hpp>

#include "../folder.hpp"
#include "bitmap.hpp"
#include "check_page.hpp"
#include "files.hpp"
#include "run.hpp"
#include "run_page.hpp"

using namespace test_files;

namespace {

const std::string program = "'" XGRAD_TRAIN_PROGRAM "'";

Run train(const std::string& options) { return shell(program + " " + options + " 2>&1"); }

} // namespace

BOOST_AUTO_TEST_SUITE(page)

BOOST_AUTO_TEST_CASE(a_bitmap_holds_its_pixels) {
    // 1 to 5 pixels wide: each padding of a row, and each of base64.
    for (std::size_t width = 1; width <= 5; ++width) {
        const std::size_t height = 2, row = (3 * width + 3) / 4 * 4;
        std::vector<examples::Rgb> pixels;
        for (std::uint8_t i = 0; i < width * height; ++i)
            pixels.push_back({static_cast<std::uint8_t>(i + 200), static_cast<std::uint8_t>(i + 100), i});
        const std::string address = examples::bitmap_address(width, height, pixels), bytes = decoded(address);
        BOOST_TEST(address.size() == 22 + (bytes.size() + 2) / 3 * 4);
        BOOST_TEST_REQUIRE(bytes.size() == 54 + row * height);
        const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
        BOOST_TEST(bytes.substr(0, 2) == "BM");
        BOOST_TEST(byte(2) == bytes.size());
        BOOST_TEST(byte(10) == 54);
        BOOST_TEST(byte(18) == width);
        BOOST_TEST(byte(22) == height);
        BOOST_TEST(byte(28) == 24);
        for (std::size_t y = 0; y < height; ++y)
            for (std::size_t x = 0; x < width; ++x)
                for (std::size_t colour = 0; colour < 3; ++colour)
                    BOOST_TEST(byte(54 + (height - 1 - y) * row + 3 * x + 2 - colour) == pixels[y * width + x][colour]);
    }
}

BOOST_AUTO_TEST_CASE(shows_a_run_on_images) {
    for (const char* loss : {"softmax", "svm"}) {
        const Folder folder;
        const std::string name = folder.str() + "/new/report";
        const Run run = train(std::string("--epochs 3 --loss ") + loss + " --report " + name);
        BOOST_TEST(run.status == 0, run.output);
        const std::string page = test::read_text(name + "/index.html");
        check_page(page);
        BOOST_TEST(between(page, "<svg", "</svg>").size() == 3u);
        BOOST_TEST(occurrences(page, "<img ") == 10u + 12u);
        BOOST_TEST(occurrences(page, std::string("<td>") + loss + " loss, sgd, learning rate ") == 1u);
        BOOST_TEST(occurrences(page, "each with its " + std::string(*loss == 's' && loss[1] == 'v' ? "score" : "probability")) == 1u);
        BOOST_TEST(occurrences(page, "<pre>[^<]*loop over 100 rows[^<]* matmul [^<]*</pre>") == 1u);

        // A row for each digit, of which there are 200, and on the diagonal as many as the accuracy says.
        double right = 0;
        std::size_t label = 0;
        for (const std::string& row : between(page, "<tr><th>", "</tr>")) {
            const std::vector<double> counts = numbers(row, "<td[^>]*>([0-9]+)</td>");
            if (counts.size() != 10) continue;
            BOOST_TEST(std::accumulate(counts.begin(), counts.end(), 0.0) == 200);
            right += counts[label++];
        }
        BOOST_TEST(right / 2000 == run.test_accuracy());

        // Each is wrong, and the first most of all.
        const std::string wrong = "example [0-9]+, is [0-9]: ";
        const std::vector<double> its = numbers(page, wrong + "(-?[0-9.]+)<br>"),
                                  highest = numbers(page, wrong + "[-0-9.]+<br>[0-9] (-?[0-9.]+)<br>");
        BOOST_TEST_REQUIRE((its.size() == 12u && highest.size() == 12u));
        for (std::size_t i = 0; i < 12; ++i) {
            BOOST_TEST(highest[i] > its[i]);
            if (i > 0) BOOST_TEST(highest[i] - its[i] < highest[i - 1] - its[i - 1] + 2e-4);
        }
    }
}

BOOST_AUTO_TEST_CASE(shows_weights_as_pictures) {
    const Folder folder;
    const auto images = folder.write("images", idx_images(9)), labels = folder.write("labels", idx_labels(9));
    const auto data = xgrad::datasets::load_files({images, labels}, {images, labels});
    examples::Options options{.learning_rate = 0.1};
    examples::Classifier classifier(6, 3, options);
    // Class 0: 0, 1 ... 5; class 1: all the same, negative; class 2: nothing.
    auto weights = xt::xarray<float>::from_shape({6, 3});
    weights.fill(0);
    for (std::size_t i = 0; i < 6; ++i) {
        weights(i, 0) = static_cast<float>(i);
        weights(i, 1) = -0.5f;
    }
    classifier.tape().assign(classifier.tape().parameters().front(), weights);
    const std::string page = run_page(classifier, data, options, {});
    check_page(page);

    const auto pictures = between(page, "data:image/bmp;base64,", "\"");
    BOOST_TEST_REQUIRE(pictures.size() >= 3u);
    const auto pixel = [&](std::size_t c, std::size_t i) { // rows of 3, padded to 12 bytes, from the bottom
        return static_cast<int>(static_cast<std::uint8_t>(decoded(pictures[c])[54 + (1 - i / 3) * 12 + i % 3 * 3]));
    };
    for (std::size_t i = 0; i < 6; ++i) {
        BOOST_TEST(pixel(0, i) == std::lround(127.5 * (1 + static_cast<double>(i) / 5)));
        BOOST_TEST(pixel(1, i) == 0);
        BOOST_TEST(pixel(2, i) == 128);
    }
}

BOOST_AUTO_TEST_CASE(shows_a_run_on_a_table) {
    const Folder folder;
    std::string table;
    for (int i = 0; i < 60; ++i)
        table += std::to_string(7 * i % 11) + "," + std::to_string(3 * i % 11) + "," + std::to_string(i % 25) + "\n";
    const std::string file = folder.write("a<b>.csv", table);
    const Run run = train("--epochs 1 --report " + folder.str() + " --train-files '" + file + "' --test-files '" + file + "'");
    BOOST_TEST(run.status == 0, run.output);
    const std::string page = test::read_text(folder.str() + "/index.html");
    check_page(page);
    BOOST_TEST(occurrences(page, "<img ") == 0u);
    BOOST_TEST(occurrences(page, "a&lt;b&gt;.csv") >= 2u);
    BOOST_TEST(occurrences(page, "The most frequent confusions of 25 classes") == 1u);
}

BOOST_AUTO_TEST_CASE(knows_earlier_epochs_by_the_log) {
    const Folder folder;
    const std::string run = " --resume --checkpoint " + folder.str() + "/a.npz --report " + folder.str();
    const std::string log = " --log " + folder.str() + "/a.csv", sentence = "The epochs before 3 are not known here";
    const auto page = [&] { return test::read_text(folder.str() + "/index.html"); };
    BOOST_TEST(train("--epochs 2" + run + log).status == 0);
    BOOST_TEST(train("--epochs 3" + run).status == 0);
    BOOST_TEST(occurrences(page(), sentence) == 1u);
    BOOST_TEST(train("--epochs 3" + run).status == 0);
    BOOST_TEST(occurrences(page(), "No epoch was left to be run") == 1u);
    check_page(page());
    BOOST_TEST(train("--epochs 4" + run + log).status == 0);
    BOOST_TEST(occurrences(page(), sentence) == 0u);
}

BOOST_AUTO_TEST_CASE(a_run_that_diverges_leaves_the_page_of_its_last_epoch) {
    const Folder folder;
    // A step multiplies the weights by 1 - 2 l2 rate = -3, besides what the loss does.
    const Run run = train("--optimizer gd --l2 2 --learning-rate 1 --epochs 100 --report " + folder.str());
    BOOST_TEST(run.status == 1);
    BOOST_TEST(run.has("\ntrain_classifier: the loss became .* in epoch [0-9]+, from "), run.output);
    const std::string page = test::read_text(folder.str() + "/index.html");
    check_page(page);
    const double diverged = numbers(run.output, "the loss became .* in epoch ([0-9]+)").at(0);
    BOOST_TEST(diverged > 2);
    BOOST_TEST(numbers(page, "<th>after</th><td>([0-9]+) of 100 epochs") == std::vector{diverged - 1},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_written_whole_or_not_at_all) {
    const Folder folder;
    const std::string old = "what was there";
    folder.write("index.html", old);
    // A file may have 16 KB at most: the disk is full in the middle of the page.
    const Run run = shell("trap '' XFSZ; ulimit -f 16; " + program + " --epochs 1 --report " + folder.str() + " 2>&1");
    BOOST_TEST(run.status == 1);
    BOOST_TEST(run.has("\ntrain_classifier: the report cannot be written: [^\n]*File too large[^\n]*\n$"), run.output);
    BOOST_TEST(test::read_text(folder.str() + "/index.html") == old);
    BOOST_TEST(shell("ls '" + folder.str() + "'").output == "index.html\n");

    const std::string file = folder.write("file", "");
    for (const std::string& place : {file, file + "/inside"}) { // before any training
        const Run no_folder = train("--epochs 1 --report " + place);
        BOOST_TEST(no_folder.status == 1);
        BOOST_TEST(no_folder.lines() == 1u);
        BOOST_TEST(no_folder.has("^train_classifier: .*: the report cannot be written there: "), no_folder.output);
    }
}

BOOST_AUTO_TEST_SUITE_END()
