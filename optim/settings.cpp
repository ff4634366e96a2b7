#include <xgrad/optim/settings.hpp>

#include <cmath>

#include <fmt/format.h>

namespace xgrad::optim {
namespace {

struct Meaning {
    bool holds;
    const char* text;
};

Meaning meaning(Range range, double x) {
    switch (range) {
    case Range::any: return {true, ""};
    case Range::not_negative: return {x >= 0, "at least 0"};
    case Range::positive: return {x > 0, "above 0"};
    case Range::at_least_one: return {x >= 1, "at least 1"};
    case Range::above_one: return {x > 1, "above 1"};
    case Range::up_to_one: return {x >= 0 && x <= 1, "from 0 to 1"};
    case Range::below_one: return {x >= 0 && x < 1, "at least 0 and less than 1"};
    case Range::between_zero_and_one: return {x > 0 && x < 1, "above 0 and less than 1"};
    }
    return {false, ""};
}

} // namespace

void require(std::string_view rule, std::initializer_list<Setting> settings, Location where) {
    for (const Setting& setting : settings) {
        const Meaning its = std::isfinite(setting.value) ? meaning(setting.range, setting.value)
                                                         : Meaning{false, "finite"};
        if (!its.holds)
            throw Error(fmt::format("{}: {} is {}; it must be {}", rule, setting.name, setting.value, its.text), where);
    }
}

} // namespace xgrad::optim
