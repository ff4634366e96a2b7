#include <xgrad/optim/transform.hpp>

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph.hpp>
#include <xgrad/core/match.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/ops/arithmetic_ops.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad::optim {

// --- Parameter -----------------------------------------------------------------------------------------------------

Var Parameter::value() const { return training_->parameters()[index_]; }
const std::string& Parameter::name() const { return training_->tape().name(value()); }

Var Parameter::slot(std::string_view name, double initial) {
    const Var p = value();
    return training_->tape().slot(training_->slot_name(name, index_), p.dtype(), p.shape(), initial, training_->where_);
}

Var Parameter::keep(Var slot, Var next) { return training_->keep(slot, next); }
Var Parameter::average(std::string_view slot, Var x, double decay) {
    const Var old = this->slot(slot);
    return keep(old, decay * old + (1 - decay) * x);
}

Var Parameter::shared(std::string_view name, double initial) {
    return training_->slot(name, DType::float64, {}, initial);
}
Var Parameter::count() { return training_->count(); }
Var Parameter::rate(const LearningRate& rate) { return scalar(training_->rate(rate)); }
Var Parameter::scalar(Var number) const { return cast(reshape(number, Dims{}), value().dtype()); }

// --- Training ------------------------------------------------------------------------------------------------------

Training::Training(std::vector<Var> parameters, Location where) : parameters_(std::move(parameters)), where_(where) {}

std::string Training::slot_name(std::string_view slot, std::size_t parameter) const {
    return fmt::format("{}.{}/{}", scope_, slot, tape().name(parameters_[parameter]));
}

Var Training::slot(std::string_view name, DType dtype, const Shape& shape, double initial) {
    return tape().slot(slot_name(name, 0), dtype, shape, initial, where_);
}

Var Training::keep(Var slot, Var next) {
    const auto same = [&](const Update& u) { return u.leaf.is(slot) && u.next.is(next); };
    if (std::none_of(updates_.begin(), updates_.end(), same)) updates_.push_back({slot, next});
    return next;
}

void Training::guard(Var mask, std::size_t first) {
    for (std::size_t i = first; i < updates_.size(); ++i) {
        Update& u = updates_[i];
        u.next = where(reshape(mask, Dims{}), u.next, u.leaf);
    }
}

Var Training::count() {
    if (!count_.valid()) {
        const Var steps = slot("steps", DType::int64, {});
        count_ = keep(steps, steps + 1);
    }
    return cast(count_, DType::float64);
}

Var Training::steps() { return count() - 1; }

Var Training::rate(const LearningRate& rate) {
    if (rate.is_number()) return tape().constant(rate.number());
    return rate.var().valid() ? rate.var() : rate.schedule()(steps());
}

Training::Scope::Scope(Training& training, std::string_view rule)
    : training_(training), before_(std::move(training.scope_)), count_before_(training.count_) {
    std::string name(rule);
    for (int i = 2; std::find(training.scopes_.begin(), training.scopes_.end(), name) != training.scopes_.end(); ++i)
        name = fmt::format("{}{}", rule, i);
    training.scopes_.push_back(name);
    training.scope_ = std::move(name);
    training.count_ = {};
}

Training::Scope::~Scope() {
    training_.scope_ = std::move(before_);
    training_.count_ = count_before_;
}

std::vector<Var> Transformation::update(const std::vector<Var>& gradients, Training& training) const {
    const Training::Scope scope(training, name_);
    return update_(gradients, training);
}

// --- minimize ------------------------------------------------------------------------------------------------------

Var Objective::total() const {
    Var sum;
    for (const Term& term : terms_) {
        const Var weighted = term.loss * term.weight;
        sum = sum.valid() ? sum + weighted : weighted;
    }
    if (!sum.valid()) throw Error("minimize: no loss was given", where_);
    return sum;
}

namespace {

/// One element: whether all gradients are finite. The largest magnitude is NaN if one of them is.
Var all_finite(const std::vector<Var>& gradients) {
    Var largest;
    for (const Var& g : gradients) {
        if (g.shape().numel() == 0) continue;
        const Var its = cast(max(abs(g)), DType::float64);
        largest = largest.valid() ? maximum(largest, its) : its;
    }
    return largest.valid() ? largest < std::numeric_limits<double>::infinity() : Var{};
}

} // namespace

std::vector<Var> trainable(Var loss, const Parameters& asked, Location where) {
    const Graph& graph = Graph::of(loss, where);
    std::vector<char> needed(graph.index(loss) + 1);
    needed.back() = 1;
    for (std::size_t i = needed.size(); i-- > 0;)
        if (needed[i])
            for (const std::uint32_t input : graph.inputs(static_cast<std::uint32_t>(i)))
                needed[input] = 1;
    std::vector<Var> result;
    for (const Var& p : asked.list().empty() ? loss.tape().parameters() : asked.list()) {
        const std::uint32_t i = graph.index(p, where);
        if (i < needed.size() && needed[i] && is_floating(p.dtype())) result.push_back(p);
    }
    if (result.empty())
        throw Error("minimize: the loss depends on no parameter; make one with tape.parameter(...)", where);
    return result;
}

Var moved(Var x, Var step) {
    const std::vector<Var> difference = inputs_of<Subtract>(step);
    if (!difference.empty() && difference[1].is(x) && difference[0].shape() == x.shape()) return difference[0];
    return x + step;
}

Updates minimize(const Transformation& rule, const Objective& objective, const Parameters& which,
                 MinimizeOptions options) {
    const Location where = objective.where();
    const Call call("minimize", where);
    const Var loss = objective.total();
    const std::vector<Var> parameters = trainable(loss, which, where);

    Training training(parameters, where);
    const std::vector<Var> gradients = gradient(loss, parameters, where);
    const std::vector<Var> steps = rule.update(gradients, training);
    if (steps.size() != parameters.size())
        throw Error(fmt::format("minimize: the rule \"{}\" gave {} steps for {} parameters", rule.name(), steps.size(),
                                parameters.size()),
                    where);
    Updates updates;
    for (std::size_t i = 0; i < parameters.size(); ++i)
        if (steps[i].valid()) updates.push_back({parameters[i], moved(parameters[i], steps[i])});
    updates.insert(updates.end(), training.updates().begin(), training.updates().end());
    if (options.skip_nonfinite)
        if (const Var finite = all_finite(gradients); finite.valid())
            for (Update& u : updates)
                u.next = xgrad::where(finite, u.next, u.leaf);
    return updates;
}

} // namespace xgrad::optim
