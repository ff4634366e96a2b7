#pragma once
// vmap of a row's function against a loop over the examples: values, and derivatives of first and second order.

#include <numeric>

#include "gradient_table.hpp"

namespace test {

/// Of one example: the values, an adjoint of each input, a tangent, and adjoints of the adjoints.
struct AllDerivatives {
    const GradientRow& row;
    Vars weights, directions; // of the result, and of the inputs

    xg::Var of(const Vars& x) const { return cast(row.f(x), xg::DType::float64); }
    Vars operator()(const Vars& x) const {
        const xg::Var y = of(x);
        Vars result{y};
        const Vars first = xg::vjp({y}, x, weights);
        result.insert(result.end(), first.begin(), first.end());
        result.push_back(xg::jvp({y}, x, directions)[0]);
        if (row.options.order > 1) {
            const Vars second = xg::vjp(first, x, directions);
            result.insert(result.end(), second.begin(), second.end());
        }
        return result;
    }
};

/// The results of the examples one by one, along a first axis.
inline Vars looped(const AllDerivatives& f, const Vars& x, const std::vector<bool>& batched, std::int64_t examples) {
    std::vector<Vars> results;
    for (std::int64_t e = 0; e < examples; ++e) {
        Vars one;
        for (std::size_t k = 0; k < x.size(); ++k)
            one.push_back(batched[k] ? x[k].tape().parameter(x[k][e].value<double>()) : x[k]);
        const Vars all = f(one);
        results.resize(all.size());
        for (std::size_t i = 0; i < all.size(); ++i)
            results[i].push_back(expand_dims(all[i], 0));
    }
    Vars result;
    for (const Vars& parts : results)
        result.push_back(xg::concatenate(parts));
    return result;
}

inline Vars expanded(const Vars& x, std::int64_t examples) {
    Vars result;
    for (const xg::Var& one : x) {
        Extents shape = extents(one.shape());
        shape.insert(shape.begin(), static_cast<std::size_t>(examples));
        result.push_back(broadcast_to(one, xg::Shape(shape)));
    }
    return result;
}

/// With the inputs that `batched` names; the others are the same for all examples.
inline void check_vmap(const GradientRow& row, std::size_t shapes, const std::vector<bool>& batched) {
    constexpr std::int64_t examples = 3;
    xg::Tape tape;
    Random random(shapes + 7);
    Vars x;
    xg::VmapOptions options;
    std::string context;
    for (std::size_t k = 0; k < row.shapes[shapes].size(); ++k) {
        Extents shape = row.shapes[shapes][k];
        if (batched[k]) shape.insert(shape.begin(), examples);
        const Interval in = row.domains.empty() ? Interval{} : row.domains[std::min(k, row.domains.size() - 1)];
        x.push_back(tape.parameter(random_array<double>(shape, random, in.low, in.high)));
        options.in_axes.push_back(batched[k] ? std::optional<std::int64_t>(0) : xg::not_batched);
        context += xg::Shape(shape).str() + " ";
    }
    // What the derivatives are multiplied by is the same for all examples.
    Vars one;
    for (std::size_t k = 0; k < x.size(); ++k)
        one.push_back(batched[k] ? tape.parameter(x[k][0].value<double>()) : x[k]);
    AllDerivatives f{row, {}, {}};
    f.weights.push_back(tape.parameter(random_array<double>(extents(row.f(one).shape()), random)));
    for (const xg::Var& input : one)
        f.directions.push_back(tape.parameter(random_array<double>(extents(input.shape()), random)));

    const Vars expected = looped(f, x, batched, examples), all = xg::vmap(f, x, options);
    BOOST_REQUIRE(all.size() == expected.size());
    std::vector<std::pair<xg::Var, xg::Var>> pairs;
    for (std::size_t i = 0; i < all.size(); ++i)
        pairs.emplace_back(all[i], expected[i]);
    if (std::find(batched.begin(), batched.end(), false) == batched.end()) { // derivatives of the vmap
        const xg::Var y = xg::vmap([&](const Vars& each) { return f.of(each); }, x);
        const Vars first = xg::vjp({y}, x, expanded(f.weights, examples));
        const Vars directions = expanded(f.directions, examples);
        std::size_t next = 1;
        for (const xg::Var& g : first)
            pairs.emplace_back(g, expected[next++]);
        pairs.emplace_back(xg::jvp({y}, x, directions)[0], expected[next++]);
        if (row.options.order > 1)
            for (const xg::Var& h : xg::vjp(first, x, directions))
                pairs.emplace_back(h, expected[next++]);
    }
    xg::Step step;
    for (const auto& [a, b] : pairs)
        step.outputs.insert(step.outputs.end(), {a, b});
    const xg::Results results = tape.compile(step, {})();
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        BOOST_TEST(same(results.array<double>(2 * i), results.array<double>(2 * i + 1), 1e-11, 1e-11), context << "result " << i);
    }
}

inline void check_vmap(const GradientRow& row) {
    if (row.name == "dropout") return; // draws other numbers for each example
    for (std::size_t c = 0; c < row.shapes.size(); ++c) {
        const std::size_t inputs = row.shapes[c].size();
        check_vmap(row, c, std::vector<bool>(inputs, true));
        for (std::size_t k = 0; inputs > 1 && k < inputs; ++k) {
            std::vector<bool> batched(inputs);
            batched[k] = true;
            check_vmap(row, c, batched);
        }
    }
}

} // namespace test
