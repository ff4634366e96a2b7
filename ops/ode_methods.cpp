#include <xgrad/ops/ode_methods.hpp>

#include <xgrad/core/control/parts.hpp>
#include <xgrad/core/gradient.hpp>
#include <xgrad/core/jacobian.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/matrix_functions.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad::ode {

Vars added(const Vars& a, Var s, const Vars& b) {
    Vars result;
    for (std::size_t k = 0; k < a.size(); ++k)
        result.push_back(a[k] + s * b[k]);
    return result;
}

Vars difference(const Vars& a, const Vars& b) {
    Vars result;
    for (std::size_t k = 0; k < a.size(); ++k)
        result.push_back(a[k] - b[k]);
    return result;
}

namespace {

/// sum_i factors[i] terms[i] of each array of the state; factors of 0 are left out.
Vars combination(const std::vector<double>& factors, const std::vector<Vars>& terms) {
    Vars result(terms[0].size());
    for (std::size_t i = 0; i < factors.size(); ++i) {
        if (factors[i] == 0) continue;
        for (std::size_t k = 0; k < result.size(); ++k) {
            const Var term = factors[i] * terms[i][k];
            result[k] = result[k].valid() ? result[k] + term : term;
        }
    }
    return result;
}

Vars scaled(Var s, const Vars& a) {
    Vars result;
    for (const Var& x : a)
        result.push_back(s * x);
    return result;
}

/// Dormand and Prince 1980; Hairer, Norsett and Wanner I, table II.5.2, and the interpolation of their program dopri5.
Step dormand_prince(const Slope& f, const Vars& y, const Vars& slope, Var t, Var h) {
    static const std::vector<double> nodes = {1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1};
    static const std::vector<std::vector<double>> stages = {
        {1.0 / 5},
        {3.0 / 40, 9.0 / 40},
        {44.0 / 45, -56.0 / 15, 32.0 / 9},
        {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
        {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
        {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}};
    static const std::vector<double> errors = {71.0 / 57600,      0,          -71.0 / 16695, 71.0 / 1920,
                                               -17253.0 / 339200, 22.0 / 525, -1.0 / 40};
    static const std::vector<double> bend = {-12715105075.0 / 11282082432,  0,
                                             87487479700.0 / 32700410799,   -10690763975.0 / 1880347072,
                                             701980252875.0 / 199316789632, -1453857185.0 / 822651844,
                                             69997945.0 / 29380423};
    std::vector<Vars> k = {slope};
    Step step;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        step.y = added(y, h, combination(stages[i], k)); // the last one is the end of the step
        k.push_back(f(step.y, t + nodes[i] * h));
    }
    step.slope = k.back();
    step.error = scaled(h, combination(errors, k));
    const Vars change = difference(step.y, y), first = difference(scaled(h, slope), change);
    step.bends = {first, difference(difference(change, scaled(h, step.slope)), first), scaled(h, combination(bend, k))};
    return step;
}

Var as_vector(const Vars& state) {
    Vars parts;
    for (const Var& x : state)
        parts.push_back(reshape_to(x, Shape(x.shape().numel())));
    return parts.size() == 1 ? parts[0] : concatenate(parts);
}

/// The vector in the shapes of a state.
Vars as_state(Var vector, const Vars& like) {
    Vars result;
    std::size_t first = 0;
    for (const Var& x : like) {
        result.push_back(part(vector, first, x.shape()));
        first += x.shape().numel();
    }
    return result;
}

/// df/dy as a matrix.
Var jacobian_of(const Vars& slope, const Vars& y) {
    Vars rows;
    for (const Var& f : slope) {
        Vars blocks = jacobian(f, y);
        const auto count = static_cast<std::int64_t>(f.shape().numel());
        for (std::size_t k = 0; k < y.size(); ++k)
            blocks[k] = reshape(blocks[k], {count, static_cast<std::int64_t>(y[k].shape().numel())});
        rows.push_back(blocks.size() == 1 ? blocks[0] : concatenate(blocks, 1));
    }
    return rows.size() == 1 ? rows[0] : concatenate(rows);
}

/// RODAS: a Rosenbrock method of order 4 with six stages, L-stable and stiffly accurate, whose error estimate is its last
/// stage.  Hairer and Wanner II, IV.7; the coefficients are those of their program rodas, its first set.
Step rodas(const Slope& f, const Vars& y, const Vars& slope, Var t, Var h) {
    constexpr double gamma = 0.25;
    static const std::vector<double> nodes = {0, 0.386, 0.21, 0.63, 1, 1},
                                     of_time = {0.25, -0.1043, 0.1035, -0.0362, 0, 0};
    static const std::vector<std::vector<double>> stages = {
        {},
        {1.544},
        {0.9466785280815826, 0.2557011698983284},
        {3.314825187068521, 2.896124015972201, 0.9986419139977817},
        {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950},
        {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1}};
    static const std::vector<std::vector<double>> shares = {
        {},
        {-5.6688},
        {-2.430093356833875, -0.2063599157091915},
        {-0.1073529058151375, -9.594562251023355, -20.47028614809616},
        {7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160},
        {8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054}};
    static const std::vector<double> bend0 = {10.12623508344586, -7.487995877610167, -34.80091861555747,
                                              -7.992771707568823, 1.025137723295662},
                                     bend1 = {-0.6762803392801253, 6.087714651680015, 16.43084320892478,
                                              24.76722511418386, -6.594389125716872};
    const Vars here = f(y, t); // what `slope` holds, as a function of y and t
    const Var by_time = as_vector(jvp(here, {t}, {ones_like(t)}));
    const Var matrix = eye(t.tape(), by_time.shape()[0], 0, 0, t.dtype()) / (gamma * h) - jacobian_of(here, y);
    std::vector<Vars> k;
    Step step;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        step.y = y;
        Var right = as_vector(slope);
        if (i != 0) {
            const Vars way = combination(stages[i], k);
            for (std::size_t m = 0; m < y.size(); ++m)
                step.y[m] = y[m] + way[m];
            right = as_vector(f(step.y, t + nodes[i] * h)) + as_vector(combination(shares[i], k)) / h;
        }
        if (of_time[i] != 0) right = right + of_time[i] * h * by_time;
        k.push_back(as_state(linalg::solve(matrix, right, {.singular = linalg::Failure::nan}), y));
    }
    step.error = k.back();
    for (std::size_t m = 0; m < y.size(); ++m)
        step.y[m] = step.y[m] + k.back()[m];
    step.slope = f(step.y, t + h);
    step.bends = {combination(bend0, k), combination(bend1, k)};
    return step;
}

} // namespace

const Method& method_of(OdeMethod method) {
    static const Method of_dormand_prince{5, 3, dormand_prince}, of_rodas{4, 2, rodas};
    return method == OdeMethod::rodas ? of_rodas : of_dormand_prince;
}

Vars rk4(const Slope& f, const Vars& y, Var t, Var h) {
    const Var half = 0.5 * h;
    const Vars k1 = f(y, t), k2 = f(added(y, half, k1), t + half), k3 = f(added(y, half, k2), t + half),
               k4 = f(added(y, h, k3), t + h);
    return added(y, h, combination({1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6}, {k1, k2, k3, k4}));
}

} // namespace xgrad::ode
