#include <xgrad/optim/fits_step.hpp>

#include <cmath>
#include <limits>

#include <xgrad/core/gradient.hpp>
#include <xgrad/core/tape.hpp>
#include <xgrad/core/vmap.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/logic.hpp>
#include <xgrad/ops/rearrange.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/optim/weighted.hpp>

namespace xgrad::optim::detail {
namespace {

using Vars = std::vector<Var>;

std::vector<Var> arguments(Var x, std::span<const Var> data) {
    std::vector<Var> all{x};
    all.insert(all.end(), data.begin(), data.end());
    return all;
}

/// Of each fit, as a vector.
Var residuals_of(const FitsModel& model, const Vars& one) { return as_float64(reshape(model.residuals(one), {-1})); }

Var cost_at(const FitsModel& model, Var x, std::span<const Var> data) {
    const Var r = vmap([&](const Vars& one) { return residuals_of(model, one); }, arguments(x, data));
    return 0.5 * sum(model.loss ? model.loss(square(r)) : square(r), {1});
}

Vars columns(Var x) {
    Vars result;
    for (std::size_t i = 0; i < x.shape()[1]; ++i) {
        const auto k = static_cast<std::int64_t>(i);
        result.push_back(squeeze(slice(x, 1, k, k + 1), {1}));
    }
    return result;
}

Var dot(const Vars& a, const Vars& b) {
    Var result = a[0] * b[0];
    for (std::size_t i = 1; i < a.size(); ++i)
        result = result + a[i] * b[i];
    return result;
}

Var largest(const Vars& a) {
    Var result = abs(a[0]);
    for (std::size_t i = 1; i < a.size(); ++i)
        result = maximum(result, abs(a[i]));
    return result;
}

/// The solution of M d = b by Cholesky's factor, the lower triangle of M given, and whether all pivots were above
/// rounding.
struct Solution {
    Vars d;
    Var found;
};
Solution cholesky_solve(std::vector<Vars> m, Vars b) {
    const std::size_t n = b.size();
    Solution s;
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            for (std::size_t k = 0; k < j; ++k)
                m[i][j] = m[i][j] - m[i][k] * m[j][k];
            m[i][j] = m[i][j] / m[j][j];
        }
        for (std::size_t k = 0; k < i; ++k)
            m[i][i] = m[i][i] - square(m[i][k]);
        const Var good = m[i][i] > 1e-15;
        s.found = s.found.valid() ? s.found & good : good;
        m[i][i] = sqrt(where(good, m[i][i], 1));
        for (std::size_t k = 0; k < i; ++k)
            b[i] = b[i] - m[i][k] * b[k];
        b[i] = b[i] / m[i][i];
    }
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t k = i + 1; k < n; ++k)
            b[i] = b[i] - m[k][i] * b[k];
        b[i] = b[i] / m[i][i];
    }
    s.d = std::move(b);
    return s;
}

} // namespace

NormalEquations normal_equations(const FitsModel& model, Var x, std::span<const Var> data) {
    Tape& tape = x.tape();
    const std::size_t n = model.size;
    const auto with_tangents = [&](const Vars& one) {
        Vars result{residuals_of(model, one)};
        for (std::size_t k = 0; k < n; ++k) {
            std::vector<double> unit(n);
            unit[k] = 1;
            result.push_back(jvp({result[0]}, {one[0]}, {tape.constant(unit)})[0]);
        }
        return result;
    };
    Vars j = vmap(with_tangents, arguments(x, data));
    Var r = j[0];
    j.erase(j.begin());
    NormalEquations e;
    Vars weighted = j;
    if (model.loss) {
        const Var slope = square(root_weights(model.loss, 1, square(r)));
        e.cost = 0.5 * sum(model.loss(square(r)), {1});
        for (Var& column : weighted)
            column = slope * column;
    } else
        e.cost = 0.5 * sum(square(r), {1});
    for (std::size_t i = 0; i < n; ++i) {
        e.gradient.push_back(sum(weighted[i] * r, {1}));
        e.matrix.emplace_back();
        for (std::size_t k = 0; k <= i; ++k)
            e.matrix[i].push_back(sum(weighted[i] * j[k], {1}));
    }
    return e;
}

std::vector<Var> fit_step(const FitsModel& model, const FitState& state, const FitTolerances& tolerances,
                          std::span<const Var> data) {
    const std::size_t n = model.size;
    const NormalEquations e = normal_equations(model, state.x, data);
    const Vars x = columns(state.x), scale = columns(state.scale);

    Vars free = x, slopes = e.gradient, scales = scale; // J^T r of what no bound holds
    for (std::size_t i = 0; i < n; ++i) {
        Var held;
        if (!model.lower.empty())
            held = ((x[i] <= model.lower[i]) & (e.gradient[i] > 0)) | ((x[i] >= model.upper[i]) & (e.gradient[i] < 0));
        free[i] = held.valid() ? where(held, 0 * x[i], 1) : Var();
        if (held.valid()) slopes[i] = where(held, 0, e.gradient[i]);
        const Var most = maximum(scale[i], e.matrix[i][i]);
        scales[i] = where(most > 0, most, 1);
    }

    // Columns of norm 1
    Vars inverse = x, b = x;
    for (std::size_t i = 0; i < n; ++i) {
        inverse[i] = 1 / sqrt(e.matrix[i][i] + state.damping * scales[i]);
        if (free[i].valid()) inverse[i] = inverse[i] * free[i];
        b[i] = -e.gradient[i] * inverse[i];
    }
    std::vector<Vars> m = e.matrix;
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < i; ++k)
            m[i][k] = e.matrix[i][k] * inverse[i] * inverse[k];
        m[i][i] = ones_like(x[i]);
    }
    const Solution solution = cholesky_solve(std::move(m), std::move(b));
    Vars y = x, d = x;
    for (std::size_t i = 0; i < n; ++i) {
        d[i] = solution.d[i] * inverse[i];
        y[i] = x[i] + d[i];
        if (model.lower.empty()) continue;
        y[i] = clip(y[i], model.lower[i], model.upper[i]);
        d[i] = y[i] - x[i];
    }

    Var promised = -dot(e.gradient, d);
    for (std::size_t i = 0; i < n; ++i) {
        Var row = 0.5 * e.matrix[i][i] * d[i];
        for (std::size_t k = 0; k < i; ++k)
            row = row + e.matrix[i][k] * d[k];
        promised = promised - row * d[i];
    }
    const Var there = stack(y, 1), next = cost_at(model, there, data), gained = e.cost - next;
    const Var rounding = 1e-13 * e.cost;
    const Var hidden = (promised >= 0) & (promised <= rounding) & (abs(gained) <= 10 * rounding);
    const Var still = sqrt(dot(d, d)) <= tolerances.step * (sqrt(dot(x, x)) + tolerances.step);
    const Var flat = largest(slopes) <= tolerances.gradient;
    const Var started = isfinite(e.cost) & isfinite(largest(e.gradient));
    const Var taken = solution.found & isfinite(next) & (hidden | (gained > 1e-3 * promised)) & ~still & ~flat &
                      started;

    const Var gain = where(hidden, 1, gained / where(promised > 0, promised, 1)), odd = 2 * gain - 1;
    const Var damping = where(taken, state.damping * maximum(1 - odd * odd * odd, 1.0 / 3),
                              state.damping * state.growth);
    const Var enough = taken & (gained <= tolerances.cost * e.cost) & (promised <= tolerances.cost * e.cost);
    Var status = where(enough, double(by_cost) + 0 * damping, double(goes_on));
    status = where(damping > 1e32, double(no_descent), status);
    status = where(still & solution.found, double(by_step), status);
    status = where(flat, double(by_gradient), status);
    status = where(started, status, double(not_finite_at_start));
    return {where(expand_dims(taken, 1), there, state.x),    stack(scales, 1),           damping,
            where(taken, 2 + 0 * damping, 2 * state.growth), where(taken, next, e.cost), status};
}

} // namespace xgrad::optim::detail
