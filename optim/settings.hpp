#pragma once
// The checks of hyper-parameters.

#include <initializer_list>
#include <string_view>

#include <xgrad/core/error.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// What a number may be. None may be infinite or NaN.
enum class Range {
    any,
    not_negative,        // x >= 0
    positive,            // x > 0
    at_least_one,        // x >= 1
    above_one,           // x > 1
    up_to_one,           // 0 <= x <= 1
    below_one,           // 0 <= x < 1
    between_zero_and_one // 0 < x < 1
};

/// A hyper-parameter: the name of its field, and its value.
struct Setting {
    const char* name;
    double value;
    Range range;
};

/// An error that names the first setting that is out of its range: "Adam: beta1 is 1.5; it must be at least 0 and less
/// than 1".
/// Rules call it as p.require({...}) or training.require({...}), which know the name.
void require(std::string_view rule, std::initializer_list<Setting> settings, Location where = {});

} // namespace xgrad::optim
#pragma GCC visibility pop
