// The line that moves while train_classifier trains on a terminal.

#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "report.hpp"
#include "run.hpp"

using namespace test_files;

namespace {

const std::string program = "'" XGRAD_TRAIN_PROGRAM "'";

/// Runs it on a terminal of so many columns.
Run on_terminal(const std::string& options, int columns) {
    const std::string command = "stty cols " + std::to_string(columns) + "; " + program + " " + options;
    return shell("script -qec \"" + command + "\" /dev/null < /dev/null 2>&1");
}

/// What such a terminal shows in the end, without blanks at the ends of lines.
std::string screen(const std::string& output) {
    std::string text, line;
    std::size_t column = 0;
    for (const char c : output)
        if (c == '\r')
            column = 0;
        else if (c == '\n') {
            text += std::regex_replace(line, std::regex(" +$"), "") + '\n';
            line.clear();
            column = 0;
        } else {
            if (column == line.size()) line += ' ';
            line[column++] = c;
        }
    return text + line;
}

std::vector<std::string> moving_lines(const std::string& output) {
    std::vector<std::string> found;
    const std::regex line("\r(epoch [^\r\n]*)(?=\r[^\n])"); // one that stays ends with a new line
    for (std::sregex_iterator i(output.begin(), output.end(), line), end; i != end; ++i)
        found.push_back((*i)[1]);
    return found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(tells_where_the_run_stands) {
    examples::Progress p{.epoch = 2, .epochs = 20, .steps_done = 30, .steps = 80, .loss = 0.41234, .learning_rate = 0.1};
    BOOST_TEST(progress_line(p) == "epoch 2/20  step 30/80  loss 0.4123  rate 0.1");
    p.examples_per_second = 52000.4;
    p.seconds_left = 6.6;
    BOOST_TEST(progress_line(p) == "epoch 2/20  step 30/80  loss 0.4123  rate 0.1  52000 examples/s  0:07 left");
    for (const auto& [seconds, text] : {std::pair(59.4, "0:59"), {59.6, "1:00"}, {3599.0, "59:59"}, {3600.0, "1:00:00"}, {36065.0, "10:01:05"}}) {
        p.seconds_left = seconds;
        BOOST_TEST(progress_line(p).ends_with(std::string("/s  ") + text + " left"), progress_line(p));
    }
}

BOOST_AUTO_TEST_CASE(leaves_the_lines_of_a_pipe) {
    const std::string options = "--epochs 40 --optimizer adam";
    const std::string piped = shell(program + " " + options + " 2>&1").without_speed();
    for (const int columns : {200, 45}) {
        const Run run = on_terminal(options, columns);
        BOOST_TEST(run.status == 0);
        const Run shown{screen(run.output), run.status};
        BOOST_TEST(shown.without_speed() == piped);
        const std::vector<std::string> moving = moving_lines(run.output);
        BOOST_TEST(!moving.empty());
        for (const std::string& line : moving)
            BOOST_TEST(line.size() < static_cast<std::size_t>(columns), line);
        if (columns == 200)
            for (const std::string& line : moving)
                BOOST_TEST(std::regex_search(line, std::regex("^epoch [0-9]+/40  step [0-9]+/80  loss [0-9.]+  rate [0-9.]+"
                                                              "(  [0-9]+ examples/s)?(  [0-9]+:[0-9]{2} left)? *$")),
                           line);
    }
}

BOOST_AUTO_TEST_CASE(an_error_has_a_line_of_its_own) {
    const Run run = on_terminal("--learning-rate 1e30 --epochs 5", 100);
    BOOST_TEST(run.status == 1);
    const Run shown{screen(run.output), run.status};
    BOOST_TEST(shown.has("\ntrain_classifier: the loss became [^\n]*\n$"), shown.output);
}

BOOST_AUTO_TEST_SUITE_END()
