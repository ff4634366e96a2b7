#include "rules.hpp"

#include <algorithm>

#include <xgrad/xgrad.hpp>

namespace examples {

namespace {

namespace optim = xgrad::optim;

template <class Rule>
optim::Transformation make(optim::LearningRate rate) {
    Rule rule;
    rule.learning_rate = std::move(rate);
    return rule;
}

constexpr StepLength gradient = StepLength::gradient, rate = StepLength::rate, parameter = StepLength::parameter;

constexpr NamedRule table[] = {
    {"gd", gradient, 3, make<optim::GD>},
    {"sgd", gradient, 1, make<optim::SGD>},
    {"momentum", gradient, 0.1, make<optim::Momentum>},
    {"nesterov", gradient, 0.1, make<optim::Nesterov>},
    {"adagrad", rate, 2, make<optim::Adagrad>},
    {"adadelta", parameter, 1, make<optim::Adadelta>},
    {"rmsprop", rate, 0.1, make<optim::RMSProp>},
    {"adam", rate, 0.1, make<optim::Adam>},
    {"amsgrad", rate, 0.1, make<optim::AMSGrad>},
    {"adamw", rate, 0.1, make<optim::AdamW>},
    {"adamax", rate, 0.2, make<optim::Adamax>},
    {"nadam", rate, 0.1, make<optim::NAdam>},
    {"radam", rate, 0.5, make<optim::RAdam>},
    {"lion", rate, 0.06, make<optim::Lion>},
    {"lamb", parameter, 0.01, make<optim::LAMB>},
};

} // namespace

std::span<const NamedRule> rules() { return table; }

const NamedRule* find_rule(std::string_view name) {
    const auto found = std::find_if(std::begin(table), std::end(table),
                                    [&](const NamedRule& rule) { return rule.name == name; });
    return found == std::end(table) ? nullptr : found;
}

std::string rule_names() {
    std::string names;
    for (const NamedRule& rule : table)
        names.append(names.empty() ? "" : "|").append(rule.name);
    return names;
}

} // namespace examples
