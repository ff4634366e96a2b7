#include <xgrad/ops/ode_solver.hpp>

#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <xgrad/core/control.hpp>
#include <xgrad/core/op.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/core/tape.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad::ode {
namespace {

Var number(const Var& like, double value) { return full(like.tape(), Shape(), value, like.dtype()); }

/// The lengths of steps are gone over in groups of so many.
constexpr std::size_t steps_of_group = 64;
std::size_t room_for_steps(std::size_t steps) { return (steps + steps_of_group - 1) / steps_of_group * steps_of_group; }

Vars where_each(Var mask, const Vars& a, const Vars& b) {
    Vars result;
    for (std::size_t i = 0; i < a.size(); ++i)
        result.push_back(where(mask, a[i], b[i]));
    return result;
}

Vars zeros_like_each(const Vars& vars) {
    Vars result;
    for (const Var& var : vars)
        result.push_back(0 * var);
    return result;
}

/// How far the integration is: the state, and the last step, within which results lie.
struct Progress {
    Var t, h, from; // h: the step to try next; `from`: where the last one began
    Vars y, slope, begin;
    Bends bends;

    Vars all() const {
        Vars result{t, h, from};
        for (const Vars* part : {&y, &slope, &begin})
            result.insert(result.end(), part->begin(), part->end());
        for (const Vars& bend : bends)
            result.insert(result.end(), bend.begin(), bend.end());
        return result;
    }
    /// What all() gave, of a state of so many arrays.
    static Progress of(const Vars& all, std::size_t arrays, std::size_t bends) {
        auto next = all.begin() + 3;
        const auto take = [&] {
            next += static_cast<std::ptrdiff_t>(arrays);
            return Vars(next - static_cast<std::ptrdiff_t>(arrays), next);
        };
        Progress p{
            .t = all[0], .h = all[1], .from = all[2], .y = take(), .slope = take(), .begin = take(), .bends = {}};
        for (std::size_t i = 0; i < bends; ++i)
            p.bends.push_back(take());
        return p;
    }

    /// The state at a time within the last step.
    Vars at(Var time) const {
        const Var length = t - from, s = (time - from) / where(length > 0, length, 1), rest = 1 - s;
        Vars result;
        for (std::size_t k = 0; k < y.size(); ++k) {
            Var bent = bends.back()[k];
            for (std::size_t i = bends.size() - 1; i-- > 0;)
                bent = bends[i][k] + (i % 2 == 0 ? s : rest) * bent;
            result.push_back(begin[k] + s * (y[k] - begin[k] + rest * bent));
        }
        return result;
    }
    Progress after(const Step& step, Var time, Var next_h) const {
        return {time, next_h, t, step.y, step.slope, y, step.bends};
    }
};

class Integration {
  public:
    Integration(const Slope& f, Var times, const Settings& settings)
        : method_(method_of(settings.options.method)), settings_(settings), direction_(sign(times[-1] - times[0])),
          f_([&f, direction = direction_](const Vars& y, Var t) {
              Vars slope;
              for (const Var& d : f(y, direction * t))
                  slope.push_back(direction * d);
              return slope;
          }),
          times_(direction_ * times), end_(times_[-1]) {}

    /// 1 or -1.
    Var direction() const { return direction_; }
    /// Later times, in the direction of the integration.
    Var targets() const { return slice(times_, 0, 1, static_cast<std::int64_t>(times_.shape()[0])); }
    Progress start(const Vars& y0, Var h) const {
        const Vars slope = f_(y0, times_[0]);
        const Var t = times_[0];
        return {t, h, t, y0, slope, y0, Bends(method_.bends, zeros_like_each(y0))};
    }
    Progress of(const Vars& all, std::size_t arrays) const { return Progress::of(all, arrays, method_.bends); }

    Step step(const Progress& p, Var h) const { return method_.step(f_, p.y, p.slope, p.t, h); }

    struct Attempt {
        Progress next;
        Var accepted, h;
    };
    Attempt attempt(const Progress& p) const {
        const Var left = end_ - p.t, last = p.h >= left, h = where(last, left, p.h);
        const Step step = this->step(p, h);
        const Var error = scaled_norm(step.error, p.y, step.y), accepted = error <= 1;
        // The length whose error would be 0.9 of what is allowed; a fifth, where it is no number.
        const Var factor = where(error < std::numeric_limits<double>::infinity(),
                                 clip(0.9 * pow(error, -1.0 / method_.order), 0.2, 10), 0.2);
        const Progress next = p.after(step, where(last, end_, p.t + h), factor * h);
        Vars all = where_each(accepted, next.all(), p.all());
        all[1] = next.h;
        return {of(all, p.y.size()), accepted, h};
    }

    /// The length of the first step to try: Hairer, Norsett and Wanner I, II.4.
    Var first_length(const Vars& y0) const {
        const Var t = times_[0];
        const Vars slope = f_(y0, t);
        const Var d0 = scaled_norm(y0, y0, y0), d1 = scaled_norm(slope, y0, y0);
        const Var h0 = where((d0 > 1e-5) * (d1 > 1e-5), 0.01 * d0 / where(d1 > 0, d1, 1), 1e-6);
        const Vars change = difference(f_(added(y0, h0, slope), t + h0), slope);
        const Var d2 = scaled_norm(change, y0, y0) / h0, most = maximum(d1, d2);
        const Var h1 = where(most <= 1e-15, maximum(1e-6, 0.001 * h0),
                             pow(0.01 / where(most > 0, most, 1), 1.0 / method_.order));
        return minimum(100 * h0, h1);
    }

  private:
    /// The root of the mean square of the elements, each beside the error that is allowed to it.
    Var scaled_norm(const Vars& x, const Vars& a, const Vars& b) const {
        const OdeOptions& o = settings_.options;
        Var total;
        double count = 0;
        for (std::size_t k = 0; k < x.size(); ++k) {
            const Var scale = o.absolute_tolerance + o.relative_tolerance * maximum(abs(a[k]), abs(b[k]));
            const Var squares = sum(square(x[k] / scale));
            total = total.valid() ? total + squares : squares;
            count += static_cast<double>(x[k].shape().numel());
        }
        return sqrt(total / std::max(count, 1.0));
    }

    const Method& method_;
    const Settings& settings_;
    Var direction_;
    Slope f_;
    Var times_, end_;
};

/// The states at the first time, and in front of those at all others.
Vars with_start(const Vars& y0, const Vars& later) {
    Vars result;
    for (std::size_t k = 0; k < y0.size(); ++k)
        result.push_back(concatenate(expand_dims(y0[k], 0), later[k]));
    return result;
}

/// Its first input, if all times were reached.
struct Reached {
    static constexpr auto name = "odeint";
    std::size_t max_steps;
    Location where;

    static Shape shape(Types in) { return in[0].shape; }
    void eval(ConstArrays in, Array out) const {
        detail::visit(out.dtype(), [&]<class T>(T) {
            const auto at = [&](std::size_t k, std::size_t i) { return static_cast<double>(in[k].pointer<T>()[i]); };
            for (std::size_t i = 0; i < in[1].shape().numel(); ++i)
                if (!(at(1, i) >= at(2, i))) fail(at(4, 0) * at(1, i), at(4, 0) * at(2, i), at(3, i));
            const T* const values = in[0].pointer<T>();
            std::copy(values, values + out.shape().numel(), out.pointer<T>());
        });
    }
    [[noreturn]] void fail(double at, double time, double steps) const {
        const bool all = steps >= static_cast<double>(max_steps);
        throw Error(
            all ? fmt::format("odeint: the time {} was not reached in {} steps, which came to {}; allow more with "
                              "max_steps, or larger errors; a stiff system takes OdeMethod::rodas",
                              time, max_steps, at)
                : fmt::format("odeint: the time {} was not reached: at {}, after {} steps, no step is small enough for "
                              "the tolerances. The derivative is not finite there, or grows without bound",
                              time, at, steps),
            where);
    }
};

struct CheckedTimes {
    static constexpr auto name = "odeint";
    Location where;

    static Shape shape(Types in) { return in[0].shape; }
    void eval(ConstArrays in, Array out) const {
        detail::visit(out.dtype(), [&]<class T>(T) {
            const T* const t = in[0].pointer<T>();
            const std::size_t count = out.shape().numel();
            for (std::size_t i = 0; i < count; ++i) {
                const bool right = std::isfinite(static_cast<double>(t[i])) &&
                                   (i == 0 || (t[count - 1] > t[0] ? t[i] > t[i - 1] : t[i] < t[i - 1]));
                if (!right)
                    throw Error(fmt::format("odeint: times[{}] is {}{}; the times must be finite and ascend, or "
                                            "descend, from each to the next",
                                            i, t[i], i == 0 ? "" : fmt::format(", after {}", t[i - 1])),
                                where);
                out.pointer<T>()[i] = t[i];
            }
        });
    }
    static Var vjp(Var g, Var, Var) { return g; }
};

} // namespace

Var checked_times(Var times, Location where) { return record(CheckedTimes{where}, times); }

Vars by_equal_steps(const Slope& f, const Vars& y0, Var times, const Settings& settings) {
    const auto count = static_cast<std::int64_t>(times.shape()[0]);
    const auto steps = static_cast<std::int64_t>(settings.options.steps);
    const auto body = [&](const Vars& carry, const Vars& x) {
        const Var h = (x[1] - x[0]) / static_cast<double>(steps);
        const auto one = [&](Var i, const Vars& y) { return rk4(f, y, x[0] + i * h, h); };
        const Vars y = steps == 1 ? one(number(h, 0), carry)
                                  : fori_loop(
                                        0, steps, [&](Var i, const Vars& y) { return one(cast(i, h.dtype()), y); },
                                        carry, settings.where);
        return std::pair{y, y};
    };
    return with_start(
        y0, scan(body, y0, {slice(times, 0, 0, count - 1), slice(times, 0, 1, count)}, {}, settings.where).ys);
}

Solution by_tolerance(const Slope& f, const Vars& y0, Var times, const Settings& settings, bool keeps_steps) {
    const Integration integration(f, times, settings);
    const std::size_t arrays = y0.size(), max_steps = settings.options.max_steps;
    const auto most = static_cast<double>(max_steps);
    const auto body = [&](const Vars& carry, const Vars& x) {
        // The progress, the attempts, and, if they are asked for, the accepted ones and the lengths of those.
        Vars init = carry;
        const Var zero = number(x[0], 0);
        init.push_back(zero);
        if (keeps_steps) {
            init.push_back(zero);
            init.push_back(full(zero.tape(), Shape(room_for_steps(max_steps)), 0, zero.dtype()));
        }
        const auto goes_on = [&](const Vars& c) {
            const Progress p = integration.of(c, arrays);
            return (p.t < x[0]) * (c[carry.size()] < most) * (p.t + p.h > p.t);
        };
        const auto step = [&](const Vars& c) {
            const Integration::Attempt attempt = integration.attempt(integration.of(c, arrays));
            Vars next = attempt.next.all();
            next.push_back(c[carry.size()] + 1);
            if (keeps_steps) {
                const Var taken = c[carry.size() + 1], lengths = c[carry.size() + 2];
                const Var places = arange(taken.tape(), 0, static_cast<double>(lengths.shape()[0]), 1, taken.dtype());
                next.push_back(taken + cast(attempt.accepted, taken.dtype()));
                next.push_back(where((places == taken) * attempt.accepted, attempt.h, lengths));
            }
            return next;
        };
        const Vars reached = while_loop(goes_on, step, init, settings.where);
        const Vars next(reached.begin(), reached.begin() + static_cast<std::ptrdiff_t>(carry.size()));
        const Progress p = integration.of(next, arrays);
        Vars ys = p.at(x[0]);
        ys.push_back(p.t);
        ys.push_back(reached[carry.size()]);
        if (keeps_steps) ys.push_back(reached.back());
        return std::pair{next, ys};
    };
    const Var h = integration.first_length(y0), targets = integration.targets();
    const Vars all = scan(body, integration.start(y0, h).all(), {targets}, {}, settings.where).ys;
    Solution solution;
    for (std::size_t k = 0; k < arrays; ++k) {
        const std::vector<Operand> operands = {all[k], all[arrays], targets, all[arrays + 1], integration.direction()};
        solution.y.push_back(record(Reached{max_steps, settings.where}, std::span<const Operand>(operands)));
    }
    solution.y = with_start(y0, solution.y);
    if (keeps_steps) solution.steps = stop_gradient(all.back());
    return solution;
}

Vars by_known_steps(const Slope& f, const Vars& y0, Var times, Var steps, const Settings& settings) {
    const Integration integration(f, times, settings);
    const std::size_t arrays = y0.size();
    const auto body = [&](const Vars& carry, const Vars& x) {
        const auto step = [&](const Vars& c, const Vars& length) {
            const Progress p = integration.of(c, arrays);
            const auto one = [&] { return p.after(integration.step(p, length[0]), p.t + length[0], p.h).all(); };
            return std::pair{cond(
                                 length[0] > 0, one, [&] { return c; }, settings.where),
                             Vars()};
        };
        // Most of max_steps may be none, and cost next to nothing in groups of which none is there.
        const auto group = [&](const Vars& c, const Vars& lengths) {
            const auto all = [&] { return scan(step, c, {lengths[0]}, {}, settings.where).carry; };
            return std::pair{cond(
                                 lengths[0][0] > 0, all, [&] { return c; }, settings.where),
                             Vars()};
        };
        const Vars next = scan(group, carry, {x[1]}, {}, settings.where).carry;
        return std::pair{next, integration.of(next, arrays).at(x[0])};
    };
    const Var h = number(times, 0);
    const auto groups = static_cast<std::int64_t>(steps.shape()[1] / steps_of_group);
    const Var grouped = reshape(steps, {-1, groups, static_cast<std::int64_t>(steps_of_group)});
    return with_start(
        y0, scan(body, integration.start(y0, h).all(), {integration.targets(), grouped}, {}, settings.where).ys);
}

} // namespace xgrad::ode
