// train_classifier --log.

#include <cmath>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <xgrad/datasets/digits.hpp>

#include "../folder.hpp"
#include "classifier.hpp"
#include "files.hpp"
#include "log.hpp"
#include "run.hpp"

using namespace test_files;

namespace {

const std::string program = "'" XGRAD_TRAIN_PROGRAM "'";
const std::string header = "epoch,steps,learning_rate,train_loss,train_accuracy,test_loss,test_accuracy,"
                           "examples_per_second,seconds,update_to_weight_ratio";

Run train(const std::string& options) { return shell(program + " " + options + " 2>&1"); }

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> result;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        result.push_back(line);
    return result;
}

/// A log without what depends on the machine.
std::string without_speed(const std::string& file) {
    return std::regex_replace(test::read_text(file), std::regex(",[0-9.]+,[0-9.]+(,[^,\n]*\n)"), "$1");
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_file)

BOOST_AUTO_TEST_CASE(has_a_row_for_each_epoch) {
    const Folder folder;
    const std::string file = (folder / "run.csv").string();
    const Run run = train("--epochs 3 --learning-rate 0.2 --log " + file);
    BOOST_TEST(run.status == 0, run.output);
    const examples::Log log(file, 3u);
    BOOST_TEST_REQUIRE(log.rows().size() == 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        const examples::EpochRecord& row = log.rows()[i];
        BOOST_TEST(row.epoch == i + 1);
        BOOST_TEST(row.steps == 80 * (i + 1));
        BOOST_TEST(row.learning_rate == 0.2);
        BOOST_TEST(row.examples_per_second * row.seconds == 8000, boost::test_tools::tolerance(0.05));
        BOOST_TEST((row.update_ratio && *row.update_ratio > 1e-5 && *row.update_ratio < 1));
    }
    const examples::EpochRecord& last = log.rows().back();
    char text[200];
    std::snprintf(text, sizeof text, "training loss %.4f accuracy %.4f  held out loss %.4f accuracy %.4f  ",
                  last.train.loss, last.train.accuracy, last.test.loss, last.test.accuracy);
    BOOST_TEST(run.output.find(text) != run.output.npos, text);
    BOOST_TEST(lines(test::read_text(file)).front() == header);
}

BOOST_AUTO_TEST_CASE(the_ratio_is_that_of_the_norms) {
    const auto data = xgrad::datasets::draw_digits({.train = 200, .test = 20});
    for (const char* rule : {"sgd", "adam"}) {
        examples::Options options{.optimizer = rule, .learning_rate = 0.05};
        options.log = "unused";
        examples::Classifier classifier(data.train.width(), data.train.classes, options);
        const xgrad::Var weights = classifier.tape().parameters().front();
        const xgrad::data::Batches batches(data.train.examples, {.batch_size = 100});
        for (const xgrad::data::Batch& batch : batches.epoch(0)) {
            const auto before = weights.value<double>();
            const auto ratio = classifier.learn(batch).update_ratio;
            const auto after = weights.value<double>();
            double update = 0, norm = 0;
            for (std::size_t i = 0; i < before.size(); ++i) {
                update += std::pow(after.flat(i) - before.flat(i), 2);
                norm += std::pow(before.flat(i), 2);
            }
            BOOST_TEST_REQUIRE(ratio.has_value());
            BOOST_TEST(*ratio == std::sqrt(update / norm), boost::test_tools::tolerance(1e-4));
        }
    }
    // Of nothing there is no ratio; and it is not computed unasked.
    examples::Options options{.learning_rate = 0.05, .zero_init = true};
    const xgrad::data::Batches batches(data.train.examples, {.batch_size = 200});
    for (const bool asked : {true, false}) {
        if (asked) options.log = "unused";
        else options.log.reset(), options.zero_init = false;
        examples::Classifier classifier(data.train.width(), data.train.classes, options);
        BOOST_TEST(!classifier.learn(*batches.epoch(0).begin()).update_ratio);
    }
}

BOOST_AUTO_TEST_CASE(a_run_is_the_same_with_and_without_it) {
    const Folder folder;
    const std::string with = (folder / "with.npz").string(), without = (folder / "without.npz").string();
    BOOST_TEST(train("--epochs 2 --checkpoint " + with + " --log " + folder.str() + "/run.csv").status == 0);
    BOOST_TEST(train("--epochs 2 --checkpoint " + without).status == 0);
    BOOST_TEST((test::read_text(with) == test::read_text(without)));
}

BOOST_AUTO_TEST_CASE(a_resumed_run_goes_on_in_it) {
    const Folder folder;
    const std::string file = (folder / "run.csv").string(), whole = (folder / "whole.csv").string();
    const std::string again = " --resume --checkpoint " + (folder / "a.npz").string() + " --log " + file;
    BOOST_TEST(train("--epochs 2" + again).status == 0); // there is no run yet
    // As if it had been killed after it wrote a row and before it saved the epoch, and in the middle of a row.
    for (const std::string torn : {"", "3,240,0.1,0.2,0.3,0.4,0.5,6,7,8\n", "3,240,0.1,0.2,0.3,0.4,0.5,6,7,8\n4,3", "3"}) {
        const std::string kept = test::read_text(file);
        std::ofstream(file, std::ios::app) << torn;
        BOOST_TEST(train("--epochs 2" + again).status == 0);
        BOOST_TEST(test::read_text(file) == kept);
    }
    BOOST_TEST(train("--epochs 4" + again).status == 0);
    BOOST_TEST(train("--epochs 4 --log " + whole).status == 0);
    BOOST_TEST(without_speed(file) == without_speed(whole));
    BOOST_TEST(lines(test::read_text(file)).size() == 1u + 4u);
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_leaves_whole_rows) {
    const Folder folder;
    const std::string file = (folder / "run.csv").string();
    const Run run = shell(program + " --epochs 1000000 --log " + file + " > /dev/null 2>&1 & child=$!; until [ $(wc -l < " + file +
                          ") -gt 2 ]; do sleep 0.05; done 2> /dev/null; kill -KILL $child; wait $child 2> /dev/null");
    BOOST_TEST(run.status == 128 + 9);
    BOOST_TEST(test::read_text(file).back() == '\n');
    BOOST_TEST(examples::Log(file, 1000000u).rows().size() + 1 == lines(test::read_text(file)).size());
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_one_line_and_no_half_row) {
    const Folder folder;
    const std::string file = (folder / "run.csv").string();
    const std::string error = "train_classifier: .*: the log cannot be written there: ";
    const Run full = train("--epochs 2 --log /dev/full");
    BOOST_TEST(full.status == 1);
    BOOST_TEST(full.lines() == 1u);
    BOOST_TEST(full.has("^" + error + "No space left on device\n$"), full.output);

    // A file may have one block of 512 or of 1024 bytes: the disk is full in the middle of a row.
    const Run run = shell("trap '' XFSZ; ulimit -f 1; " + program + " --epochs 12 --log " + file + " 2>&1");
    BOOST_TEST(run.status == 1);
    BOOST_TEST(run.has("\n" + error + "File too large\n$"), run.output);
    const std::string text = test::read_text(file);
    BOOST_TEST(text.back() == '\n');
    BOOST_TEST((text.size() < 1024u && text.size() > 300u));
    const std::size_t rows = examples::Log(file, 12u).rows().size();
    BOOST_TEST(rows == lines(text).size() - 1);
    BOOST_TEST(run.has("\nepoch +" + std::to_string(rows) + "/12 "));
    BOOST_TEST(!run.has("\nepoch +" + std::to_string(rows + 1) + "/12 "));
}

BOOST_AUTO_TEST_CASE(says_in_one_line_what_is_wrong_and_leaves_the_file) {
    const Folder folder;
    const std::string good = (folder / "good.csv").string();
    train("--epochs 1 --log " + good);
    folder.write("other.csv", "a,b\n1,2\n");
    folder.write("damaged.csv", header + "\n1,80,x,0.2,0.3,0.4,0.5,6,7,8\n");
    folder.write("more.csv", header + "\n1,80,0.1,0.2,0.3,0.4,0.5,6,7,8,9\n");
    const std::pair<std::string, const char*> cases[] = {
        {"good.csv", "is there already and holds another run; name another file, or delete it"},
        {"other.csv", "is no log of a run, which begins with epoch,steps,.*; name another file"},
        {"damaged.csv", "damaged.csv, line 2: is no row of a log"},
        {"more.csv", "more.csv, line 2: is no row of a log"},
        {"nothing/run.csv", "cannot be written there: No such file or directory"},
        {".", "cannot be written there: Is a directory"},
    };
    for (const auto& [name, message] : cases)
        BOOST_TEST_CONTEXT(name) {
            const std::string file = (folder / name).string(), list = "cksum '" + folder.str() + "'/*";
            const std::string before = shell(list).output;
            const Run run = train("--epochs 1 --log " + file);
            BOOST_TEST(run.status == 1);
            BOOST_TEST(run.lines() == 1u);
            BOOST_TEST(run.has(std::string("^train_classifier: .*") + message), run.output);
            BOOST_TEST(shell(list).output == before);
        }
}

BOOST_AUTO_TEST_SUITE_END()
