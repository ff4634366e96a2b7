#include <xgrad/optim/manifold.hpp>

#include <array>
#include <span>

#include <fmt/format.h>

#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/rearrange.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/trigonometry.hpp>

namespace xgrad::optim {
namespace {

void require_rows(const char* op, const Operand& x, std::size_t size) {
    xgrad::detail::require_floating(op, x);
    if (x.is_number || x.shape().rank() == 0 || x.shape().back() != size)
        throw Error(fmt::format("{}: {} was given; the last axis must have {} elements", op,
                                x.is_number ? "a number" : x.shape().str(), size),
                    x.where);
}

/// Elements first to last - 1 along the last axis.
Var part(Var x, std::int64_t first, std::int64_t last) { return slice(x, -1, first, last); }
Var element(Var x, std::int64_t i) { return part(x, i, i + 1); }
Var joined(const std::vector<Var>& parts) {
    std::vector<Var> same; // leading axes as those of the largest
    Var largest = parts[0];
    for (const Var& p : parts)
        if (p.shape().numel() / p.shape().back() > largest.shape().numel() / largest.shape().back()) largest = p;
    for (const Var& p : parts) {
        Shape shape = largest.shape();
        shape[shape.rank() - 1] = p.shape().back();
        same.push_back(p.shape() == shape ? p : broadcast_to(p, shape));
    }
    return concatenate(same, -1);
}

Var cross(Var a, Var b) {
    const Var ax = element(a, 0), ay = element(a, 1), az = element(a, 2);
    const Var bx = element(b, 0), by = element(b, 1), bz = element(b, 2);
    return joined({ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx});
}

Var length_squared(Var x) { return sum(square(x), {-1}, keepdims); }

Var polynomial(Var s, std::span<const double> coefficients) {
    Var result = s * 0 + coefficients.back();
    for (std::size_t k = coefficients.size() - 1; k-- > 0;)
        result = result * s + coefficients[k];
    return result;
}

/// A function of an angle a that is smooth in a^2 = s: by its series for s < limit, which the formula would divide by.
template <class Formula>
Var of_square(Var s, double limit, std::span<const double> series, Formula formula) {
    const Var small = s < limit;
    return where(small, polynomial(where(small, s, 0), series), formula(sqrt(where(small, 1, s))));
}

/// sum_k (-1)^k (s f)^k / (2k + offset)!, a cosine or sine less its first terms.
std::array<double, 11> alternating(int offset, double factor) {
    std::array<double, 11> c;
    double term = 1;
    for (int i = 2; i <= offset; ++i)
        term /= i;
    for (int k = 0; k < 11; ++k) {
        c[static_cast<std::size_t>(k)] = term;
        term *= -factor / ((2 * k + offset + 1) * (2 * k + offset + 2));
    }
    return c;
}

/// V(v) u = u + b v x u + c v x (v x u)
Var turned(Var v, Var u, Var b, Var c) {
    const Var once = cross(v, u);
    return u + b * once + c * cross(v, once);
}

} // namespace

Var SO2::exp(Operand angle) {
    const Call call("SO2::exp", angle.where);
    require_rows("SO2::exp", angle, 1);
    return joined({cos(angle), sin(angle)});
}

Var SO2::log(Operand x) {
    const Call call("SO2::log", x.where);
    require_rows("SO2::log", x, 2);
    return atan2(element(x.var, 1), element(x.var, 0));
}

Var SO2::multiply(Operand a, Operand b) {
    const Call call("SO2::multiply", a.where);
    return act(a, b);
}

Var SO2::inverse(Operand x) {
    const Call call("SO2::inverse", x.where);
    require_rows("SO2::inverse", x, 2);
    return joined({element(x.var, 0), -element(x.var, 1)});
}

Var SO2::act(Operand x, Operand points) {
    const Call call("SO2::act", x.where);
    require_rows("SO2::act", x, 2);
    require_rows("SO2::act", points, 2);
    const Var c = element(x.var, 0), s = element(x.var, 1), px = element(points.var, 0), py = element(points.var, 1);
    return joined({c * px - s * py, s * px + c * py});
}

Var SO2::plus(Var x, Var d) { return multiply(x, exp(d)); }

Var SO3::exp(Operand vector) {
    const Call call("SO3::exp", vector.where);
    require_rows("SO3::exp", vector, 3);
    static const auto cosine = alternating(0, 0.25), sine = alternating(1, 0.25);
    const Var s = length_squared(vector.var);
    const Var w = of_square(s, 1, cosine, [](Var a) { return cos(a / 2); });
    const Var f = of_square(s, 1, sine, [](Var a) { return 2 * sin(a / 2) / a; });
    return joined({w, f / 2 * vector.var});
}

Var SO3::log(Operand q) {
    const Call call("SO3::log", q.where);
    require_rows("SO3::log", q, 4);
    // 2 atan2(n, w) / n is 2/w times atan(t) / t, t = n / w
    static const auto arctangent = [] {
        std::array<double, 14> c;
        for (std::size_t k = 0; k < c.size(); ++k)
            c[k] = (k % 2 ? -1.0 : 1.0) / static_cast<double>(2 * k + 1);
        return c;
    }();
    const Var w = element(q.var, 0), v = part(q.var, 1, 4), s = length_squared(v), positive = abs(w);
    const Var small = s < 0.04 * square(w);
    const Var divisor = where(small, positive, 1), n = sqrt(where(small, 1, s));
    const Var f = where(small, 2 / divisor * polynomial(where(small, s, 0) / square(divisor), arctangent),
                        2 * atan2(n, positive) / n);
    return where(w < 0, -f, f) * v;
}

Var SO3::multiply(Operand a, Operand b) {
    const Call call("SO3::multiply", a.where);
    require_rows("SO3::multiply", a, 4);
    require_rows("SO3::multiply", b, 4);
    const Var aw = element(a.var, 0), ax = element(a.var, 1), ay = element(a.var, 2), az = element(a.var, 3);
    const Var bw = element(b.var, 0), bx = element(b.var, 1), by = element(b.var, 2), bz = element(b.var, 3);
    return joined({aw * bw - ax * bx - ay * by - az * bz, aw * bx + ax * bw + ay * bz - az * by,
                   aw * by - ax * bz + ay * bw + az * bx, aw * bz + ax * by - ay * bx + az * bw});
}

Var SO3::inverse(Operand q) {
    const Call call("SO3::inverse", q.where);
    require_rows("SO3::inverse", q, 4);
    return joined({element(q.var, 0), -part(q.var, 1, 4)});
}

Var SO3::act(Operand q, Operand points) {
    const Call call("SO3::act", q.where);
    require_rows("SO3::act", q, 4);
    require_rows("SO3::act", points, 3);
    return turned(part(q.var, 1, 4), points.var, 2 * element(q.var, 0), 2 * ones_like(element(q.var, 0)));
}

Var SO3::matrix(Operand q) {
    const Call call("SO3::matrix", q.where);
    require_rows("SO3::matrix", q, 4);
    const Var w = element(q.var, 0), x = element(q.var, 1), y = element(q.var, 2), z = element(q.var, 3);
    const auto row = [](Var a, Var b, Var c) { return expand_dims(joined({a, b, c}), {-2}); };
    return concatenate(row(1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
                       row(2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
                       row(2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)), -2);
}

Var SO3::plus(Var q, Var d) { return multiply(q, exp(d)); }

Var SE3::exp(Operand twist) {
    const Call call("SE3::exp", twist.where);
    require_rows("SE3::exp", twist, 6);
    static const auto second = alternating(2, 1), third = alternating(3, 1);
    const Var u = part(twist.var, 0, 3), v = part(twist.var, 3, 6), s = length_squared(v);
    const Var b = of_square(s, 1, second, [](Var a) { return (1 - cos(a)) / square(a); });
    const Var c = of_square(s, 1, third, [](Var a) { return (a - sin(a)) / (a * square(a)); });
    return joined({turned(v, u, b, c), SO3::exp(v)});
}

Var SE3::log(Operand x) {
    const Call call("SE3::log", x.where);
    require_rows("SE3::log", x, 7);
    // (1 - a/2 cot(a/2)) / a^2 = sum_k |B_2k| / (2k)! a^(2k - 2), of Bernoulli's numbers
    static const double bernoulli[] = {1.0 / 12,
                                       1.0 / 720,
                                       1.0 / 30240,
                                       1.0 / 1209600,
                                       1.0 / 47900160,
                                       691.0 / 1307674368000,
                                       1.0 / 74724249600,
                                       3617.0 / 10670622842880000,
                                       43867.0 / 5109094217170944000,
                                       174611.0 / 802857662698291200000.0};
    const Var v = SO3::log(part(x.var, 3, 7)), t = part(x.var, 0, 3), s = length_squared(v);
    const Var c = of_square(s, 1, bernoulli, [](Var a) { return (1 - a / 2 * cos(a / 2) / sin(a / 2)) / square(a); });
    return joined({turned(v, t, full_like(c, -0.5), c), v});
}

Var SE3::multiply(Operand a, Operand b) {
    const Call call("SE3::multiply", a.where);
    require_rows("SE3::multiply", a, 7);
    require_rows("SE3::multiply", b, 7);
    return joined({act(a, part(b.var, 0, 3)), SO3::multiply(part(a.var, 3, 7), part(b.var, 3, 7))});
}

Var SE3::inverse(Operand x) {
    const Call call("SE3::inverse", x.where);
    require_rows("SE3::inverse", x, 7);
    const Var q = SO3::inverse(part(x.var, 3, 7));
    return joined({-SO3::act(q, part(x.var, 0, 3)), q});
}

Var SE3::act(Operand x, Operand points) {
    const Call call("SE3::act", x.where);
    require_rows("SE3::act", x, 7);
    require_rows("SE3::act", points, 3);
    return SO3::act(part(x.var, 3, 7), points) + part(x.var, 0, 3);
}

Var SE3::plus(Var x, Var d) { return multiply(x, exp(d)); }

} // namespace xgrad::optim
