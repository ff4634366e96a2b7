#include <xgrad/ops/ode_methods.hpp>

#include <xgrad/core/structural.hpp>
#include <xgrad/ops/arithmetic.hpp>

namespace xgrad::ode {

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

Vars added(const Vars& a, Var s, const Vars& b) {
    Vars result;
    for (std::size_t k = 0; k < a.size(); ++k)
        result.push_back(a[k] + s * b[k]);
    return result;
}

namespace {

Vars scaled(Var s, const Vars& a) {
    Vars result;
    for (const Var& x : a)
        result.push_back(s * x);
    return result;
}

Vars difference(const Vars& a, const Vars& b) {
    Vars result;
    for (std::size_t k = 0; k < a.size(); ++k)
        result.push_back(a[k] - b[k]);
    return result;
}

/// The classical method of Runge and Kutta.
Step rk4(const Slope& f, const Vars& y, const Vars& slope, Var t, Var h) {
    const Var half = 0.5 * h;
    const Vars k2 = f(added(y, half, slope), t + half), k3 = f(added(y, half, k2), t + half),
               k4 = f(added(y, h, k3), t + h);
    const Vars mean = combination({1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6}, {slope, k2, k3, k4});
    Step step{.y = added(y, h, mean), .slope = {}, .error = {}, .bends = {}};
    step.slope = f(step.y, t + h);
    return step;
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

} // namespace

const Method& method_of(OdeMethod method) {
    static const Method of_rk4{4, 0, rk4}, of_dormand_prince{5, 3, dormand_prince};
    return method == OdeMethod::rk4 ? of_rk4 : of_dormand_prince;
}

} // namespace xgrad::ode
