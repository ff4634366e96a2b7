#pragma once
// Loops and choices of random programs.

#include <xgrad/xgrad.hpp>

namespace test {

using Vars = std::vector<xgrad::Var>;

/// c = tanh(c b) - c / 4, so many times.
inline xgrad::Var scan_steps(xgrad::Var c, xgrad::Var b, std::size_t length, std::size_t every) {
    const auto body = [&](const Vars& carry, const Vars&) {
        return std::pair{Vars{tanh(carry[0] * b) - 0.25 * carry[0]}, Vars{}};
    };
    return xgrad::scan(body, {c}, {}, {.length = length, .keep = every == 0 ? xgrad::keep_square_root() : xgrad::keep_every(every)}).carry[0];
}

/// Over the slices of x: a mean that is carried, and what each slice makes of it; b broadcasts against a slice. The carry
/// is drawn together at each step: else rounding would grow with the number of steps.
inline xgrad::Var scan_ys(xgrad::Var c, xgrad::Var x, xgrad::Var b) {
    const auto body = [&](const Vars& carry, const Vars& slice) {
        const xgrad::Var y = sin(tanh(slice[0]) * carry[0]) + slice[0] * b;
        return std::pair{Vars{0.5 * carry[0] + 0.25 * mean(tanh(y))}, Vars{y, carry[0]}};
    };
    const xgrad::ScanResult result = xgrad::scan(body, {mean(tanh(c))}, {x}, {.reverse = x.shape()[0] % 2 == 0});
    return result.ys[0] * result.carry[0] + sum(result.ys[1]);
}

/// Halved, and b added, until all is small or ten steps are done.
inline xgrad::Var halved(xgrad::Var x, xgrad::Var b) {
    return xgrad::while_loop(
        [](const Vars& c) { return where(c[1] < 10, max(abs(c[0])), 0) > 0.7512345; },
        [&](const Vars& c) { return Vars{0.5 * c[0] + 0.125 * tanh(b), c[1] + 1}; }, {x, 0 * sum(x)})[0];
}

/// By the sign of an element, one of two.
inline xgrad::Var chosen(xgrad::Var p, xgrad::Var a, xgrad::Var b) {
    return xgrad::cond(
        xgrad::max(p) > 0.7512345, [&] { return Vars{a * b + tanh(a)}; }, [&] { return Vars{exp(tanh(b)) - a}; })[0];
}

} // namespace test
