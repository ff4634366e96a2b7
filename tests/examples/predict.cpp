// train_classifier predict.

#include <cmath>
#include <regex>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>
#include <xgrad/xgrad.hpp>

#include "../folder.hpp"
#include "files.hpp"
#include "run.hpp"

using namespace test_files;

namespace {

const std::string program = "'" XGRAD_TRAIN_PROGRAM "'";

Run train(const std::string& options) { return shell(program + " " + options + " 2>&1"); }
Run predict(const std::string& checkpoint, const std::string& options) {
    return train("predict --checkpoint " + checkpoint + " " + options);
}

/// A table whose class is whether the first column is above the second.
std::string table(int rows, int shift) {
    std::string text;
    for (int i = 0; i < rows; ++i) {
        const int a = (7 * i + shift) % 11, b = (3 * i) % 11;
        text += std::to_string(a) + "," + std::to_string(b) + "," + std::to_string(a > b) + "\n";
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(prediction)

BOOST_AUTO_TEST_CASE(agrees_with_the_training) {
    for (const char* ending : {".npz", ".safetensors"}) {
        const Folder folder;
        const std::string file = (folder / (std::string("a") + ending)).string();
        const double accuracy = train("--epochs 2 --checkpoint " + file).test_accuracy();
        const Run all = predict(file, "digits");
        BOOST_TEST(all.status == 0, all.output);
        BOOST_TEST(all.lines() == 1u + 2000u + 1u);
        std::smatch found;
        BOOST_TEST_REQUIRE(std::regex_search(all.output, found, std::regex("\naccuracy ([0-9.]+)\n$")));
        BOOST_TEST(std::stod(found[1]) == accuracy);

        const Run few = predict(file, "digits --first 3 --top 10");
        BOOST_TEST(few.lines() == 1u + 3u + 1u);
        BOOST_TEST(few.has("^digits: 3 examples; classes with their probabilities\n"
                           "0  label [0-9](  [0-9] [01][.][0-9]{4}){10}\n1  label "),
                   few.output);
        const std::string line = few.output.substr(few.output.find("\n0  label"));
        double sum = 0, last = 1;
        const std::regex number("  [0-9] ([01][.][0-9]{4})");
        for (std::sregex_iterator i(line.begin(), line.begin() + static_cast<long>(line.find('\n', 1)), number), end; i != end; ++i) {
            const double p = std::stod((*i)[1]);
            BOOST_TEST(p <= last); // the most probable first
            sum += last = p;
        }
        BOOST_TEST(std::abs(sum - 1) < 1e-3);
    }
}

BOOST_AUTO_TEST_CASE(an_svm_shows_scores) {
    const Folder folder;
    const std::string file = (folder / "a.npz").string();
    const double accuracy = train("--epochs 2 --loss svm --checkpoint " + file).test_accuracy();
    const Run run = predict(file, "digits");
    BOOST_TEST(run.has("; classes with their scores, which are no probabilities: the loss was an SVM's\n"), run.output.substr(0, 200));
    BOOST_TEST(run.has("  -?[1-9][0-9]*[.][0-9]{4}\n|  [0-9] -[0-9]"));
    std::smatch found;
    BOOST_TEST_REQUIRE(std::regex_search(run.output, found, std::regex("\naccuracy ([0-9.]+)\n$")));
    BOOST_TEST(std::stod(found[1]) == accuracy);
}

BOOST_AUTO_TEST_CASE(classifies_files) {
    const Folder folder;
    const std::string images = folder.write("images", idx_images(9)), labels = folder.write("labels", idx_labels(9));
    const std::string pair = images + " " + labels, file = (folder / "a.npz").string();
    BOOST_TEST(train("--epochs 1 --train-files " + pair + " --test-files " + pair + " --checkpoint " + file).status == 0);
    const Run with = predict(file, labels + " " + images), without = predict(file, images);
    BOOST_TEST(with.status == 0);
    BOOST_TEST(with.lines() == 1u + 9u + 1u);
    BOOST_TEST(with.has("\n4  label 1  [012] 0[.]"));
    BOOST_TEST(without.lines() == 1u + 9u);
    BOOST_TEST(without.has("\n4  [012] 0[.]"), without.output);
    BOOST_TEST(!without.has("label"));
}

BOOST_AUTO_TEST_CASE(standardises_tables_as_the_training_does) {
    const Folder folder;
    const std::string training = folder.write("training.csv", table(60, 0)), other = folder.write("other.csv", table(20, 1));
    const std::string file = (folder / "a.npz").string(), files = " --train-files " + training;
    const double accuracy =
        train("--epochs 30" + files + " --test-files " + other + " --checkpoint " + file).test_accuracy();
    BOOST_TEST(accuracy > 0.85);
    const Run run = predict(file, other + files);
    BOOST_TEST(run.status == 0);
    char text[40];
    std::snprintf(text, sizeof text, "\naccuracy %.4f\n$", accuracy);
    BOOST_TEST(run.has(text), run.output);

    const Run alone = predict(file, other);
    BOOST_TEST(alone.status == 1);
    BOOST_TEST(alone.has("^train_classifier: .*other.csv: expected the table that the classifier learned from .*--train-files"),
               alone.output);
}

BOOST_AUTO_TEST_CASE(says_in_one_line_what_is_wrong) {
    const Folder folder;
    const std::string good = (folder / "good.npz").string(), images = folder.write("images", idx_images(9));
    train("--epochs 1 --checkpoint " + good);
    const std::string whole = test::read_text(good);
    folder.write("cut.npz", whole.substr(0, whole.size() / 2));
    folder.write("text.npz", "no archive");
    shell("cd '" + folder.str() + "' && printf '\\2\\0\\0\\0\\0\\0\\0\\0{}' > empty.safetensors");
    folder.write("cut", idx_images(9).substr(0, 50));

    const std::tuple<const char*, std::string, const char*> cases[] = {
        {"none.npz", "digits", "none.npz: .*No such file"},
        {"cut.npz", "digits", "cut.npz: "},
        {"text.npz", "digits", "text.npz: "},
        {"empty.safetensors", "digits", "empty.safetensors: holds no array linear.weights, so no classifier"},
        {"good.npz", images, "images: expected examples of 400 features, as the classifier in .*good.npz takes them, found 6"},
        {"good.npz", "no_such_set", "no_such_set: expected .*, found nothing of that name"},
        {"good.npz", folder.str() + "/cut", "cut: expected 70 bytes"},
    };
    for (const auto& [checkpoint, options, message] : cases)
        BOOST_TEST_CONTEXT(checkpoint << ' ' << options) {
            const Run run = predict(folder.str() + "/" + checkpoint, options);
            BOOST_TEST(run.status == 1);
            BOOST_TEST(run.lines() == 1u);
            BOOST_TEST(run.has(std::string("^train_classifier: .*") + message), run.output);
        }
    const Run full = shell(program + " predict --checkpoint " + good + " digits 2>&1 > /dev/full");
    BOOST_TEST(full.status == 1);
    BOOST_TEST(full.has("^train_classifier: [^\n]*: No space left on device\n$"), full.output);
}

BOOST_AUTO_TEST_CASE(says_in_one_line_that_a_checkpoint_is_of_another_model) {
    const Folder folder;
    const std::pair<xt::xarray<float>, const char*> cases[] = {
        {xt::ones<float>({400}), "its linear.weights must be \\(features, classes\\), and are \\(400,\\)\n$"},
        {xt::ones<float>({400, 10}), "\"linear.bias\", .* is not in the file\n$"},
    };
    for (const auto& [weights, message] : cases) {
        const std::string file = (folder / "a.npz").string();
        xgrad::Tape tape;
        tape.parameter(weights, "linear.weights");
        tape.training_state(xt::xarray<std::uint8_t>(xt::ones<std::uint8_t>({256})), "training.settings");
        xgrad::models::save(tape, file);
        const Run run = predict(file, "digits");
        BOOST_TEST(run.status == 1);
        BOOST_TEST(run.lines() == 1u);
        BOOST_TEST(run.has(std::string("^train_classifier: .*a.npz.* ") + message), run.output);
    }
}

BOOST_AUTO_TEST_CASE(rejects_bad_options) {
    rejects(XGRAD_TRAIN_PROGRAM, "predict", "--checkpoint is required");
    rejects(XGRAD_TRAIN_PROGRAM, "predict --checkpoint a.npz", "data is required");
    rejects(XGRAD_TRAIN_PROGRAM, "predict --checkpoint a.txt digits", "expected a file whose name ends in .npz or .safetensors");
    rejects(XGRAD_TRAIN_PROGRAM, "predict --checkpoint a.npz digits --first 0", "--first: expected a whole number from 1 ");
    BOOST_TEST(train("predict --help").status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
