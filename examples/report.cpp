#include "report.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace examples {

namespace {

std::size_t terminal_width() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

/// Hours only if there are any.
std::string clock_text(double seconds) {
    const auto all = static_cast<std::size_t>(std::min(seconds, 1e12) + 0.5);
    const std::size_t hours = all / 3600, minutes = all / 60 % 60;
    return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, all % 60)
                     : fmt::format("{}:{:02}", minutes, all % 60);
}

} // namespace

std::string progress_line(const Progress& p) {
    std::string line = fmt::format("epoch {}/{}  step {}/{}  loss {:.4f}  rate {}", p.epoch, p.epochs, p.steps_done,
                                   p.steps, p.loss, p.learning_rate);
    if (p.examples_per_second) line += fmt::format("  {:.0f} examples/s", *p.examples_per_second);
    if (p.seconds_left) line += fmt::format("  {} left", clock_text(*p.seconds_left));
    return line;
}

Report::Report(const Datasets& data, const Options& options, bool launched)
    : terminal_(!launched && isatty(STDOUT_FILENO)), epochs_(options.epochs),
      batch_size_(options.whole() ? data.train.size() : std::min(options.batch_size, data.train.size())),
      learning_rate_(*options.learning_rate) {
    print_line(fmt::format("{}: {} training examples, {} held out, {} features, {} classes{}{}", data.train.name,
                           data.train.size(), data.test.size(), data.train.width(), data.train.classes,
                           data.remark.empty() ? "" : "; ", data.remark));
    print_line(describe(options, data.train.size()));
}

void Report::resumed(Position start) {
    print_line(fmt::format("continues after {} epochs and {} steps", start.epochs, start.steps));
}

void Report::step(std::size_t epoch, std::size_t steps_done, std::size_t steps, double loss) {
    if (!terminal_) return;
    const Clock::time_point now = Clock::now();
    if (run_.epoch == 0) run_ = {now, epoch, steps_done};
    if (epoch_.epoch != epoch) epoch_ = {now, epoch, steps_done};
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(100);
    replace_line(progress_line(progress(epoch, steps_done, steps, loss)));
}

Progress Report::progress(std::size_t epoch, std::size_t steps_done, std::size_t steps, double loss) const {
    Progress result{epoch, epochs_, steps_done, steps, loss, learning_rate_};
    const auto seconds_since = [](Clock::time_point time) {
        return std::chrono::duration<double>(Clock::now() - time).count();
    };
    if (steps_done > epoch_.steps)
        result.examples_per_second = static_cast<double>((steps_done - epoch_.steps) * batch_size_) /
                                     seconds_since(epoch_.time);
    const std::size_t done = (epoch - run_.epoch) * steps + steps_done - run_.steps;
    const std::size_t left = (epochs_ - epoch + 1) * steps - steps_done;
    if (done > 0) // the evaluations included
        result.seconds_left = seconds_since(run_.time) * static_cast<double>(left) / static_cast<double>(done);
    return result;
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
    const std::string line = text.substr(0, terminal_width() - 1); // a longer one could not be taken back
    fmt::print("\r{:<{}}", line, shown_);                          // blanks over what is left of a longer line
    std::fflush(stdout);
    shown_ = line.size();
}

void Report::clear_line() {
    if (shown_ > 0) fmt::print("\r{:<{}}\r", "", shown_);
    std::fflush(stdout);
    shown_ = 0;
}

void Report::print_line(const std::string& text) {
    clear_line();
    fmt::print("{}\n", text);
    std::fflush(stdout);
}

} // namespace examples
