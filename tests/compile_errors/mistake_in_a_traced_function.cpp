// error: has no member named .minimise.|no member named 'minimise'
#include <xgrad/xgrad.hpp>

void f(xgrad::Tape& tape, xgrad::Var w) {
    tape.function([&](xgrad::Var x) { return xgrad::Step{{}, xgrad::optim::GD{0.1}.minimise(sum(x * w))}; });
}
