// The program ladder, as a user runs it.

#include <regex>
#include <string>

#include <boost/test/unit_test.hpp>

#include "../check_svg.hpp"
#include "files.hpp"
#include "run.hpp"

using namespace test_files;

namespace {

Run climb(const std::string& options) { return shell("'" XGRAD_LADDER_PROGRAM "' " + options + " 2>&1"); }

/// The test accuracy, in percent, in the line of a rung.
double accuracy(const Run& run, const std::string& title) {
    std::smatch found;
    const std::regex line("\n" + title + " +[0-9.]+ % +([0-9.]+) % +[0-9.]+ +[0-9]+[ \n]");
    BOOST_TEST_REQUIRE(std::regex_search(run.output, found, line), title + " is not in\n" + run.output);
    return std::stod(found[1]);
}

} // namespace

BOOST_AUTO_TEST_SUITE(ladder_program)

BOOST_AUTO_TEST_CASE(some_rungs_on_digits) {
    const Run run = climb("--data digits --rungs numerical-gradient,gd,sgd,softmax,svm-hog,svm-hue --epochs 2");
    BOOST_TEST(run.status == 0, run.output);
    BOOST_TEST(run.lines() == 9u); // what the data are, a blank, the head of the table
    BOOST_TEST(run.has("^digits: 8000 training images, 2000 held out, \\(1, 20, 20\\), 10 classes; "), run.output);
    BOOST_TEST(run.has("\nnumerical gradient .* 10 of 4000 slopes, off by [0-9]e-(0[5-9]|1[0-9]); all"), run.output);
    BOOST_TEST(run.has("\nthe same steps, batches of 100 .* 80 steps\n"), run.output);
    BOOST_TEST(run.has("\nlinear SVM, hue histogram +left out: these images have no colours\n"), run.output);
    BOOST_TEST(run.has("\nlinear SVM, HOG .* 2 epochs, 144 features\n"), run.output);
    BOOST_TEST(accuracy(run, "gradient descent") > 50);
    BOOST_TEST(accuracy(run, "linear softmax, pixels") > 60);
    BOOST_TEST(accuracy(run, "linear SVM, HOG") > 80);
}

BOOST_AUTO_TEST_CASE(every_rung_on_a_few_images) {
    const Folder folder;
    write_small_cifar(folder);
    const std::string picture = (folder / "k.svg").string();
    const Run run = climb("--data '" + folder.str() + "' --epochs 1 --picture '" + picture + "'");
    BOOST_TEST(run.status == 0, run.output);
    BOOST_TEST(run.lines() == 24u, run.output);
    BOOST_TEST(accuracy(run, "nearest neighbour") == 100); // the images held out are the first ones
    const char* rows[] = {"k nearest neighbours .* k = ",
                          "random search .* 1000 tries\n",
                          "linear SVM, HOG and hue .* 154 features\n",
                          "linear softmax, bag of words .* 800 features\n",
                          "two layers, HOG and hue .* 400 hidden units\n",
                          "small convnet .* 1 epoch\n",
                          "the same, augmented images .* flips and shifts\n"};
    for (const std::string row : rows)
        BOOST_TEST(run.has("\n" + row), row + " is not in\n" + run.output);
    check_svg(read(picture));
}

BOOST_AUTO_TEST_CASE(a_seed_repeats_a_run) {
    const auto table = [](const std::string& seed) {
        const std::string output = climb("--data digits --rungs sgd,net-features --epochs 1 --seed " + seed).output;
        return std::regex_replace(output, std::regex(" % +[0-9.]+ +[0-9]+ "), " % "); // without times
    };
    BOOST_TEST(table("3") == table("3"));
    BOOST_TEST(table("3") != table("4"));
}

BOOST_AUTO_TEST_CASE(rejects_bad_options_with_status_2) {
    rejects(XGRAD_LADDER_PROGRAM, "--rungs svm,stairs", "--rungs: expected nearest\\|knn\\|.*, found \"stairs\"");
    rejects(XGRAD_LADDER_PROGRAM, "--epochs 0", "--epochs: expected a whole number from 1 to 1000000000, found \"0\"");
    rejects(XGRAD_LADDER_PROGRAM, "--seed -1", "--seed: expected a whole number of 0 or more");
    rejects(XGRAD_LADDER_PROGRAM, "--train-files a", "--test-files");
    rejects(XGRAD_LADDER_PROGRAM, "upwards", "upwards");
}

BOOST_AUTO_TEST_CASE(rejects_data_that_are_no_images_or_too_small) {
    const Folder folder;
    folder.write("a.csv", "1,2,0\n3,4,1\n5,6,0\n7,8,1\n9,10,0\n");
    const Run run = climb("--data '" + folder.str() + "'");
    BOOST_TEST(run.status == 1);
    BOOST_TEST(run.has("^ladder: .*: expected images, found a table\n$"), run.output);
    const std::string images = folder.write("images", idx_images(6)).string(),
                      labels = folder.write("labels", idx_labels(6)).string(), files = images + " " + labels;
    const Run small = climb("--train-files " + files + " --test-files " + files);
    BOOST_TEST(small.status == 1);
    BOOST_TEST(small.has("expected images of at least 8 x 8 pixels, found \\(1, 2, 3\\)\n$"), small.output);
}

BOOST_AUTO_TEST_CASE(linear_rungs_on_part_of_cifar10) {
    const std::filesystem::path folder = real_data();
    if (folder.empty()) return;
    const std::string exact = (folder / "cifar10" / "exact").string();
    const Run run = climb("--data '" + exact + "' --rungs svm,softmax,softmax-features");
    BOOST_TEST(run.status == 0, run.output);
    // What an independent program found.
    BOOST_TEST(std::abs(accuracy(run, "linear SVM, pixels") - 34.9) <= 1);
    BOOST_TEST(std::abs(accuracy(run, "linear softmax, pixels") - 37.4) <= 1);
    BOOST_TEST(accuracy(run, "linear softmax, HOG and hue") > 42);
}

BOOST_AUTO_TEST_SUITE_END()
