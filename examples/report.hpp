#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "checkpoint.hpp"
#include "epoch_record.hpp"
#include "features.hpp"
#include "options.hpp"

namespace examples {

/// Where a run stands, for the line that moves.
struct Progress {
    std::size_t epoch = 0, epochs = 0, steps_done = 0, steps = 0; // the steps are those of the epoch
    double loss = 0, learning_rate = 0;
    std::optional<double> examples_per_second = {}, seconds_left = {}; // until they can be told
};

/// As in "epoch 2/20  step 30/80  loss 0.4123  rate 0.1  52000 examples/s  0:07 left".
std::string progress_line(const Progress& progress);

/// What the program prints while it trains: a line for each epoch, and on a terminal a line in between that moves.
class Report {
  public:
    /// The options must give a learning rate. No line moves if this is one of several processes: mpirun shows a
    /// terminal to them, wherever what they print goes.
    Report(const Datasets& data, const Options& options, bool launched = false);
    ~Report() { clear_line(); } // so that an error has a line of its own
    Report(const Report&) = delete;
    Report& operator=(const Report&) = delete;

    void resumed(Position start);
    void step(std::size_t epoch, std::size_t steps_done, std::size_t steps, double loss);
    void epoch(const EpochRecord& record);
    void interrupted(int signal, std::size_t epoch, std::size_t steps_done, std::size_t steps);

  private:
    using Clock = std::chrono::steady_clock;
    /// A moment, and the steps of its epoch that were done then.
    struct Since {
        Clock::time_point time = {};
        std::size_t epoch = 0, steps = 0;
    };

    Progress progress(std::size_t epoch, std::size_t steps_done, std::size_t steps, double loss) const;
    void replace_line(const std::string& text);
    void clear_line();
    void print_line(const std::string& text);

    bool terminal_;
    std::size_t epochs_, batch_size_;
    double learning_rate_;
    std::size_t shown_ = 0;       // characters of the moving line
    Clock::time_point next_ = {}; // when it may move again
    Since run_, epoch_;           // their first steps, which compile, are not counted
};

} // namespace examples
