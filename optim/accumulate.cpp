#include <xgrad/optim/accumulate.hpp>

#include <xgrad/ops/arithmetic.hpp>

namespace xgrad::optim {

std::vector<Var> Accumulate::update(std::vector<Var> gradients, Training& training) const {
    training.require({{"calls", static_cast<double>(calls), Range::at_least_one}});
    const Var before = training.slot("calls", DType::int64, {});
    const Var due = before + 1 == calls;
    training.keep(before, where(due, 0, before + 1));

    for (std::size_t i = 0; i < gradients.size(); ++i) {
        if (!gradients[i].valid()) continue;
        Parameter p = training[i];
        const Var old = p.slot("sum"), all = old + gradients[i];
        p.keep(old, where(due, 0, all));
        gradients[i] = mean ? all / calls : all;
    }
    std::vector<Var> steps = training.only_where(due, [&] { return rule.update(gradients, training); });
    for (Var& step : steps)
        if (step.valid()) step = where(due, step, 0);
    return steps;
}

} // namespace xgrad::optim
