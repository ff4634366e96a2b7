// minimize of each rule. In the headers it would have every program that trains compile all the rules.

#include <xgrad/optim/accumulate.hpp>
#include <xgrad/optim/adadelta.hpp>
#include <xgrad/optim/adagrad.hpp>
#include <xgrad/optim/adam.hpp>
#include <xgrad/optim/adamax.hpp>
#include <xgrad/optim/chain.hpp>
#include <xgrad/optim/gd.hpp>
#include <xgrad/optim/lamb.hpp>
#include <xgrad/optim/lars.hpp>
#include <xgrad/optim/lion.hpp>
#include <xgrad/optim/momentum.hpp>
#include <xgrad/optim/nadam.hpp>
#include <xgrad/optim/nesterov.hpp>
#include <xgrad/optim/radam.hpp>
#include <xgrad/optim/rmsprop.hpp>
#include <xgrad/optim/rprop.hpp>
#include <xgrad/optim/sgd.hpp>

namespace xgrad::optim {

Updates Accumulate::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates Adadelta::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates Adagrad::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates Adam::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates AMSGrad::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates AdamW::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates Adamax::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates Chain::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates GD::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates LAMB::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates LARS::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates Lion::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates Momentum::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates NAdam::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates Nesterov::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates RAdam::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates RMSProp::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates Rprop::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}
Updates SGD::minimize(Objective loss, Parameters p, MinimizeOptions o) const {
    return optim::minimize(*this, loss, p, o);
}

} // namespace xgrad::optim
