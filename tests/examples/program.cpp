// Runs train_classifier as a user does, and looks at its output and exit status.

#include <chrono>
#include <cmath>
#include <string>
#include <tuple>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "files.hpp"
#include "run.hpp"

using namespace test_files;

namespace {

const std::string program = "'" XGRAD_TRAIN_PROGRAM "'";

Run train(const std::string& options) { return shell(program + " " + options + " 2>&1"); }

} // namespace

BOOST_AUTO_TEST_SUITE(train_classifier)

BOOST_AUTO_TEST_CASE(learns_the_drawn_digits_with_each_loss_and_optimizer) {
    for (const char* loss : {"softmax", "svm"})
        for (const auto& [optimizer, epochs, bound] :
             {std::tuple("gd", 60, 0.80), std::tuple("sgd", 5, 0.88), std::tuple("momentum", 5, 0.88)}) {
            BOOST_TEST_CONTEXT(loss << ' ' << optimizer) {
                const Run run = train(std::string("--loss ") + loss + " --optimizer " + optimizer + " --epochs " +
                                      std::to_string(epochs));
                BOOST_TEST(run.status == 0);
                const double accuracy = run.test_accuracy();
                BOOST_TEST(accuracy > bound);
                BOOST_TEST(accuracy < 0.99); // the data set is not that easy
            }
        }
}

BOOST_AUTO_TEST_CASE(takes_the_rules_of_optim) {
    for (const char* rule : {"nesterov", "adagrad", "adam", "lion", "lamb"}) {
        const Run run = train(std::string("--epochs 5 --optimizer ") + rule);
        BOOST_TEST(run.has(std::string("\nsoftmax loss, ") + rule + ", learning rate "), run.output);
        BOOST_TEST(run.test_accuracy() > 0.88, rule);
    }
}

BOOST_AUTO_TEST_CASE(reports_each_epoch_in_a_line) {
    const Run run = train("--epochs 3");
    BOOST_TEST(run.lines() == 2u + 3u + 1u);
    for (const char* epoch : {"1", "2", "3"})
        BOOST_TEST(run.has(
            std::string("\nepoch +") + epoch +
            "/3  training loss [0-9.]+ accuracy [0-9.]+  held out loss [0-9.]+ accuracy [0-9.]+  [0-9]+ examples/s\n"));
    BOOST_TEST(run.output.find('\r') == run.output.npos); // no moving line in a pipe
}

BOOST_AUTO_TEST_CASE(depends_on_the_seed_and_not_on_the_threads) {
    const std::string one = train("--epochs 2 --seed 5").without_speed();
    BOOST_TEST(train("--epochs 2 --seed 5").without_speed() == one);
    BOOST_TEST(train("--epochs 2 --seed 5 --threads 1").without_speed() == one);
    BOOST_TEST(train("--epochs 2 --seed 5 --threads 4").without_speed() == one);
    BOOST_TEST(train("--epochs 2 --seed 6").without_speed() != one);
    const std::string fixed = "--epochs 2 --zero-init --in-order";
    BOOST_TEST(train(fixed + " --seed 5").without_speed() == train(fixed + " --seed 6").without_speed());
}

BOOST_AUTO_TEST_CASE(uses_a_last_batch_that_is_smaller) {
    const Run run = train("--epochs 2 --batch-size 3000"); // 3000 + 3000 + 2000
    BOOST_TEST(run.status == 0);
    BOOST_TEST(run.test_accuracy() > 0.3);
}

BOOST_AUTO_TEST_CASE(rejects_bad_options_with_status_2) {
    const std::pair<const char*, const char*> cases[] = {
        {"--loss hinge", "--loss: expected softmax\\|svm, found \"hinge\""},
        {"--optimizer adan", "--optimizer: expected gd\\|sgd\\|momentum\\|.*\\|adam\\|.*, found \"adan\""},
        {"--epochs 00", "--epochs: expected a whole number from 1 to 1000000000, found \"00\""},
        {"--learning-rate -0.1", "--learning-rate: expected a number above 0, found \"-0.1\""},
        {"--learning-rate 0", "--learning-rate: expected a number above 0"},
        {"--learning-rate nan", "--learning-rate: expected a number above 0"},
        {"--batch-size 0", "--batch-size: expected a whole number from 1 "},
        {"--batch-size 2.5", "--batch-size: expected a whole number from 1 "},
        {"--epochs 0", "--epochs: expected a whole number from 1 "},
        {"--l2 -1", "--l2: expected a number of 0 or more"},
        {"--seed x", "--seed: expected a whole number of 0 or more"},
        {"--threads 0", "--threads: expected a whole number from 1 to 1024"},
        {"--train-files a", "--train-files requires --test-files"},
        {"--checkpoint run.txt", "--checkpoint: expected a file whose name ends in .npz or .safetensors"},
        {"--resume", "--resume requires --checkpoint"},
        {"--checkpoint-every 5", "--checkpoint-every requires --checkpoint"},
        {"--checkpoint run.npz --checkpoint-every 0", "--checkpoint-every: expected a whole number from 1 "},
        {"--no-such-option", "--no-such-option"},
        {"something", "something"},
    };
    for (const auto& [options, message] : cases)
        BOOST_TEST_CONTEXT(options) {
            const Run run = train(options);
            BOOST_TEST(run.status == 2);
            BOOST_TEST(run.lines() == 1u);
            BOOST_TEST(run.has(std::string("^train_classifier: .*") + message), run.output);
        }
    const Run help = train("--help");
    BOOST_TEST(help.status == 0);
    BOOST_TEST(help.has("--learning-rate"));
}

BOOST_AUTO_TEST_CASE(reads_numbers_as_decimal_ones) {
    for (const auto& [text, lines] : {std::pair("010", 10u), {"09", 9u}, {"0008", 8u}}) {
        const Run run = train(std::string("--in-order --batch-size 04000 --epochs ") + text);
        BOOST_TEST(run.status == 0);
        BOOST_TEST(run.lines() == 2u + lines + 1u, run.output);
        BOOST_TEST(run.has("batches of 4000\n"), run.output);
    }
    BOOST_TEST(train("--epochs 1 --seed 010").without_speed() == train("--epochs 1 --seed 10").without_speed());
    BOOST_TEST(train("--epochs 1 --seed 000").without_speed() == train("--epochs 1 --seed 0").without_speed());
}

BOOST_AUTO_TEST_CASE(blames_what_is_too_large) {
    for (const char* options : {"--l2 1e30", "--l2 1e38 --optimizer adam", "--l2 1e300"}) {
        const Run run = train(std::string("--epochs 5 ") + options);
        BOOST_TEST(run.status == 1);
        BOOST_TEST(run.has(": the factor --l2 1e\\+[0-9]+ is too large\n$"), run.output);
    }
}

BOOST_AUTO_TEST_CASE(rejects_bad_files_with_status_1) {
    const Folder folder;
    const std::string images = folder.write("images", idx_images(9)), labels = folder.write("labels", idx_labels(9));
    const std::string cut = folder.write("cut", idx_images(9).substr(0, 50));
    const std::string good = " --test-files " + images + " " + labels;
    BOOST_TEST(train("--epochs 1 --train-files " + images + " " + labels + good).status == 0);
    const std::pair<std::string, std::string> cases[] = {
        {"--train-files " + cut + " " + labels + good, "cut: expected 70 bytes .*, found 50"},
        {"--train-files " + images + "x " + labels + good, "imagesx: expected a readable file, found no such file"},
        {"--data " + folder.str() + "/nothing", "nothing: expected .*, found nothing of that name"},
    };
    for (const auto& [options, message] : cases) {
        const Run run = train(options);
        BOOST_TEST(run.status == 1);
        BOOST_TEST(run.lines() == 1u);
        BOOST_TEST(run.has("^train_classifier: .*" + message), run.output);
    }
}

BOOST_AUTO_TEST_CASE(stops_when_the_loss_is_no_number) {
    for (const char* loss : {"softmax", "svm"}) {
        const Run run = train(std::string("--learning-rate 1e30 --epochs 5 --loss ") + loss);
        BOOST_TEST(run.status == 1);
        BOOST_TEST(run.has("\ntrain_classifier: the loss became -?(nan|inf) in epoch 1: "
                           "the learning rate 1e\\+30 is too large\n$"),
                   run.output);
        BOOST_TEST(!run.has("test accuracy"));
    }
}

BOOST_AUTO_TEST_CASE(stops_when_the_loss_has_grown_a_thousandfold) {
    for (const char* options : {"--optimizer adam --learning-rate 1e6", "--learning-rate 1e6 --l2 0", "--loss svm --optimizer lion --learning-rate 1e5"}) {
        const Run run = train(std::string("--epochs 5 ") + options);
        BOOST_TEST(run.status == 1);
        BOOST_TEST(run.has("\ntrain_classifier: the loss became [0-9.e+]+ in epoch 1, from [0-9.]+ at the start: "
                           "the learning rate 10+ is too large\n$"),
                   run.output);
        BOOST_TEST(!run.has("test accuracy"));
    }
    BOOST_TEST(train("--epochs 2 --learning-rate 10").status == 0); // a loss that is bad only
}

BOOST_AUTO_TEST_CASE(a_batch_larger_than_the_data) {
    const Run run = train("--epochs 1 --batch-size 100000");
    BOOST_TEST(run.status == 0);
    BOOST_TEST(run.has(", batches of 8000, which are all there are, not of 100000\n"), run.output);
    BOOST_TEST(train("--epochs 1 --batch-size 8000").has(", batches of 8000\n"));
}

BOOST_AUTO_TEST_CASE(tells_where_the_first_nan_arises) {
    const Run run = train("--learning-rate 1e30 --epochs 5 --check-numerics");
    BOOST_TEST(run.status == 1);
    BOOST_TEST(run.has("\ntrain_classifier: [a-z_]+: element \\([0-9, ]*\\) of float32 .* is -?(nan|inf); its inputs? .*, at "
                       "[a-z_]+\\.cpp:[0-9]+\n$"),
               run.output);
    BOOST_TEST(train("--epochs 1 --check-numerics").without_speed() == train("--epochs 1").without_speed());
}

BOOST_AUTO_TEST_CASE(ends_cleanly_at_an_interrupt) {
    const auto start = std::chrono::steady_clock::now();
    const Folder folder; // on a busy machine it takes a while before it trains
    const std::string output = (folder / "output").string();
    const Run run = shell(program + " --epochs 1000000 > " + output + " & child=$!; until grep -q epoch " + output +
                          "; do sleep 0.1; done; kill -INT $child; wait $child; status=$?; cat " + output + "; exit $status");
    BOOST_TEST(run.status == 130);
    BOOST_TEST(run.has("\nstopped by Ctrl-C in epoch [0-9]+ of 1000000, after [0-9]+ of its 80 steps\n$"));
    BOOST_TEST(!run.has("test accuracy"));
    BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(30)));
}

BOOST_AUTO_TEST_CASE(prints_an_image) {
    const Run run = train("--show 3");
    BOOST_TEST(run.status == 0);
    BOOST_TEST(run.lines() == 20u + 1u);
    BOOST_TEST(run.has("\nclass 3\n$"));
    BOOST_TEST(train("--show 8000").status == 1);
}

BOOST_AUTO_TEST_CASE(reaches_the_reference_accuracies) {
    // Another implementation, in NumPy and in PyTorch, gets these with the same protocol.
    if (real_data().empty()) return;
    const std::tuple<const char*, const char*, double> cases[] = {
        {"mnist", "--loss softmax --learning-rate 0.1", 0.9204},
        {"mnist", "--loss svm --learning-rate 0.01", 0.9171},
        {"fashion-mnist", "--loss softmax --learning-rate 0.1", 0.8416},
        {"fashion-mnist", "--loss svm --learning-rate 0.01", 0.8368}};
    for (const auto& [data, options, accuracy] : cases)
        BOOST_TEST_CONTEXT(data << ' ' << options) {
            const Run run = train(std::string("--zero-init --in-order --batch-size 100 --epochs 10 --l2 0 --data ") +
                                  data + ' ' + options);
            BOOST_TEST(std::abs(run.test_accuracy() - accuracy) <= 0.002);
        }
}

BOOST_AUTO_TEST_SUITE_END()
