// The programs of examples/lecture print the numbers of the slides.

#include <algorithm>
#include <cmath>
#include <regex>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "../check_svg.hpp"
#include "files.hpp"
#include "run.hpp"

using namespace test_files;

namespace {

const std::string folder_of_programs = "'" XGRAD_LECTURE_FOLDER "'/";

std::string output_of(const std::string& program) {
    const Run run = shell(folder_of_programs + program + " 2>&1");
    BOOST_TEST(run.status == 0, run.output);
    return run.output;
}

/// Of a program that draws, with that picture looked at.
std::string output_and_picture_of(const std::string& program) {
    const Folder folder;
    const std::string picture = (folder / "a.svg").string();
    const std::string output = output_of(program + " " + picture);
    BOOST_TEST(output.ends_with("\npicture: " + picture + "\n"), output);
    check_svg(read(picture));
    return output;
}

/// The numbers in the line that begins so, after that.
std::vector<double> row(const std::string& output, const std::string& beginning) {
    const std::size_t at = ("\n" + output).find("\n" + beginning + " ");
    BOOST_TEST_REQUIRE(at != std::string::npos, beginning + " is not in\n" + output);
    const std::size_t from = at + beginning.size();
    const std::string line = output.substr(from, output.find('\n', from) - from);
    std::vector<double> numbers;
    const std::regex number("-?[0-9][0-9.]*(e[-+][0-9]+)?");
    for (std::sregex_iterator it(line.begin(), line.end(), number), end; it != end; ++it)
        numbers.push_back(std::stod(it->str()));
    return numbers;
}

void check_row(const std::string& output, const std::string& beginning, const std::vector<double>& wanted) {
    BOOST_TEST_CONTEXT(beginning)
    BOOST_TEST(row(output, beginning) == wanted, boost::test_tools::per_element());
}

} // namespace

BOOST_AUTO_TEST_SUITE(lecture)

BOOST_AUTO_TEST_CASE(scores) {
    const std::string output = output_of("scores");
    check_row(output, "cat", {3.2, 1.3, 2.2});
    check_row(output, "car", {5.1, 4.9, 2.5});
    check_row(output, "frog", {-1.7, 2.0, -3.1});
    check_row(output, "hinge loss", {2.9, 0, 12.9});
    check_row(output, "mean", {5.27, 5.27});
    BOOST_TEST(output.find("+ 1) = 6.3 + 6.6 = 12.9, mean 5.27\n") != std::string::npos, output);
    BOOST_TEST(output.find("(-3.1)) = 5.3 + 5.6 = 10.9, mean 4.60\n") != std::string::npos, output);
}

BOOST_AUTO_TEST_CASE(questions) {
    const std::string output = output_of("questions");
    check_row(output, "  as on the slides", {2.90, 0, 12.90, 5.27});
    check_row(output, "  right score - 0.4, the others + 0.4", {3.70, 0, 14.50, 6.07});
    check_row(output, "  scores times 10", {20, 0, 111, 43.67}); // 10 * 1.9 + 1, and 10 * (5.3 + 5.6) + 2
    check_row(output, "  scores times 1000", {1901, 0, 10902, 4267.67});
    for (const int classes : {3, 10, 100})
        check_row(output, "  " + std::to_string(classes) + " classes", {classes - 1.0});
    check_row(output, "  sum over all classes", {3.90, 1, 13.90, 6.27});
    check_row(output, "  mean over the wrong classes", {1.45, 0, 6.45, 2.63});
    check_row(output, "  squared terms", {8.41, 0, 83.25, 30.55}); // 2.9^2, 6.3^2 + 6.6^2
    check_row(output, "  scores times 2", {4.80, 0, 23.80, 9.53});
}

BOOST_AUTO_TEST_CASE(softmax_and_hinge) {
    const std::string output = output_and_picture_of("softmax_and_hinge");
    check_row(output, "cat", {3.2, 24.53, 0.13});
    check_row(output, "car", {5.1, 164.02, 0.87});
    check_row(output, "frog", {-1.7, 0.18, 0});
    BOOST_TEST(output.find("-ln 0.13 = 2.04; the slides print -log10 0.13 = 0.89\n") != std::string::npos, output);
    check_row(output, "10, -2, 3", {0, 0.000918, 0, 0.001512}); // ln(1 + e^-12 + e^-7) and of e^-11.5, e^-6.5
    check_row(output, "10, 9, 9", {0, 0.551445, 1, 0.794377});  // ln(1 + 2/e) and ln(1 + 2/sqrt(e))
    check_row(output, "10, -100, -100", {0, 0, 0, 0});
}

BOOST_AUTO_TEST_CASE(regularization) {
    const std::string output = output_and_picture_of("regularization");
    const std::size_t second = output.find("w2 = ");
    BOOST_TEST_REQUIRE(second != std::string::npos);
    const std::string of_w1 = output.substr(0, second), of_w2 = output.substr(second);
    check_row(of_w1, "  score w1 x =", {1});
    check_row(of_w2, "  score w2 x =", {1});
    check_row(of_w1, "  L2          sum of w^2       ", {1, 2, 0, 0, 0});
    check_row(of_w2, "  L2          sum of w^2       ", {0.25, 0.5, 0.5, 0.5, 0.5});
    check_row(of_w1, "  L1          sum of |w|       ", {1, 1, 0, 0, 0});
    check_row(of_w2, "  L1          sum of |w|       ", {1, 1, 1, 1, 1});
    check_row(of_w1, "  elastic net sum of w^2 + |w| ", {2, 3, 0, 0, 0});
    check_row(of_w2, "  elastic net sum of w^2 + |w| ", {1.25, 1.5, 1.5, 1.5, 1.5});
}

BOOST_AUTO_TEST_CASE(numerical_gradient) {
    const std::string output = output_and_picture_of("numerical_gradient");
    // By hand: the loss, and 1/4 sum over the examples of x_i (1 for each wrong class with a positive term, minus their
    // number for the right one), plus 2 * 0.1 W.
    const double w[3][3] = {{0.34, -1.11, 0.78}, {0.12, 0.55, 2.81}, {-3.1, -1.5, 0.33}};
    const double x[4][3] = {{1, 0.5, 0.2}, {-0.3, 1.2, 1}, {0.8, -0.6, 1.5}, {0.1, 0.9, -1.1}};
    const int label[4] = {0, 1, 2, 1};
    double loss = 0, gradient[3][3];
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
            loss += 0.1 * w[i][j] * w[i][j];
            gradient[i][j] = 0.2 * w[i][j];
        }
    for (int n = 0; n < 4; ++n)
        for (int j = 0; j < 3; ++j) {
            double term = 1;
            for (int i = 0; i < 3; ++i) term += x[n][i] * (w[i][j] - w[i][label[n]]);
            if (j == label[n] || term <= 0) continue;
            loss += term / 4;
            for (int i = 0; i < 3; ++i) {
                gradient[i][j] += x[n][i] / 4;
                gradient[i][label[n]] -= x[n][i] / 4;
            }
        }
    BOOST_TEST(std::abs(row(output, "loss at W:").at(0) - loss) < 1e-6);
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
            const auto numbers = row(output, fmt::format("{:>7.2f}", w[i][j]));
            BOOST_TEST_REQUIRE(numbers.size() == 5u);
            BOOST_TEST(std::abs(numbers[0] - (w[i][j] + 1e-4)) < 1e-9);                                // W + h
            BOOST_TEST(std::abs(numbers[1] - (loss + 1e-4 * gradient[i][j])) < 1e-6);                  // the loss there
            BOOST_TEST(std::abs(numbers[2] - (gradient[i][j] + 1e-5)) < 2e-6);                         // 0.1 h too much
            BOOST_TEST(std::abs(numbers[3] - gradient[i][j]) < 1e-6);                                  // analytic
            BOOST_TEST(std::abs(numbers[4] * std::abs(gradient[i][j]) - 1e-5) < 0.5 * 1e-5);           // one digit
        }
    BOOST_TEST(output.find("has 4000 weights. Its numerical gradient takes 4001 evaluations") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(loss_landscape) {
    const std::string output = output_and_picture_of("loss_landscape");
    for (const char* images : {"1 image", "500 images"}) {
        const auto numbers = row(output, images); // at both ends, difference, integral of the slope, slopes, falls
        BOOST_TEST_REQUIRE(numbers.size() == 6u);
        BOOST_TEST(std::abs(numbers[1] - numbers[0] - numbers[2]) < 0.011);
        BOOST_TEST(std::abs(numbers[2] - numbers[3]) < 0.05);
        BOOST_TEST(numbers[5] == 0); // it is convex
    }
    const double of_one = row(output, "1 image")[4], of_many = row(output, "500 images")[4];
    BOOST_TEST(of_one > 2);
    BOOST_TEST(of_one <= 19); // nine terms with a kink each, which may lie between two places
    BOOST_TEST(of_many > 200);
}

BOOST_AUTO_TEST_CASE(minibatch_noise) {
    const std::string output = output_and_picture_of("minibatch_noise");
    const auto one = row(output, "1 "), some = row(output, "32"), all = row(output, "1024");
    BOOST_TEST(std::abs(one.at(1) / some.at(1) - 1) < 0.1); // noise times the root of the batch size
    BOOST_TEST(all.at(0) == 0);
    BOOST_TEST(one.at(2) == 400);
    BOOST_TEST(some.at(2) == 400 * 32);
    for (const auto& numbers : {one, some, all}) BOOST_TEST(numbers.at(3) < 1.3); // from ln 10
}

BOOST_AUTO_TEST_CASE(takes_one_argument) {
    rejects(XGRAD_LECTURE_FOLDER "/loss_landscape", "a.svg b.svg", "takes one argument, the SVG file to draw");
    rejects(XGRAD_LECTURE_FOLDER "/minibatch_noise", "--help", "without it, minibatch_noise.svg");
    const Run nowhere = shell(folder_of_programs + "regularization /nothing/a.svg 2>&1");
    BOOST_TEST(nowhere.status == 1);
    BOOST_TEST(nowhere.has("regularization: /nothing/a.svg: the picture cannot be written there\n"));
}

BOOST_AUTO_TEST_SUITE_END()
