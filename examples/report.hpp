#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "checkpoint.hpp"
#include "epoch_record.hpp"
#include "features.hpp"
#include "options.hpp"

namespace examples {

/// What the program prints while it trains: a line for each epoch, and on a terminal a line in between that moves.
class Report {
  public:
    Report(const Datasets& data, const Options& options);

    void resumed(Position start);
    void step(std::size_t epoch, std::size_t steps_done, std::size_t steps, double loss);
    void epoch(const EpochRecord& record);
    void interrupted(int signal, std::size_t epoch, std::size_t steps_done, std::size_t steps);

  private:
    void replace_line(const std::string& text);
    void print_line(const std::string& text);

    using Clock = std::chrono::steady_clock;
    bool terminal_;
    std::size_t epochs_;
    std::size_t shown_ = 0; // characters of the moving line
    Clock::time_point next_ = Clock::now();
};

} // namespace examples
