#include <xgrad/ops/implicit.hpp>

#include <cmath>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include <xgrad/core/control.hpp>
#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/graph/structural_ops.hpp>
#include <xgrad/core/jacobian.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/closed_function.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/matrix_functions.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad {
namespace implicit {
namespace {

using Vars = std::vector<Var>;

Var as_vector(Var x) { return reshape_to(x, Shape(x.shape().numel())); }

/// f, of which a solution makes zeros: as a vector; and with its Jacobian, a matrix.
struct Equations {
    ClosedFunction f, with_jacobian;

    Var value(Var x) const { return f({x}, f.captured())[0]; }
    Vars value_and_jacobian(Var x) const { return with_jacobian({x}, f.captured()); }
};
using EquationsPtr = std::shared_ptr<const Equations>;

/// The solution: its first input, as a function of what the equations capture.
struct Solution : FirstInput {
    static constexpr auto name = "implicit_root";
    static constexpr std::size_t nondiff = 1;
    EquationsPtr equations;

    /// The adjoint of the equations is -(df/dx)^-T g.
    std::vector<Var> vjp_of_wanted(Var g, Var y, std::span<const Var> x, std::span<const char> wanted) const {
        const std::span<const Var> captured = x.subspan(nondiff);
        const std::vector<char> by(wanted.begin() + nondiff, wanted.end());
        const Var jacobian = equations->with_jacobian({y}, captured)[1];
        const Var of_equations = -linalg::solve(transpose(jacobian), as_vector(g));
        const Vars all = equations->f.with_vjp({0}, by)({y, of_equations}, captured);
        std::vector<Var> result(x.size());
        for (std::size_t i = 0, next = 1; i < by.size(); ++i)
            if (by[i]) result[nondiff + i] = all[next++];
        return result;
    }
    Var jvp(std::span<const Var> tangents, Var y, std::span<const Var> x) const {
        std::vector<char> by;
        const Vars captured(x.begin() + nondiff, x.end());
        Vars along;
        for (const Var& tangent : tangents.subspan(nondiff)) {
            by.push_back(tangent.valid());
            if (tangent.valid()) along.push_back(tangent);
        }
        const Var jacobian = equations->with_jacobian({y}, captured)[1],
                  of_equations = equations->f.with_jvp({0}, by)({y}, joined(captured, along))[1];
        return reshape_to(-linalg::solve(jacobian, of_equations), y.shape());
    }
    std::size_t hash() const { return std::hash<EquationsPtr>{}(equations); }
    bool operator==(const Solution& other) const { return equations == other.equations; }
};

/// f as equations, with their Jacobian.
EquationsPtr equations_of(Graph& graph, const char* function, const Type& x, const detail::VarFunction& f,
                          Location where) {
    const auto trace = [&](const Vars& at) {
        const Var value = f(at[0]);
        if (value.valid() && (value.dtype() != x.dtype || value.shape().numel() != x.shape.numel()))
            throw Error(fmt::format("{}: x is {} {}, and the function gives {} {}; there must be as many equations as "
                                    "elements, of the same dtype",
                                    function, name(x.dtype), x.shape.str(), name(value.dtype()), value.shape().str()),
                        where);
        return Vars{value.valid() ? as_vector(value) : value};
    };
    const ClosedFunction closed(graph, function, "the unknown", {x}, trace, where);
    const auto n = static_cast<std::int64_t>(x.shape.numel());
    return std::make_shared<const Equations>(
        Equations{closed, closed.followed_by([&](const Vars& at, const Vars& value) {
                      return Vars{value[0], reshape(jacobian(value[0], at[0]), {n, n})};
                  })});
}

Var solution(const EquationsPtr& equations, Var x) {
    std::vector<Operand> operands{stop_gradient(x)};
    for (const Var& c : equations->f.captured())
        operands.emplace_back(c);
    return record(Solution{{}, equations}, std::span<const Operand>(operands));
}

/// x, if the search has come to its end: the size of the last step, what it may be, and the number of steps.
struct Found {
    static constexpr auto name = "found";
    const char* function;
    Location where;

    static Shape shape(Types in) { return in[0].shape; }
    void eval(ConstArrays in, Array out) const {
        detail::visit(out.dtype(), [&]<class T>(T) {
            const auto number = [&](std::size_t k) { return static_cast<double>(*in[k].pointer<T>()); };
            if (!std::isfinite(number(1)))
                throw Error(fmt::format("{}: no solution was found: after {} steps the next one is {}; the function is "
                                        "not finite there, or its derivatives give no step. Begin elsewhere",
                                        function, number(3), number(1)),
                            where);
            if (!(number(1) <= number(2)))
                throw Error(
                    fmt::format("{}: no solution was found in {} steps: the last one was of {:.3g}, where {:.3g} "
                                "is asked for; begin nearer to it, allow more max_iterations, or a larger "
                                "tolerance",
                                function, number(3), number(1), number(2)),
                    where);
            std::copy_n(in[0].pointer<T>(), out.shape().numel(), out.pointer<T>());
        });
    }
};

struct Search {
    const char* function;
    const Operand& x0;
    const ImplicitOptions& options;

    Type type() const { return {x0.dtype(), x0.shape()}; }
    Var number(double value) const { return full(x0.var.tape(), Shape(), value, x0.dtype()); }
    /// How large the last step may be.
    Var allowed(Var x) const {
        const double standard = x0.dtype() == DType::float64 ? 1e-10 : 1e-5;
        return (options.tolerance > 0 ? options.tolerance : standard) * (1 + size_of_step(x));
    }
    static Var size_of_step(Var x) { return x.shape().numel() == 0 ? sum(x) : max(abs(x)); }
    bool has_elements() const { return x0.shape().numel() != 0; }
    /// Goes on until the step is small; the carries begin with x, the step and the number of steps.
    Vars run(const std::function<Vars(const Vars&)>& body, const Vars& init) const {
        const auto goes_on = [&](const Vars& c) {
            return (size_of_step(c[1]) > allowed(c[0])) * (c[2] < static_cast<double>(options.max_iterations));
        };
        return while_loop(goes_on, body, init, x0.where);
    }
    Var found(Var x, Var step, Var count) const {
        const Vars inputs{x, size_of_step(step), allowed(x), count};
        const std::vector<Operand> operands(inputs.begin(), inputs.end());
        return record(Found{function, x0.where}, std::span<const Operand>(operands));
    }
};

void check_unknown(const char* function, const char* what, const Operand& x) {
    if (x.is_number || !x.var.valid())
        throw Error(fmt::format("{}: {} is no Var; make one of a number with tape.constant(...)", function, what),
                    x.where);
    if (!is_floating(x.dtype()))
        throw Error(fmt::format("{}: {} is {}; it must be float32 or float64", function, what, name(x.dtype())),
                    x.where);
}

void check(const char* function, const Operand& x0, const ImplicitOptions& options) {
    check_unknown(function, "x0", x0);
    if (!(options.tolerance >= 0))
        throw Error(fmt::format("{}: the tolerance is {}; it must be at least 0", function, options.tolerance),
                    x0.where);
    if (options.max_iterations == 0)
        throw Error(fmt::format("{}: max_iterations is 0; allow at least one", function), x0.where);
}

Var as_root(const detail::VarFunction& f, const Operand& x) {
    const Call call("implicit_root", x.where);
    check_unknown("implicit_root", "x", x);
    const GraphUse use(x.var);
    return solution(equations_of(*use, "implicit_root", {x.dtype(), x.shape()}, f, x.where), x.var);
}

Var find_root(const detail::VarFunction& f, const Operand& x0, const ImplicitOptions& options) {
    const Call call("root", x0.where);
    check("root", x0, options);
    const GraphUse use(x0.var);
    const Search search{"root", x0, options};
    const EquationsPtr equations = equations_of(*use, "root", search.type(), f, x0.where);
    const auto newton = [&](Var x) { // the step, and how far from zero it begins
        const Vars at = equations->value_and_jacobian(x);
        const Var step = -linalg::solve(at[1], at[0], {.singular = linalg::Failure::nan});
        return Vars{reshape_to(step, x.shape()), Search::size_of_step(at[0])};
    };
    // x, the step that is tried next, their number, the part of Newton's step that it is, |f(x)|, Newton's step.
    const auto body = [&](const Vars& c) {
        const Var x = c[0] + c[1], part = c[3];
        const Var f_there = equations->value(x);
        const Var accepted = Search::size_of_step(f_there) <= (1 - 1e-4 * part) * c[4];
        const Vars chosen = cond(
            accepted,
            [&] {
                const Vars next = newton(x);
                return Vars{x, next[0], c[2] + 1, search.number(1), next[1], next[0]};
            },
            [&] { return Vars{c[0], 0.5 * c[1], c[2] + 1, 0.5 * part, c[4], c[5]}; }, x0.where);
        return chosen;
    };
    if (!search.has_elements()) return solution(equations, x0.var);
    const Vars first = newton(x0.var);
    const Vars end = search.run(body, {x0.var, first[0], search.number(0), search.number(1), first[1], first[0]});
    // A small part of a large step is no end. The last one is taken, as it is there.
    return solution(equations, search.found(end[0] + end[1], end[5], end[2]));
}

Var find_fixed_point(const detail::VarFunction& f, const Operand& x0, const ImplicitOptions& options) {
    const Call call("fixed_point", x0.where);
    check("fixed_point", x0, options);
    const GraphUse use(x0.var);
    const Search search{"fixed_point", x0, options};
    const auto difference = [&](Var x) {
        const Var image = f(x);
        if (image.valid() && (image.dtype() != x.dtype() || image.shape() != x.shape()))
            throw Error(fmt::format("fixed_point: x is {} {}, and the function makes {} {} of it; dtype and shape must "
                                    "be the same",
                                    name(x.dtype()), x.shape().str(), name(image.dtype()), image.shape().str()),
                        x0.where);
        return image.valid() ? image - x : image;
    };
    const EquationsPtr equations = equations_of(*use, "fixed_point", search.type(), difference, x0.where);
    const auto step = [&](Var x) { return reshape_to(equations->value(x), x.shape()); };
    const Vars end = search.run(
        [&](const Vars& c) {
            const Var x = c[0] + c[1];
            return Vars{x, step(x), c[2] + 1};
        },
        {x0.var, step(x0.var), search.number(0)});
    return solution(equations, search.found(end[0] + end[1], end[1], end[2]));
}

Var find_argmin(const detail::VarFunction& f, const Operand& x0, const ImplicitOptions& options) {
    const Call call("argmin", x0.where);
    check("argmin", x0, options);
    const GraphUse use(x0.var);
    const Search search{"argmin", x0, options};
    const auto value = [&](const Vars& x) {
        const Var y = f(x[0]);
        if (y.valid() && (y.dtype() != x0.dtype() || y.shape().numel() != 1))
            throw Error(fmt::format("argmin: x is {}, and the function gives {} {}; it must give one number of that "
                                    "dtype",
                                    name(x0.dtype()), name(y.dtype()), y.shape().str()),
                        x0.where);
        return Vars{y.valid() ? reshape_to(y, Shape()) : y};
    };
    const ClosedFunction function(*use, "argmin", "the unknown", {search.type()}, value, x0.where);
    const auto at = [&](Var x) { return function({x}, function.captured())[0]; };
    const EquationsPtr equations = equations_of(
        *use, "argmin", search.type(), [&](Var x) { return gradient(at(x), x); }, x0.where);
    const Var identity = eye(x0.var.tape(), x0.shape().numel(), 0, 0, x0.dtype());
    // The step with so much added to the Hessian; NaN if the sum is not positive definite.
    const auto step_of = [&](Var x, Var g, Var hessian, Var added) {
        const Var lower = linalg::cholesky(hessian + added * identity, {.indefinite = linalg::Failure::nan});
        const Var half = linalg::solve_triangular(lower, g, {.lower = true, .singular = linalg::Failure::nan});
        return reshape_to(-linalg::solve_triangular(
                              lower, half, {.lower = true, .transposed = true, .singular = linalg::Failure::nan}),
                          x.shape());
    };
    const auto largest = [](Var hessian) { return max(abs(hessian)); };
    // x, the step that is tried next, their number, what was added to the Hessian, f(x), df/dx, the Hessian.
    const auto body = [&](const Vars& c) {
        const Var added = c[3], x = c[0] + c[1], y = at(x);
        const double eps = x0.dtype() == DType::float64 ? 1e-15 : 1e-6;
        const Var accepted = y <= c[4] + eps * abs(c[4]);
        const Vars next = cond(
            accepted,
            [&] {
                const Vars there = equations->value_and_jacobian(x);
                const Var less = 0.1 * added, enough = where(less < 1e-6 * largest(there[1]), 0 * less, less);
                return Vars{x, enough, y, there[0], there[1]};
            },
            [&] {
                return Vars{c[0], maximum(10 * added, 1e-3 * largest(c[6])), c[4], c[5], c[6]};
            },
            x0.where);
        return Vars{next[0], step_of(next[0], next[3], next[4], next[1]), c[2] + 1, next[1], next[2], next[3], next[4]};
    };
    if (!search.has_elements()) return solution(equations, x0.var);
    const auto goes_on = [&](const Vars& c) { // NaN is no small step, and a damped step no end
        const Var small = (Search::size_of_step(c[1]) <= search.allowed(c[0])) * (c[3] == 0);
        return (small == 0) * (c[2] < static_cast<double>(options.max_iterations));
    };
    const Vars first = equations->value_and_jacobian(x0.var);
    const Var none = search.number(0);
    const Vars end = while_loop(
        goes_on, body, {x0.var, step_of(x0.var, first[0], first[1], none), none, none, at(x0.var), first[0], first[1]},
        x0.where);
    const Var step = where(end[3] == 0, end[1], std::numeric_limits<double>::infinity());
    return solution(equations, search.found(end[0] + end[1], step, end[2]));
}

} // namespace
} // namespace implicit

Var detail::implicit_root(const VarFunction& f, const Operand& x) { return implicit::as_root(f, x); }
Var detail::root(const VarFunction& f, const Operand& x0, const ImplicitOptions& options) {
    return implicit::find_root(f, x0, options);
}
Var detail::fixed_point(const VarFunction& f, const Operand& x0, const ImplicitOptions& options) {
    return implicit::find_fixed_point(f, x0, options);
}
Var detail::argmin(const VarFunction& f, const Operand& x0, const ImplicitOptions& options) {
    return implicit::find_argmin(f, x0, options);
}

} // namespace xgrad
