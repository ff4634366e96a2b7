#include <xgrad/ops/ode.hpp>

#include <memory>

#include <fmt/format.h>

#include <xgrad/core/control.hpp>
#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/graph/structural_ops.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/core/vmap.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/closed_function.hpp>
#include <xgrad/ops/ode_solver.hpp>
#include <xgrad/ops/rearrange.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad {
namespace ode {
namespace {

Vars solve(const Slope& f, const Vars& y0, Var times, const Settings& settings);

/// The right-hand side, closed, and how it is solved.
struct System {
    ClosedFunction f; // of the arrays of the state, and t
    std::vector<Shape> shapes;
    Settings settings;

    bool is_discrete() const {
        const OdeOptions& o = settings.options;
        return o.adjoint == OdeAdjoint::automatic ? o.method != OdeMethod::dormand_prince
                                                  : o.adjoint == OdeAdjoint::discrete;
    }
    Slope slope(Vars captured) const {
        return [this, captured = std::move(captured)](const Vars& y, Var t) { return f(joined(y, {t}), captured); };
    }
    /// Arrays of states, (n, ...) each, as one: (n, all).
    Var packed(const Vars& states) const {
        Vars parts;
        for (const Var& s : states)
            parts.push_back(reshape_to(s, Shape(s.shape()[0], numel_of(s.shape()))));
        return parts.size() == 1 ? parts[0] : concatenate(parts, 1);
    }
    Vars unpacked(Var all) const {
        Vars result;
        std::int64_t first = 0;
        for (const Shape& shape : shapes) {
            const auto count = static_cast<std::int64_t>(shape.numel());
            Dims to = static_cast<std::int64_t>(all.shape()[0]);
            for (const std::size_t extent : shape)
                to.push_back(static_cast<std::int64_t>(extent));
            result.push_back(reshape(slice(all, 1, first, first + count), to));
            first += count;
        }
        return result;
    }

  private:
    static std::size_t numel_of(const Shape& states) {
        std::size_t count = 1;
        for (std::size_t i = 1; i < states.rank(); ++i)
            count *= states[i];
        return count;
    }
};
using SystemPtr = std::shared_ptr<const System>;

/// The states at all times, packed: its first input. The second holds the steps that were taken, if the derivatives are
/// of these. It is a function of the first states, the times, and what the right-hand side captures.
struct Solved : FirstInput {
    static constexpr auto name = "odeint";
    static constexpr std::size_t nondiff = 2;
    SystemPtr system;

    /// Its inputs in their roles.
    struct Inputs {
        Vars y0;
        Var times;
        Vars captured;
    };
    Inputs inputs(std::span<const Var> x) const {
        const auto y0 = x.begin() + nondiff, times = y0 + static_cast<std::ptrdiff_t>(system->shapes.size());
        return {{y0, times}, *times, {times + 1, x.end()}};
    }
    std::vector<Var> vjp_of_wanted(Var g, Var y, std::span<const Var> x, std::span<const char> wanted) const;
    Var jvp(std::span<const Var> tangents, Var y, std::span<const Var> x) const;
    std::vector<Var> continuous(Var g, Var y, const Inputs& in, std::span<const char> wanted) const;
    /// The states as ops of the steps that were taken: a function of all inputs but the first.
    ClosedFunction again(Graph& graph, std::span<const Var> x) const;
    std::size_t hash() const { return std::hash<SystemPtr>{}(system); }
    bool operator==(const Solved& other) const { return system == other.system; }
};

/// dy/dt at each of the times.
Vars slopes_at(const Slope& f, const Vars& states, Var times) {
    return vmap([&](const Vars& one) { return f(Vars(one.begin(), one.end() - 1), one.back()); },
                joined(states, {times}));
}

Var total(const Vars& a, const Vars& b) {
    Var result;
    for (std::size_t k = 0; k < a.size(); ++k) {
        const Var product = sum(a[k] * b[k]);
        result = result.valid() ? result + product : product;
    }
    return result;
}

ClosedFunction Solved::again(Graph& graph, std::span<const Var> x) const {
    const auto states = [&](const Vars& steps_and_others) {
        Vars all = {Var()};
        all.insert(all.end(), steps_and_others.begin(), steps_and_others.end());
        const Inputs in = inputs(all);
        return Vars{
            system->packed(by_known_steps(system->slope(in.captured), in.y0, in.times, all[1], system->settings))};
    };
    return {graph, name, "an argument of odeint", types_of({x.begin() + 1, x.end()}), states, system->settings.where};
}

std::vector<Var> Solved::vjp_of_wanted(Var g, Var y, std::span<const Var> x, std::span<const char> wanted) const {
    std::vector<Var> result(x.size());
    if (!system->is_discrete()) {
        const std::vector<Var> adjoints = continuous(g, y, inputs(x), wanted.subspan(nondiff));
        std::copy(adjoints.begin(), adjoints.end(), result.begin() + nondiff);
        return result;
    }
    std::vector<char> by(wanted.begin() + 1, wanted.end());
    by[0] = 0; // the steps
    const ClosedFunction states = again(*GraphUse(y), x);
    const Vars all = states.with_vjp(by)(joined({x.begin() + 1, x.end()}, {g}), states.captured());
    for (std::size_t i = nondiff, next = 1; i < x.size(); ++i)
        if (wanted[i]) result[i] = all[next++];
    return result;
}

/// a(t), the adjoint of the state, follows da/dt = -a df/dy backwards, and takes up the adjoint of each result where its
/// time comes; that of what f captures is the integral of a df/dc.
/// Pontryagin; Chen, Rubanova, Bettencourt and Duvenaud 2018, "Neural ordinary differential equations", appendix B.
std::vector<Var> Solved::continuous(Var g, Var y, const Inputs& in, std::span<const char> wanted) const {
    const std::size_t arrays = system->shapes.size(), times = in.times.shape()[0];
    const Slope f = system->slope(in.captured);
    std::vector<char> captured;
    for (std::size_t i = 0; i < in.captured.size(); ++i)
        captured.push_back(wanted[arrays + 1 + i]);
    const Vars by = chosen(in.captured, captured), states = system->unpacked(y), adjoints = system->unpacked(g);
    std::vector<char> of_state(arrays, 1);
    of_state.push_back(0); // not by t
    const ClosedFunction with_adjoint = system->f.with_vjp(of_state, captured);
    // The state, its adjoint, and the integrals.
    const Slope augmented = [&](const Vars& z, Var t) {
        const auto middle = z.begin() + static_cast<std::ptrdiff_t>(arrays);
        Vars arguments(z.begin(), middle);
        arguments.push_back(t);
        for (std::size_t k = 0; k < arrays; ++k)
            arguments.push_back(-z[arrays + k]);
        return with_adjoint(arguments, in.captured);
    };
    Settings settings = system->settings;
    settings.options.adjoint = OdeAdjoint::continuous;
    const auto body = [&](const Vars& carry, const Vars& x) {
        Vars z(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(arrays));
        for (std::size_t k = 0; k < carry.size(); ++k)
            z.push_back(k < arrays ? carry[k] + x[arrays + k] : carry[k]);
        const Vars solution = solve(augmented, z, stack(x[2 * arrays], x[2 * arrays + 1]), settings);
        Vars next;
        for (std::size_t k = arrays; k < solution.size(); ++k)
            next.push_back(solution[k][1]);
        return std::pair{next, Vars()};
    };
    const GraphUse graph(y);
    Vars init, xs;
    for (const Vars* vars : {&in.y0, &by})
        for (const Var& v : *vars)
            init.push_back(zeros_like(*graph, v));
    const auto count = static_cast<std::int64_t>(times);
    const auto later = [&](Var v) { return slice(v, 0, 1, count); };
    for (const Vars* vars : {&states, &adjoints})
        for (const Var& v : *vars)
            xs.push_back(later(v));
    xs.push_back(later(in.times));
    xs.push_back(slice(in.times, 0, 0, count - 1));
    const Vars ends = scan(body, init, xs, {.reverse = true}, settings.where).carry;

    std::vector<Var> result;
    for (std::size_t k = 0; k < arrays; ++k)
        result.push_back(ends[k] + adjoints[k][0]);
    if (wanted[arrays]) { // a later time moves its own state along, the first one all others
        const Vars slopes = slopes_at(f, states, in.times);
        Vars first, at_ends(ends.begin(), ends.begin() + static_cast<std::ptrdiff_t>(arrays));
        for (const Var& s : slopes)
            first.push_back(s[0]);
        Var moved;
        for (std::size_t k = 0; k < arrays; ++k) {
            const Var product = sum(reshape(later(slopes[k]) * later(adjoints[k]), {count - 1, -1}), {1});
            moved = moved.valid() ? moved + product : product;
        }
        result.push_back(concatenate(expand_dims(-total(at_ends, first), 0), moved));
    } else
        result.emplace_back();
    auto next = ends.begin() + static_cast<std::ptrdiff_t>(arrays);
    for (const char flag : captured)
        result.push_back(flag ? *next++ : Var());
    return result;
}

/// The tangent of the state is a part of a larger state, whose derivative is the jvp of f.
Var Solved::jvp(std::span<const Var> tangents, Var y, std::span<const Var> x) const {
    const GraphUse graph(y);
    if (system->is_discrete()) {
        std::vector<char> by(x.size() - 1);
        Vars arguments(x.begin() + 1, x.end());
        for (std::size_t i = nondiff; i < x.size(); ++i)
            if (by[i - 1] = tangents[i].valid(); by[i - 1]) arguments.push_back(tangents[i]);
        const ClosedFunction states = again(*graph, x);
        return states.with_jvp(by)(arguments, states.captured())[1];
    }
    const Inputs in = inputs(x);
    const std::size_t arrays = system->shapes.size();
    const Slope f = system->slope(in.captured);
    const Inputs given = inputs(tangents);
    Vars along;
    std::vector<char> of_state(arrays, 1), captured;
    of_state.push_back(0); // not by t
    for (const Var& tangent : given.captured) {
        captured.push_back(tangent.valid());
        if (tangent.valid()) along.push_back(tangent);
    }
    const ClosedFunction with_tangent = system->f.with_jvp(of_state, captured);
    const Slope augmented = [&](const Vars& z, Var t) {
        const auto middle = z.begin() + static_cast<std::ptrdiff_t>(arrays);
        return with_tangent(joined(joined({z.begin(), middle}, {t}), {middle, z.end()}), joined(in.captured, along));
    };
    Vars z = in.y0;
    const Vars first = given.times.valid() ? f(in.y0, in.times[0]) : Vars();
    for (std::size_t k = 0; k < arrays; ++k) {
        const Var of_y0 = given.y0[k].valid() ? given.y0[k] : zeros_like(*graph, in.y0[k]);
        z.push_back(given.times.valid() ? of_y0 - first[k] * given.times[0] : of_y0);
    }
    const Vars solution = solve(augmented, z, in.times, system->settings);
    const Var moved = system->packed({solution.begin() + static_cast<std::ptrdiff_t>(arrays), solution.end()});
    if (!given.times.valid()) return moved;
    return moved + expand_dims(given.times, 1) * system->packed(slopes_at(f, system->unpacked(y), in.times));
}

/// f records; the states at all times.
Vars solve(const Slope& f, const Vars& y0, Var times, const Settings& settings) {
    const GraphUse use(times);
    Graph& graph = *use;
    std::vector<Type> types = types_of(y0);
    const std::size_t arrays = types.size();
    types.push_back({settings.dtype, Shape()});
    const auto call = [&](const Vars& arguments) {
        Vars result = f(Vars(arguments.begin(), arguments.end() - 1), arguments.back());
        if (result.size() != arrays)
            throw Error(fmt::format("odeint: the state has {} arrays, and the function returns {}; it must return the "
                                    "derivative of each",
                                    arrays, result.size()),
                        settings.where);
        for (std::size_t k = 0; k < arrays; ++k)
            if (result[k].valid() && (result[k].dtype() != types[k].dtype || result[k].shape() != types[k].shape))
                throw Error(fmt::format("odeint: array {} of the state is {} {}, and the function returns {} {} for "
                                        "it; dtype and shape must be the same. Cast or broadcast what it returns",
                                        k, name(types[k].dtype), types[k].shape.str(), name(result[k].dtype()),
                                        result[k].shape().str()),
                            settings.where);
        return result;
    };
    std::vector<Shape> shapes;
    for (const Var& y : y0)
        shapes.push_back(y.shape());
    const auto system = std::make_shared<const System>(
        System{ClosedFunction(graph, "odeint", "the state of odeint", types, call, settings.where), shapes, settings});
    const Slope slope = system->slope(system->f.captured());
    const Var checked = checked_times(times, settings.where);
    if (settings.options.method == OdeMethod::rk4 && system->is_discrete())
        return by_equal_steps(slope, y0, checked, settings);
    Solution solution;
    if (settings.options.method == OdeMethod::rk4)
        solution.y = by_equal_steps(slope, y0, checked, settings);
    else
        solution = by_tolerance(slope, y0, checked, settings, system->is_discrete());
    const Var values = system->packed(solution.y);
    std::vector<Operand> operands{values, solution.steps.valid() ? solution.steps : values};
    for (const Vars& vars : {y0, Vars{times}, system->f.captured()})
        operands.insert(operands.end(), vars.begin(), vars.end());
    return system->unpacked(record(Solved{{}, system}, std::span<const Operand>(operands)));
}

void check(const std::vector<Operand>& y0, const Operand& times, const OdeOptions& options) {
    const Location where = times.where;
    if (y0.empty()) throw Error("odeint: the state has no array", where);
    for (std::size_t k = 0; k < y0.size(); ++k)
        if (!is_floating(y0[k].dtype()) || y0[k].dtype() != times.dtype())
            throw Error(fmt::format("odeint: y0 is {}, and the times are {}; both must be float32, or float64",
                                    name(y0[k].dtype()), name(times.dtype())),
                        where);
    if (times.shape().rank() != 1 || times.shape()[0] == 0)
        throw Error(fmt::format("odeint: the times are {}; they must be a vector of at least one, the first that of y0",
                                times.shape().str()),
                    where);
    if (options.method == OdeMethod::rk4) {
        if (options.steps == 0)
            throw Error("odeint: 0 steps were asked for, from each time to the next; there must be at least one",
                        where);
        return;
    }
    if (options.max_steps == 0) throw Error("odeint: max_steps is 0; allow at least one step", where);
    if (!(options.relative_tolerance >= 0) || !(options.absolute_tolerance >= 0) ||
        options.relative_tolerance + options.absolute_tolerance == 0)
        throw Error(fmt::format("odeint: the tolerances are {} relative and {} absolute; none may be negative, nor "
                                "both zero",
                                options.relative_tolerance, options.absolute_tolerance),
                    where);
}

} // namespace
} // namespace ode

std::vector<Var> detail::odeint(const OdeFunction& f, const std::vector<Operand>& y0, const Operand& times,
                                const OdeOptions& options) {
    const Call call("odeint", times.where);
    if (times.is_number || !times.var.valid())
        throw Error("odeint: the times are no Var; make one of numbers with tape.constant(...)", times.where);
    const GraphUse use(times.var);
    std::vector<Var> first;
    for (const Operand& y : y0)
        first.push_back(y.var);
    require_of_tape(*use, "odeint", "y0", first, times.where);
    ode::check(y0, times, options);
    return ode::solve(f, first, times.var, {options, times.dtype(), times.where});
}

} // namespace xgrad
