#pragma once

#include <span>
#include <string>
#include <string_view>

#include <xgrad/optim/transform.hpp>

namespace examples {

/// What the length of a rule's steps goes with, and so what a sensible learning rate depends on.
enum class StepLength {
    gradient,  // the size of the gradient
    rate,      // the rate alone, element by element: the gradient gives the direction
    parameter, // the size of the parameter, or of the steps before
};

/// A rule of optim/, by the name that command lines have for it. What has no option here is as the rule has it.
struct NamedRule {
    const char* name;
    StepLength length;
    double factor; // of the default rate, see default_learning_rate
    xgrad::optim::Transformation (*make)(xgrad::optim::LearningRate rate);
};

/// From the lecture's to their successors. LARS is not among them: it needs another rule for the biases.
std::span<const NamedRule> rules();

/// Null if there is none of that name.
const NamedRule* find_rule(std::string_view name);

/// "gd|sgd|momentum|..."
std::string rule_names();

} // namespace examples
