// train_classifier --trace.

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "../chrome_trace.hpp"
#include "../folder.hpp"
#include "run.hpp"

using namespace test_files;

namespace {

const std::string program = "'" XGRAD_TRAIN_PROGRAM "'";

Run train(const std::string& options) { return shell(program + " " + options + " 2>&1"); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<test::Bar> bars_in(const std::string& file) { return test::bars_of(test::read_text(file)); }

} // namespace

BOOST_AUTO_TEST_SUITE(trace_file)

BOOST_AUTO_TEST_CASE(has_every_step_with_its_ops_and_lines) {
    const test::Folder folder;
    const std::string file = folder.file("run.json");
    const Run with = train("--epochs 2 --trace '" + file + "'");
    BOOST_TEST(with.status == 0, with.output);
    BOOST_TEST(with.without_speed() == train("--epochs 2").without_speed());
    const std::vector<test::Bar> bars = bars_in(file);
    const auto calls = std::ranges::count(bars, "program", &test::Bar::kind);
    BOOST_TEST(calls >= 160); // of the training step alone
    BOOST_TEST(std::ranges::count(bars, "trace", &test::Bar::kind) >= 1);
    BOOST_TEST(std::ranges::count_if(bars, [](const test::Bar& bar) {
                   return bar.kind == "loop" && contains(bar.ops, "matmul") && contains(bar.ops, " at classifier.cpp:");
               }) >= 160);
}

BOOST_AUTO_TEST_CASE(is_there_after_a_run_that_failed) {
    const test::Folder folder;
    const std::string file = folder.file("run.json");
    const Run run = train("--learning-rate 1e300 --trace '" + file + "'");
    BOOST_TEST(run.status == 1, run.output);
    BOOST_TEST(!bars_in(file).empty());
}

BOOST_AUTO_TEST_CASE(that_cannot_be_written_is_told_before_the_training) {
    const test::Folder folder;
    const Run run = train("--trace '" + folder.file("missing/run.json") + "'");
    BOOST_TEST(run.status == 1);
    BOOST_TEST(run.lines() == 1u, run.output);
    BOOST_TEST(run.has("train_classifier: the trace cannot be written: .*missing/run.json"), run.output);
}

BOOST_AUTO_TEST_SUITE_END()
