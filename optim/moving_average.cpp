#include <xgrad/optim/moving_average.hpp>

#include <fmt/format.h>

#include <xgrad/ops/arithmetic.hpp>

namespace xgrad::optim {

Var MovingAverage::update(Var g, Parameter& p) const {
    const Var old = p.slot("average"), next = moved(p.value(), g);
    p.keep(old, where(p.count() == 1, next, decay * old + (1 - decay) * next));
    return g;
}

Var MovingAverage::of(Var parameter) const {
    Tape& tape = parameter.tape();
    return tape.slot(fmt::format("{}.average/{}", name, tape.name(parameter)), parameter.dtype(), parameter.shape());
}

} // namespace xgrad::optim
