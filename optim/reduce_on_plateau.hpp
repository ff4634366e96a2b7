#pragma once

#include <xgrad/core/tape.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

struct PlateauOptions {
    double factor = 0.1;
    int patience = 10;       // calls without progress that are let pass
    double threshold = 1e-4; // progress is a loss below best (1 - threshold), or best - threshold if absolute
    bool absolute = false;
    int cooldown = 0; // calls after a reduction in which nothing is counted
    double min_rate = 0;
    double epsilon = 1e-8; // a smaller change of the rate is not made
};

/// Lowers a learning rate when a loss stops falling. The rate is a state on the tape that a rule was given as its
/// learning_rate; changing it compiles nothing. What this remembers is a state as well, so a checkpoint holds it.
///     Var rate = tape.state(0.1, "rate");  ReduceOnPlateau plateau(rate);  ...  plateau.step(validation_loss);
/// As torch ReduceLROnPlateau, for a loss, which is to fall (mode "min"); a NaN is no progress.
class ReduceOnPlateau {
  public:
    explicit ReduceOnPlateau(Var rate, PlateauOptions options = {}, Location where = Location::current());
    /// To be called with each new loss. True if it lowered the rate.
    bool step(double loss);
    double rate() const { return rate_.scalar<double>(); }

  private:
    [[nodiscard]] Var memory() const;
    Var rate_;
    PlateauOptions options_;
    Location where_;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
