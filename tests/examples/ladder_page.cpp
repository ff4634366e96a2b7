// ladder --report.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <regex>
#include <span>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <xgrad/datasets/load.hpp>

#include "../folder.hpp"
#include "check_page.hpp"
#include "files.hpp"
#include "ladder/fit.hpp"
#include "run.hpp"

using namespace test_files;
namespace xg = xgrad;

namespace {

Run climb(const std::string& options) { return shell("'" XGRAD_LADDER_PROGRAM "' " + options + " 2>&1"); }

std::string page_in(const Folder& folder) { return test::read_text(folder.str() + "/index.html"); }

/// What a page shows of a rung.
std::string details_of(const std::string& page, const std::string& rung) {
    for (const std::string& details : between(page, "<details>", "</details>"))
        if (occurrences(details.substr(0, 300), "<div id=\"" + rung + "\">") == 1) return details;
    BOOST_TEST_REQUIRE(false, rung + " is not in the page");
    return {};
}

/// The words of a table's rows, those of the program or of the page.
std::string words(const std::string& rows) {
    const std::string text = std::regex_replace(rows, std::regex("<[^>]*>"), " ");
    return std::regex_replace(text, std::regex("\\s+"), " ");
}

std::string without_times(const std::string& output) {
    return std::regex_replace(output, std::regex(" % +[0-9.]+ +[0-9]+ "), " % ");
}

/// x (N, 1, 2, 2), the label 1 where the upper left pixel is bright.
xg::data::ArraySet bright_or_dark(std::size_t size) {
    auto x = xt::xarray<std::uint8_t>::from_shape({size, 1, 2, 2});
    std::vector<std::int64_t> labels(size);
    for (std::size_t i = 0; i < size; ++i) {
        labels[i] = static_cast<std::int64_t>(i % 2);
        for (std::size_t k = 0; k < 4; ++k)
            x.data()[4 * i + k] = static_cast<std::uint8_t>(k == 0 ? 200 * (i % 2) + i : 31 * (i + k) % 256);
    }
    return xg::data::ArraySet(std::move(x), std::move(labels));
}

/// A linear classifier of such images, trained.
struct Fitted {
    explicit Fitted(std::size_t steps, bool details) {
        const ladder::Sets sets{.train = bright_or_dark(20), .test = bright_or_dark(6)};
        const auto scores = [this](xg::Var x, bool) {
            return classify(reshape(cast(x, xg::DType::float32) / 255, {-1, 4}));
        };
        outcome = fit(tape, scores, sets,
                      {.loss = ladder::softmax(),
                       .rule = xg::optim::GD{0.5},
                       .batch_size = 10,
                       .steps = steps,
                       .details = details});
    }

    xg::Tape tape;
    xg::models::Linear classify{tape, 4, 2, {.weights = xg::models::zeros()}};
    ladder::Outcome outcome;
};

double norm(const xt::xarray<float>& x) {
    return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
}

} // namespace

BOOST_AUTO_TEST_SUITE(ladder_page)

BOOST_AUTO_TEST_CASE(details_are_those_of_each_epoch) {
    const Fitted fitted(5, true); // two epochs of two batches, and half of one
    BOOST_TEST_REQUIRE(fitted.outcome.details.has_value());
    const ladder::Details& details = *fitted.outcome.details;
    BOOST_TEST_REQUIRE(details.records.size() == 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        const examples::EpochRecord& record = details.records[i];
        BOOST_TEST(record.epoch == i + 1);
        BOOST_TEST(record.steps == std::min<std::size_t>(2 * i + 2, 5));
        const Fitted so_far(record.steps, false); // and without details nothing is another
        BOOST_TEST(!so_far.outcome.details.has_value());
        BOOST_TEST(record.train.accuracy == *so_far.outcome.train);
        BOOST_TEST(record.test.accuracy == *so_far.outcome.test);
        if (i > 0) BOOST_TEST(record.train.loss < details.records[i - 1].train.loss);
    }
    BOOST_TEST(details.plan.find("matmul") != details.plan.npos);

    // The loss of the scores that are kept.
    double loss = 0;
    const std::vector<std::int64_t> labels = bright_or_dark(6).labels();
    BOOST_TEST_REQUIRE((details.outputs.shape()[0] == 6u && details.outputs.shape()[1] == 2u));
    for (std::size_t i = 0; i < 6; ++i) {
        const auto label = static_cast<std::size_t>(labels[i]);
        loss += std::log1p(std::exp(details.outputs(i, 1 - label) - details.outputs(i, label))) / 6;
    }
    BOOST_TEST(std::abs(details.records.back().test.loss - loss) < 1e-5);
}

BOOST_AUTO_TEST_CASE(the_ratio_is_that_of_all_parameters) {
    // Before the first step they are 0, so the first epoch has the ratio of its second step, and the next one that of
    // the third.
    const Fitted one(1, false), two(2, false), three(3, true);
    BOOST_TEST_REQUIRE(three.outcome.details->records.size() == 2u);
    const auto check = [&](std::size_t epoch, const Fitted& before, const Fitted& after) {
        double update = 0, all = 0;
        for (std::size_t i = 0; i < 2; ++i) {
            const auto parameter = [i](const Fitted& fitted) { return fitted.tape.parameters()[i].value<float>(); };
            update = std::hypot(update, norm(parameter(after) - parameter(before)));
            all = std::hypot(all, norm(parameter(before)));
        }
        const std::optional<double> ratio = three.outcome.details->records[epoch].update_ratio;
        BOOST_TEST_REQUIRE(ratio.has_value());
        BOOST_TEST(std::abs(*ratio / (update / all) - 1) < 1e-5);
    };
    check(0, one, two);
    check(1, two, three);
}

BOOST_AUTO_TEST_CASE(features_have_names) {
    // Grey but for the cell (1, 2) of 4 x 4, which becomes brighter from left to right.
    auto images = xt::xarray<std::uint8_t>::from_shape({2, 3, 16, 16});
    images.fill(0);
    for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t i = 4; i < 8; ++i)
                for (std::size_t j = 8; j < 12; ++j)
                    images(n, c, i, j) = static_cast<std::uint8_t>(10 * (j - 7));
    const xg::datasets::Dataset set{"ramp", xg::data::ArraySet(images, xt::xarray<std::int64_t>{0, 1}), 2};
    const xg::datasets::Datasets data{set, set};
    const ladder::Settings settings;
    const ladder::Ground ground(data, settings);

    const ladder::Sets& both = ground.hog_and_hue();
    const std::span<const float> row = both.test.row<float>(0);
    BOOST_TEST_REQUIRE((row.size() == 154u && both.features.size() == 154u));
    const auto largest = static_cast<std::size_t>(std::max_element(row.begin(), row.begin() + 144) - row.begin());
    BOOST_TEST(both.features[largest].name == "orientation 0 of cell (1, 2)");
    BOOST_TEST(row[144] == 1);
    BOOST_TEST(both.features[144].name == "hue 0, 0° to 36°");
    BOOST_TEST(both.features[153].name == "hue 9, 324° to 360°");
}

BOOST_AUTO_TEST_CASE(shows_rungs_on_digits) {
    const Folder folder;
    const std::string options = "--data digits --epochs 2 --rungs softmax,svm-hue,svm-hog,net";
    const Run run = climb(options + " --report " + folder.str() + "/new/report");
    BOOST_TEST(run.status == 0, run.output);
    BOOST_TEST(without_times(run.output) == without_times(climb(options).output));
    const std::string page = test::read_text(folder.str() + "/new/report/index.html");
    check_page(page);
    BOOST_TEST(occurrences(page, "<th>rungs</th><td>4 of 4</td>") == 1u);
    BOOST_TEST(between(page, "<details>", "</details>").size() == 3u);
    const std::string table = between(page, "<table class=\"rows\">", "</table>").at(0);
    BOOST_TEST(words(run.output).ends_with(words(table).substr(1)), words(table));

    const std::string softmax = details_of(page, "softmax");
    BOOST_TEST(between(softmax, "<svg", "</svg>").size() == 3u);
    BOOST_TEST(occurrences(softmax, "<img ") == 10u + 12u);
    BOOST_TEST(occurrences(softmax, "<pre>[^<]*loop over 100 rows[^<]* matmul [^<]*</pre>") == 1u);
    double right = 0;
    std::size_t label = 0;
    for (const std::string& row : between(softmax, "<tr><th>", "</tr>")) {
        const std::vector<double> counts = numbers(row, "<td[^>]*>([0-9]+)</td>");
        if (counts.size() != 10) continue; // the head
        BOOST_TEST(std::accumulate(counts.begin(), counts.end(), 0.0) == 200);
        right += counts[label++];
    }
    BOOST_TEST(label == 10u);
    const double percent = numbers(run.output, "\nlinear softmax, pixels +[0-9.]+ % +([0-9.]+) %").at(0);
    BOOST_TEST(std::abs(right / 20 - percent) < 0.051);

    const std::string hog = details_of(page, "svm-hog");
    BOOST_TEST(occurrences(hog, "<tr><th>orientation [0-8] of cell \\([0-3], [0-3]\\)</th>") == 144u);
    BOOST_TEST(occurrences(hog, "<td[^>]*>-?[01]\\.[0-9]{3}</td>") == 1440u);
    BOOST_TEST(occurrences(hog, "<img ") == 12u);

    const std::string net = details_of(page, "net");
    BOOST_TEST(occurrences(net, "These are 64 of 200\\.") == 1u);
    BOOST_TEST(occurrences(net, "<figcaption>unit [0-9]+</figcaption>") == 64u);
}

BOOST_AUTO_TEST_CASE(shows_every_rung_on_a_few_images) {
    const Folder folder;
    write_small_cifar(folder);
    const std::string where = folder.str();
    const Run run = climb("--data " + where + " --epochs 1 --picture " + where + "/k.svg --report " + where);
    BOOST_TEST(run.status == 0, run.output);
    const std::string page = page_in(folder);
    check_page(page);
    BOOST_TEST(between(page, "<details>", "</details>").size() == 20u); // all but the numerical gradient
    BOOST_TEST(occurrences(page, "<td><a href=\"#[a-z-]+\">") == 20u);

    BOOST_TEST(between(details_of(page, "nearest"), "<svg", "</svg>").empty());
    const std::string picture = between(details_of(page, "knn"), "<svg", "</svg>").at(0);
    BOOST_TEST(test::read_text(where + "/k.svg").ends_with("\n" + picture + "\n"));
    for (const char* rung : {"random-search", "local-search"}) {
        BOOST_TEST(between(details_of(page, rung), "<svg", "</svg>").empty());
        BOOST_TEST(occurrences(details_of(page, rung), "What each class looks for") == 1u);
    }
    for (const char* rung : {"gd", "sgd", "svm", "net-features", "convnet", "convnet-augmented"}) {
        BOOST_TEST(between(details_of(page, rung), "<svg", "</svg>").size() >= 2u);
        BOOST_TEST(occurrences(details_of(page, rung), "<pre>") == 1u);
    }
    BOOST_TEST(occurrences(details_of(page, "svm-hue"), "<tr><th>hue [0-9], [0-9]+° to [0-9]+°</th>") == 10u);
    BOOST_TEST(occurrences(details_of(page, "svm-features"), "<tr><th>(orientation|hue) ") == 154u);
    const std::string word = "<th><img [^>]*>word [0-9]+, (upper|lower) (left|right)</th>";
    BOOST_TEST(occurrences(details_of(page, "svm-words"), word) == 40u);
    BOOST_TEST(occurrences(details_of(page, "convnet"), "<figcaption>filter [0-9]+</figcaption>") == 24u);
    BOOST_TEST(occurrences(details_of(page, "net-features"), "looks for") == 0u);
}

BOOST_AUTO_TEST_CASE(a_climb_that_ends_early_leaves_the_page_of_its_rungs) {
    const Folder folder;
    const Run run = climb("--data digits --rungs sgd,knn --picture " + folder.str() + "/none/k.svg --report " +
                          folder.str());
    BOOST_TEST(run.status == 1);
    BOOST_TEST(run.has("\nladder: .*/none/k.svg: the picture cannot be written there\n$"), run.output);
    const std::string page = page_in(folder);
    check_page(page);
    BOOST_TEST(occurrences(page, "<th>rungs</th><td>1 of 2</td>") == 1u);
    BOOST_TEST(between(page, "<details>", "</details>").size() == 1u);
}

BOOST_AUTO_TEST_CASE(is_written_whole_or_not_at_all) {
    const Folder folder;
    const std::string old = "what was there", options = " --data digits --rungs sgd,numerical-gradient --report ";
    folder.write("index.html", old);
    // A file may have 16 KB at most: the disk is full in the middle of the page.
    const Run run = shell("trap '' XFSZ; ulimit -f 16; '" XGRAD_LADDER_PROGRAM "'" + options + folder.str() + " 2>&1");
    BOOST_TEST(run.status == 1);
    BOOST_TEST(run.has("\nthe same steps[^\n]*\nladder: the report cannot be written: [^\n]*File too large[^\n]*\n$"),
               run.output);
    BOOST_TEST(page_in(folder) == old);
    BOOST_TEST(shell("ls '" + folder.str() + "'").output == "index.html\n");

    const std::string file = folder.write("file", "");
    for (const std::string& place : {file, file + "/inside"}) { // before any rung
        const Run no_folder = climb(options + place);
        BOOST_TEST(no_folder.status == 1);
        BOOST_TEST(no_folder.lines() == 1u);
        BOOST_TEST(no_folder.has("^ladder: .*: the report cannot be written there: "), no_folder.output);
    }
}

BOOST_AUTO_TEST_SUITE_END()
