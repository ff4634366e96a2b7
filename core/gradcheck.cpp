#include <xgrad/core/gradcheck.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <xgrad/core/base/split_mix.hpp>
#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph/graph.hpp>

namespace xgrad {
namespace {

using Arrays = std::vector<xt::xarray<double>>;

double dot(const Arrays& a, const Arrays& b) {
    double total = 0;
    for (std::size_t k = 0; k < a.size(); ++k)
        for (std::size_t i = 0; i < a[k].size(); ++i)
            total += a[k].data()[i] * b[k].data()[i];
    return total;
}

double magnitude(const Arrays& a, const Arrays& b) {
    double total = 0;
    for (std::size_t k = 0; k < a.size(); ++k)
        for (std::size_t i = 0; i < a[k].size(); ++i)
            total += std::abs(a[k].data()[i] * b[k].data()[i]);
    return total;
}

/// Uniform in (-1, 1); exact in float32, too.
class Random {
  public:
    explicit Random(std::uint64_t seed) : numbers_(seed) {}
    double operator()() { return static_cast<float>(2 * unit_interval(numbers_.bits()) - 1); }

  private:
    SplitMix numbers_;
};

/// An array on the tape that is overwritten from check to check.
struct Variable {
    Var var;
    xt::xarray<double> value;
};

Variable variable_like(Tape& tape, Var var) {
    const Shape& shape = var.shape();
    auto value = xt::xarray<double>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
    value.fill(0);
    return {var.dtype() == DType::float32 ? tape.state(xt::xarray<float>(value)) : tape.state(value), value};
}

std::vector<Var> vars(const std::vector<Variable>& variables) {
    std::vector<Var> result;
    for (const Variable& variable : variables)
        result.push_back(variable.var);
    return result;
}

Arrays values(const std::vector<Variable>& variables) {
    Arrays result;
    for (const Variable& variable : variables)
        result.push_back(variable.value);
    return result;
}

Arrays run(Program& program) {
    const Results results = program();
    Arrays arrays;
    for (std::size_t i = 0; i < results.size(); ++i)
        arrays.push_back(results.array<double>(i));
    return arrays;
}

/// A function of x whose derivative is checked: f, or a first derivative of it; contracted with `cotangents`.
struct Form {
    int order;
    std::vector<Variable>* cotangents;
    Program value, reverse, forward;
};

struct Comparison {
    double reverse = 0, forward = 0, difference = 0, error = 0;
    bool ok = true, kink = false;
};

class Checker {
  public:
    Checker(const detail::Traced& f, const std::vector<Value>& inputs, const GradcheckOptions& options, Location where)
        : options_(options), random_(options.seed) {
        for (const Value& input : inputs) {
            x_.push_back(tape_.parameter(input));
            at_.push_back(x_.back().value<double>());
        }
        begin_ = static_cast<std::uint32_t>(tape_.size());
        const std::vector<Var> ys = f(x_);
        end_ = static_cast<std::uint32_t>(tape_.size());
        for (const Var& y : ys) {
            if (!is_floating(y.dtype()))
                throw Error(fmt::format("gradcheck: f gives a {} {}; only float32 and float64 have derivatives",
                                        name(y.dtype()), y.shape().str()),
                            where);
            c_.push_back(variable_like(tape_, y));
        }
        for (const Var& x : x_)
            v_.push_back(variable_like(tape_, x)), w_.push_back(variable_like(tape_, x));
        if (x_.empty() || ys.empty()) return;
        add_form(1, ys, c_);
        if (options.order < 2) return;
        add_form(2, vjp(ys, x_, vars(c_)), w_);
        add_form(2, jvp(ys, x_, vars(w_)), c_);
    }

    GradcheckReport check(bool blame) {
        report_.inputs = x_.size();
        for (const auto& x : at_)
            report_.elements += x.size();
        for (Form& form : forms_)
            for (std::size_t d = 0; d < options_.directions && report_.ok; ++d)
                if (!along_random_direction(form)) by_element(form);
        if (!report_.ok && !report_.kink && blame) find_op();
        return report_;
    }

  private:
    void add_form(int order, const std::vector<Var>& ys, std::vector<Variable>& cotangents) {
        auto program = [&](const std::vector<Var>& outputs) {
            return tape_.compile({.outputs = outputs, .updates = {}}, {}, {.advance = false});
        };
        forms_.push_back(
            {order, &cotangents, program(ys), program(vjp(ys, x_, vars(cotangents))), program(jvp(ys, x_, vars(v_)))});
    }

    void randomize(std::vector<Variable>& variables) {
        for (Variable& variable : variables) {
            for (double& element : variable.value)
                element = random_();
            tape_.assign(variable.var, variable.value);
        }
    }

    bool along_random_direction(Form& form) {
        randomize(c_);
        randomize(w_);
        randomize(v_);
        for (std::size_t k = 0; k < v_.size(); ++k)
            for (std::size_t i = 0; i < at_[k].size(); ++i)
                v_[k].value.data()[i] *= std::max(1.0, std::abs(at_[k].data()[i]));
        for (Variable& v : v_)
            tape_.assign(v.var, v.value);
        const Comparison c = compare(form, dot(run(form.reverse), values(v_)), options_.eps);
        if (c.ok) report_.error = std::max(report_.error, c.error);
        return c.ok;
    }

    /// <cotangents, function at x + h v>
    double shifted(Form& form, double h) {
        for (std::size_t k = 0; k < x_.size(); ++k) {
            xt::xarray<double> x = at_[k];
            for (std::size_t i = 0; i < x.size(); ++i)
                x.data()[i] += h * v_[k].value.data()[i];
            tape_.assign(x_[k], x);
        }
        const Arrays y = run(form.value);
        scale_ = magnitude(y, values(*form.cotangents));
        return dot(y, values(*form.cotangents));
    }

    /// The three derivatives along v_.
    Comparison compare(Form& form, double reverse, double h) {
        Comparison c{.reverse = reverse, .forward = dot(run(form.forward), values(*form.cotangents))};
        auto near = [&](double a, double b, double noise = 0) {
            return std::abs(a - b) <= options_.atol + options_.rtol * std::max(std::abs(a), std::abs(b)) + noise;
        };
        const bool modes_agree = near(c.reverse, c.forward);
        const double here = shifted(form, 0);
        double first_gap = 0, gap = 0, difference = 0, noise = 0;
        c.ok = false;
        for (int i = 0; i < 3 && !c.ok; ++i, h /= 4) {
            const double above = shifted(form, h), below = shifted(form, -h);
            difference = (above - below) / (2 * h);
            gap = std::abs((above - here) - (here - below)) / h;
            if (i == 0) first_gap = gap;
            noise = 4 * std::numeric_limits<double>::epsilon() * scale_ / h;
            c.ok = modes_agree && near(c.reverse, difference, noise);
            if (i == 0 || c.ok) {
                c.difference = difference;
                c.error = std::abs(c.reverse - difference) / std::max(1.0, std::abs(difference));
                if (!modes_agree) c.error = std::max(c.error, std::abs(c.reverse - c.forward));
                if (std::isnan(c.error)) c.error = std::numeric_limits<double>::infinity();
            }
        }
        // Where there is a derivative, the one-sided differences come together as h gets smaller, and do not grow.
        const bool apart = first_gap >= std::abs(c.reverse - c.difference) && gap > first_gap / 2;
        const bool growing = std::abs(difference) > 2 * std::abs(c.difference) &&
                             !near(difference, c.difference, noise);
        c.kink = !c.ok && modes_agree && (apart || growing);
        shifted(form, 0);
        return c;
    }

    void by_element(Form& form) {
        const Arrays gradient = run(form.reverse);
        for (Variable& v : v_)
            v.value.fill(0), tape_.assign(v.var, v.value);
        for (std::size_t k = 0; k < x_.size(); ++k)
            for (std::size_t i = 0; i < at_[k].size(); ++i) {
                double& element = v_[k].value.data()[i];
                element = 1;
                tape_.assign(v_[k].var, v_[k].value);
                const Comparison c = compare(form, gradient[k].data()[i],
                                             options_.eps * std::max(1.0, std::abs(at_[k].data()[i])));
                if (!c.ok) note(form, c, k, i);
                element = 0;
                tape_.assign(v_[k].var, v_[k].value);
            }
    }

    /// Keeps the worst; a kink is not as bad as a wrong derivative.
    void note(const Form& form, const Comparison& c, std::size_t input, std::size_t element) {
        const bool wrong_before = report_.order != 0 && !report_.kink, better = c.kink && wrong_before;
        const bool worse = report_.order == 0 || (!c.kink && report_.kink) || c.error > report_.error;
        if (better || !worse) return;
        report_.kink = c.kink;
        report_.ok = c.kink && !options_.kinks_fail;
        report_.order = form.order;
        report_.input = input;
        report_.error = c.error;
        report_.reverse = c.reverse;
        report_.forward = c.forward;
        report_.difference = c.difference;
        const Shape shape(at_[input].shape());
        const auto indices = shape.indices_of(element);
        report_.element.assign(indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(shape.rank()));
    }

    /// Checks every op of f by itself. That a derivative is zero may be said on purpose: such an op is named last.
    void find_op() {
        const GraphUse use(x_[0]);
        const Graph& graph = *use;
        for (const bool zero : {false, true})
            for (std::uint32_t i = begin_; i < end_; ++i) {
                const Node node = graph.node(i);
                if (graph.inputs(i).empty() || !is_floating(node.dtype) || node.info->zero_derivative != zero) continue;
                if (!alone_ok(graph, i)) {
                    report_.op = node.info->name;
                    report_.where = node.where;
                    return;
                }
            }
    }

    bool alone_ok(const Graph& graph, std::uint32_t node) const {
        std::vector<Value> inputs;
        for (const std::uint32_t input : graph.inputs(node))
            if (is_floating(graph.node(input).dtype)) inputs.push_back(graph.var(input).value<double>());
        if (inputs.empty()) return true;
        const detail::Traced op = [&](const std::vector<Var>& x) {
            Tape& tape = x[0].tape();
            std::vector<std::uint32_t> operands;
            auto next = x.begin();
            for (const std::uint32_t input : graph.inputs(node)) {
                const Var var = graph.var(input);
                const Var operand = is_floating(var.dtype())      ? *next++
                                    : var.dtype() == DType::uint8 ? tape.constant(var.value<std::uint8_t>())
                                                                  : tape.constant(var.value<std::int64_t>());
                operands.push_back(tape.graph().index(operand));
            }
            return std::vector<Var>{
                tape.graph().var(tape.graph().record(*graph.node(node).info, graph.node(node).op, operands, {}))};
        };
        try {
            return Checker(op, inputs, options_, {}).check(false).ok;
        } catch (const Error&) {
            return true; // f does not differentiate by all of its inputs, and it cannot be
        }
    }

    GradcheckOptions options_;
    Arrays at_;
    Random random_;
    Tape tape_;
    std::vector<Var> x_;
    std::uint32_t begin_ = 0, end_ = 0; // the nodes of f
    std::vector<Variable> c_, w_, v_;   // cotangents of f, of its gradient; the direction
    std::vector<Form> forms_;
    double scale_ = 0;
    GradcheckReport report_;
};

} // namespace

std::string GradcheckReport::str() const {
    std::string text = fmt::format("gradcheck: {}", !ok ? "failed" : kink ? "ok, but for a kink" : "ok");
    if (order == 0) return text + fmt::format(", {} inputs, {} elements, worst error {:.1e}", inputs, elements, error);
    text += fmt::format(
        ": the {} derivative by element ({}) of input {} is {:.10g} in reverse mode, {:.10g} in forward mode, "
        "{:.10g} by differences",
        order == 1 ? "first" : "second", fmt::join(element, ", "), input, reverse, forward, difference);
    if (kink)
        text += "; the differences do not come together as their step gets smaller: there is no derivative at this "
                "point";
    if (!op.empty())
        text += fmt::format("; the first op that is wrong by itself is {}, recorded at {}", op, where.str());
    return text;
}

namespace detail {

GradcheckReport gradcheck(const Traced& f, const std::vector<Value>& inputs, const GradcheckOptions& options,
                          Location where) {
    return Checker(f, inputs, options, where).check(true);
}

void fail_gradcheck_arity(std::size_t takes, std::size_t inputs, Location where) {
    throw Error(fmt::format("gradcheck: f takes {} Vars, and {} inputs were given; give one for each", takes, inputs),
                where);
}

} // namespace detail

} // namespace xgrad
