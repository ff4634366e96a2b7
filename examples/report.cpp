#include "report.hpp"

#include <csignal>
#include <cstdio>
#include <unistd.h>

#include <fmt/format.h>

namespace examples {

Report::Report(const Datasets& data, const Options& options)
    : terminal_(isatty(STDOUT_FILENO)), epochs_(options.epochs) {
    print_line(fmt::format("{}: {} training examples, {} held out, {} features, {} classes{}{}", data.train.name,
                           data.train.size(), data.test.size(), data.train.width(), data.train.classes,
                           data.remark.empty() ? "" : "; ", data.remark));
    print_line(describe(options, data.train.size()));
}

void Report::resumed(Position start) {
    print_line(fmt::format("continues after {} epochs and {} steps", start.epochs, start.steps));
}

void Report::step(std::size_t epoch, std::size_t steps_done, std::size_t steps, double loss) {
    if (!terminal_ || Clock::now() < next_) return;
    next_ = Clock::now() + std::chrono::milliseconds(100);
    replace_line(fmt::format("epoch {:3}/{}  step {}/{}  loss {:.4f}", epoch, epochs_, steps_done, steps, loss));
}

void Report::epoch(const EpochRecord& r) {
    print_line(fmt::format("epoch {:3}/{}  training loss {:.4f} accuracy {:.4f}  held out loss {:.4f} accuracy {:.4f}  "
                           "{:.0f} examples/s",
                           r.epoch, epochs_, r.train.loss, r.train.accuracy, r.test.loss, r.test.accuracy,
                           r.examples_per_second));
}

void Report::interrupted(int signal, std::size_t epoch, std::size_t steps_done, std::size_t steps) {
    print_line(fmt::format("stopped by {} in epoch {} of {}, after {} of its {} steps",
                           signal == SIGINT ? "Ctrl-C" : "SIGTERM", epoch, epochs_, steps_done, steps));
}

void Report::replace_line(const std::string& text) {
    fmt::print("\r{:<{}}", text, shown_); // blanks over what is left of a longer line
    std::fflush(stdout);
    shown_ = text.size();
}

void Report::print_line(const std::string& text) {
    if (shown_ > 0) replace_line("");
    fmt::print("{}{}\n", shown_ > 0 ? "\r" : "", text);
    std::fflush(stdout);
    shown_ = 0;
}

} // namespace examples
