#pragma once
// Learning rates that change with the number of steps done: 0 for the first step. A schedule is any function from that
// number, a float64 Var of shape (), to a Var of one element; these are the usual ones. The count is a state of the
// rule, so a schedule goes on where it was when a checkpoint is loaded.

#include <vector>

#include <xgrad/optim/learning_rate.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// The same rate always (what a plain number is, too).
struct Constant {
    double rate = 1e-3;
    Var operator()(Var step) const;
};

/// initial factor^floor(step / every).  torch StepLR; CS231n, lecture 7.
struct StepDecay {
    double initial = 1e-2;
    double factor = 0.1;
    double every = 1000;
    Var operator()(Var step) const;
};

/// rates[k] from step boundaries[k - 1] on, rates[0] before the first boundary. One rate more than boundaries, which
/// rise.
/// torch MultiStepLR, which has one factor instead of the rates.
struct Piecewise {
    std::vector<double> boundaries;
    std::vector<double> rates;
    Var operator()(Var step) const;
};

/// initial factor^(step / every).  torch ExponentialLR; the lecture's initial e^(-k t) for factor = e^-k.
struct Exponential {
    double initial = 1e-2;
    double factor = 0.999;
    double every = 1;
    Var operator()(Var step) const;
};

/// initial / (1 + decay step).  CS231n, lecture 7.
struct InverseTime {
    double initial = 1e-2;
    double decay = 1e-3;
    Var operator()(Var step) const;
};

/// From initial to final in `steps` steps, where it stays:  final + (initial - final) (1 - step / steps)^power.
/// torch PolynomialLR, whose final rate is 0.
struct Polynomial {
    double initial = 1e-2;
    double final = 0;
    double steps = 1000;
    double power = 1;
    Var operator()(Var step) const;
};

/// Half a wave of a cosine from initial to final in `steps` steps, where it stays:
///     final + (initial - final) (1 + cos(pi step / steps)) / 2
/// torch CosineAnnealingLR up to its end.  Loshchilov and Hutter 2017.
struct Cosine {
    double initial = 1e-2;
    double final = 0;
    double steps = 1000;
    Var operator()(Var step) const;
};

/// The cosine again and again, each period `growth` times as long as the one before it.
/// torch CosineAnnealingWarmRestarts.  Loshchilov and Hutter 2017.
struct CosineRestarts {
    double initial = 1e-2;
    double final = 0;
    double period = 1000;
    double growth = 1;
    Var operator()(Var step) const;
};

/// For `steps` steps a straight line from `from` times the first rate of `then` to that rate, then `then` from its
/// start.
/// torch LinearLR(start_factor = from) and what follows it in a SequentialLR; `from` is 0 here, 1/3 there.
struct Warmup {
    double steps = 100;
    LearningRate then = 1e-3;
    double from = 0;
    Var operator()(Var step) const;
};

/// Up from peak / divisor to peak in the first part of `steps`, and down to peak / (divisor final_divisor) in the rest,
/// along cosines or straight lines.  torch OneCycleLR (two phases, the momentum untouched).  Smith and Topin 2018.
struct OneCycle {
    double peak = 1e-2;
    double steps = 1000;
    double rise = 0.3;
    double divisor = 25;
    double final_divisor = 1e4;
    bool linear = false;
    Var operator()(Var step) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
