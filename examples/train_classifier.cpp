// Trains a linear classifier on images or on a table, and predicts with it. Exit status: 0 done, 1 something is wrong
// with the data or the training, 2 something is wrong with the options, 130 stopped by Ctrl-C, 143 by SIGTERM.

#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "command_line.hpp"
#include "image_text.hpp"
#include "interrupt.hpp"
#include "options.hpp"
#include "prediction.hpp"
#include "ranks.hpp"
#include "trace_file.hpp"
#include "training.hpp"

namespace {

using namespace examples;

int run(const Options& options, const std::optional<xgrad::Group>& ranks) {
    const Datasets data = load(options.data);
    if (options.show) {
        const std::string image = image_text(data.train, *options.show);
        fmt::print("{}class {}\n", image, data.train.class_name(data.train.label(*options.show)));
        return 0;
    }
    catch_interrupt();
    std::optional<TraceFile> trace;
    if (options.trace && (!ranks || ranks->rank() == 0)) trace.emplace(*options.trace);
    const std::optional<Score> score = train(data, options, ranks);
    if (trace) trace->write();
    if (!score) return 128 + interrupted();
    fmt::print("test accuracy {:.4f}\n", score->accuracy);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return run_on_ranks("train_classifier", [&](const std::optional<xgrad::Group>& ranks) {
        if (argc > 1 && argv[1] == std::string_view("predict")) {
            if (const auto options = parse_predict_options(argc - 1, argv + 1)) predict(*options);
            return 0;
        }
        const std::optional<Options> options = parse_options(argc, argv);
        return options ? run(*options, ranks) : 0;
    });
}
