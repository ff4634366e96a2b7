#include <xgrad/optim/robust.hpp>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementary.hpp>
#include <xgrad/optim/settings.hpp>

namespace xgrad::optim {

Var Huber::operator()(Var s) const {
    require("Huber", {{"scale", scale, Range::positive}});
    const double limit = scale * scale;
    const Var large = s > limit; // the root is taken of what is large alone: its slope at 0 is infinite
    return where(large, 2 * scale * sqrt(where(large, s, limit)) - limit, s);
}

Var SoftL1::operator()(Var s) const {
    require("SoftL1", {{"scale", scale, Range::positive}});
    const Var t = s / (scale * scale);
    return 2 * s / (sqrt(1 + t) + 1); // without the difference of what is nearly equal
}

Var Cauchy::operator()(Var s) const {
    require("Cauchy", {{"scale", scale, Range::positive}});
    return scale * scale * log1p(s / (scale * scale));
}

Var Tukey::operator()(Var s) const {
    require("Tukey", {{"scale", scale, Range::positive}});
    const double limit = scale * scale;
    const Var t = where(s < limit, s, limit) / limit; // rho is s (1 - t + t^2 / 3)
    return limit * t * (1 - t * (1 - t / 3));
}

} // namespace xgrad::optim
