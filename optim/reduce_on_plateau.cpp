#include <xgrad/optim/reduce_on_plateau.hpp>

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <xgrad/optim/settings.hpp>

namespace xgrad::optim {
namespace {
enum Remembered { calls, best, bad, cooling, count };
}

ReduceOnPlateau::ReduceOnPlateau(Var rate, PlateauOptions options, Location where)
    : rate_(rate), options_(options), where_(where) {
    if (!is_floating(rate.dtype()) || rate.shape().numel() != 1)
        throw Error(fmt::format("ReduceOnPlateau: the rate is {} {}; it must be one floating-point number",
                                name(rate.dtype()), rate.shape().str()),
                    where);
    require("ReduceOnPlateau",
            {{"factor", options.factor, Range::below_one},
             {"patience", static_cast<double>(options.patience), Range::not_negative},
             {"threshold", options.threshold, Range::not_negative},
             {"cooldown", static_cast<double>(options.cooldown), Range::not_negative},
             {"min_rate", options.min_rate, Range::not_negative},
             {"epsilon", options.epsilon, Range::not_negative}},
            where);
    (void)memory();
}

Var ReduceOnPlateau::memory() const {
    Tape& tape = rate_.tape();
    return tape.slot(fmt::format("reduce_on_plateau.memory/{}", tape.name(rate_)), DType::float64, Shape(int(count)), 0,
                     where_);
}

bool ReduceOnPlateau::step(double loss) {
    const Var remembered = memory();
    auto m = remembered.value<double>();
    if (m(calls)++ == 0) m(best) = std::numeric_limits<double>::infinity(); // what a NaN is no progress from
    const double line = options_.absolute ? m(best) - options_.threshold : m(best) * (1 - options_.threshold);
    if (loss < line)
        m(best) = loss, m(bad) = 0;
    else
        ++m(bad);
    if (m(cooling) > 0) --m(cooling), m(bad) = 0;

    bool lowered = false;
    if (m(bad) > options_.patience) {
        m(cooling) = options_.cooldown, m(bad) = 0;
        const double old = rate(), next = std::max(old * options_.factor, options_.min_rate);
        lowered = old - next > options_.epsilon;
        if (lowered) rate_.tape().assign(rate_, next, where_);
    }
    rate_.tape().assign(remembered, m, where_);
    return lowered;
}

} // namespace xgrad::optim
