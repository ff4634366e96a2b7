#pragma once
// A row says what to differentiate and where; gradcheck compares reverse mode, forward mode and differences to second order.

#include "support.hpp"

namespace test {

/// The interval from which an input's elements are drawn.
struct Interval {
    double low = -2, high = 2;
};

struct GradientRow {
    std::string name;
    std::function<xg::Var(const std::vector<xg::Var>&)> f;
    std::vector<std::vector<Extents>> shapes;    // of the inputs, one list for each check
    std::vector<Interval> domains = {};          // of the inputs; the last one holds for the rest
    xg::GradcheckOptions options = {};
};

inline void check_gradient(const GradientRow& row) {
    for (std::size_t c = 0; c < row.shapes.size(); ++c) {
        Random random(c + 1);
        std::vector<xt::xarray<double>> inputs;
        std::string context;
        for (const Extents& shape : row.shapes[c]) {
            const Interval in = row.domains.empty() ? Interval{} : row.domains[std::min(inputs.size(), row.domains.size() - 1)];
            inputs.push_back(random_array<double>(shape, random, in.low, in.high));
            context += xg::Shape(shape).str() + " ";
        }
        const xg::GradcheckReport report = xg::gradcheck(row.f, inputs, row.options);
        BOOST_TEST((report.ok && !report.kink), context << report.str());
    }
}

inline const std::vector<std::vector<Extents>> any_one = {{{}}, {{1}}, {{7}}, {{3, 4}}, {{2, 1, 3}}, {{0}}, {{0, 3}}, {{2, 0}}};

inline const std::vector<std::vector<Extents>> any_two = {
    {{}, {}},        {{3, 4}, {3, 4}}, {{3, 4}, {4}}, {{3, 1}, {1, 4}}, {{2, 3, 2}, {3, 1}}, {{}, {3}},
    {{1}, {2, 3}},   {{5}, {}},        {{1, 1}, {1}}, {{0, 3}, {3}},    {{2, 1}, {2, 0}},    {{2, 1, 2, 1}, {3, 1, 2}}};

using Vars = std::vector<xg::Var>;

} // namespace test
