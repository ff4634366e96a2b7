#include <xgrad/optim/masked.hpp>

#include <algorithm>

namespace xgrad::optim {

Selection only(std::vector<Var> parameters) {
    return [parameters = std::move(parameters)](Var p) {
        return std::any_of(parameters.begin(), parameters.end(), [&](const Var& other) { return other.is(p); });
    };
}

Selection except(Selection selection) {
    return [selection = std::move(selection)](Var p) { return !selection(p); };
}

Selection named(std::string text) {
    return [text = std::move(text)](Var p) { return p.tape().name(p).find(text) != std::string::npos; };
}

std::vector<Var> Masked::update(std::vector<Var> gradients, Training& training) const {
    std::vector<Var> chosen = gradients;
    for (std::size_t i = 0; i < chosen.size(); ++i)
        if (!which(training[i].value())) chosen[i] = {};
    const std::vector<Var> steps = rule.update(chosen, training);
    for (std::size_t i = 0; i < chosen.size(); ++i)
        if (chosen[i].valid()) gradients[i] = steps[i];
    return gradients;
}

std::vector<Var> Frozen::update(std::vector<Var> gradients, Training& training) const {
    for (std::size_t i = 0; i < gradients.size(); ++i)
        if (which(training[i].value())) gradients[i] = {};
    return gradients;
}

} // namespace xgrad::optim
