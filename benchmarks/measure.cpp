#include "measure.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "serve.hpp"

namespace bench {

namespace {

/// What differs, in words; nothing if they agree.
std::string difference(const Outcome& a, const Outcome& b, double tolerance) {
    if (!(std::abs(a.loss - b.loss) <= tolerance * std::max(std::abs(a.loss), 1e-3)))
        return fmt::format("losses {} and {}", a.loss, b.loss);
    if (a.gradient.size() != b.gradient.size())
        return fmt::format("gradients of {} and {} elements", a.gradient.size(), b.gradient.size());
    double largest = 0;
    for (const double g : a.gradient)
        largest = std::max(largest, std::abs(g));
    for (std::size_t i = 0; i < a.gradient.size(); ++i)
        if (!(std::abs(a.gradient[i] - b.gradient[i]) <= tolerance * largest))
            return fmt::format("element {} of the gradient, {} and {}", i, a.gradient[i], b.gradient[i]);
    return "";
}

} // namespace

void compare_outcomes(const std::string& row, std::vector<Entry>& entries, double tolerance) {
    const Outcome whole = entries.front().contender->outcome();
    const Outcome part{whole.loss, sample(whole.gradient)};
    for (std::size_t i = 1; i < entries.size(); ++i) {
        const Outcome other = entries[i].contender->outcome();
        const bool is_part = other.gradient.size() < whole.gradient.size();
        if (const std::string what = difference(is_part ? part : whole, other, tolerance); !what.empty())
            throw std::runtime_error(
                fmt::format("{}: {} and {} differ: {}", row, entries.front().side, entries[i].side, what));
    }
}

void measure(std::vector<Entry>& entries, std::size_t rounds, double sample_seconds) {
    std::vector<std::size_t> steps;
    for (Entry& entry : entries) {
        entry.contender->seconds(2);
        const double once = std::max(entry.contender->seconds(1), 1e-7);
        const double guess = std::clamp(sample_seconds / 10 / once, 1.0, 1e4);
        const double better = entry.contender->seconds(static_cast<std::size_t>(guess)) / std::floor(guess);
        steps.push_back(static_cast<std::size_t>(std::clamp(sample_seconds / better, 1.0, 1e7)));
    }
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const std::size_t at = round % 2 ? entries.size() - 1 - i : i;
            Contender& contender = *entries[at].contender;
            contender.seconds(1 + steps[at] / 2);
            entries[at].seconds.push_back(contender.seconds(steps[at]) / static_cast<double>(steps[at]));
        }
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double ratio(const Entry& a, const Entry& b) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < a.seconds.size(); ++i)
        ratios.push_back(a.seconds[i] / b.seconds[i]);
    return median(ratios);
}

} // namespace bench
