#include <xgrad/optim/transform.hpp>

#include <algorithm>
#include <atomic>
#include <limits>

#include <fmt/format.h>

#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/graph/match.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/ops/arithmetic_ops.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad::optim {

std::uint64_t RuleName::next() {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
}

// --- Parameter -----------------------------------------------------------------------------------------------------

Var Parameter::value() const { return training_->parameters()[index_]; }
const std::string& Parameter::name() const { return training_->tape().name(value()); }

Var Parameter::slot(std::string_view name, double initial) {
    const Var p = value();
    return training_->own_slot(training_->slot_name(name, index_), p.dtype(), p.shape(), initial);
}

Var Parameter::keep(Var slot, Var next) { return training_->keep(slot, next); }
Var Parameter::average(std::string_view slot, Var x, double decay) {
    const Var old = this->slot(slot);
    return keep(old, decay * old + (1 - decay) * x);
}

Var Parameter::shared(std::string_view name, double initial) {
    return training_->slot(name, DType::float64, {}, initial);
}
Var Parameter::number(std::string_view name, double initial) {
    return training_->own_slot(training_->slot_name(name, index_), DType::float64, {}, initial);
}
Var Parameter::count() { return training_->count(); }
Var Parameter::rate(const LearningRate& rate) {
    if (!training_->present_.rated.empty()) training_->present_.rated[index_] = 1;
    return scalar(training_->rate_of(rate));
}
Var Parameter::scalar(Var number) const { return cast(reshape(number, Dims{}), value().dtype()); }
void Parameter::require(std::initializer_list<Setting> settings) const { training_->require(settings); }

// --- Training ------------------------------------------------------------------------------------------------------

Training::Training(std::vector<Var> parameters, Location where)
    : parameters_(std::move(parameters)), where_(where), courses_(parameters_.size()) {}

void Training::require(std::initializer_list<Setting> settings) const {
    optim::require(present_.rule ? std::string_view(present_.rule->type()) : "minimize", settings, where_);
}

std::string Training::slot_name(std::string_view slot, std::size_t parameter) const {
    return fmt::format("{}.{}/{}", present_.scope, slot, tape().name(parameters_[parameter]));
}

Var Training::slot(std::string_view name, DType dtype, const Shape& shape, double initial) {
    return own_slot(slot_name(name, 0), dtype, shape, initial);
}

Var Training::own_slot(const std::string& name, DType dtype, const Shape& shape, double initial) {
    const GraphUse graph(tape().graph(), where_);
    const Var slot = tape().slot(name, dtype, shape, initial, where_);
    Graph::SlotOwner& owner = graph->named_slot(name)->owner;
    const Graph::SlotOwner now{present_.rule ? present_.rule->number() : 0, graph->traced.function, where_};
    const bool same_place = owner.function == now.function && owner.where.line == now.where.line &&
                            std::string_view(owner.where.file ? owner.where.file : "") ==
                                (now.where.file ? now.where.file : "");
    if (owner.rule != 0 && owner.rule != now.rule && !same_place)
        throw Error(
            fmt::format("minimize: another rule keeps the slot \"{}\", recorded at {}; give one of the two a .name "
                        "of its own; or, if they are to share it, make the rule once, as an "
                        "xgrad::optim::Transformation outside of the functions, and pass that to minimize in both",
                        name, owner.where.str()),
            where_);
    owner = now;
    return slot;
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
    if (!present_.count.valid()) {
        const Var steps = slot("steps", DType::int64, {});
        present_.count = keep(steps, steps + 1);
    }
    return cast(present_.count, DType::float64);
}

Var Training::steps() { return count() - 1; }

Var Training::rate(const LearningRate& rate) {
    std::fill(present_.rated.begin(), present_.rated.end(), 1);
    return rate_of(rate);
}

Var Training::rate_of(const LearningRate& rate) {
    if (rate.is_number()) {
        require({{"learning_rate", rate.number(), Range::not_negative}});
        return tape().constant(rate.number());
    }
    return rate.var().valid() ? rate.var() : rate.schedule()(steps());
}

void Training::check_direction(const std::vector<Var>& steps, const std::string& rule) const {
    const auto has_rate = [](const Course& course) { return course.rates > 0 || course.unknown; };
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Course& course = courses_[i];
        if (!steps[i].valid() || course.unknown || course.rates == 1) continue;
        const std::string& name = tape().name(parameters_[i]);
        if (course.rates > 1)
            throw Error(
                fmt::format("minimize: in the rule \"{}\" both \"{}\" and \"{}\" have a learning rate for \"{}\", "
                            "and the second turns the step of the first around; leave one of them out, or, if the "
                            "first is a stage of your own, give it a stage() that returns true",
                            rule, scopes_[course.rated_by[0]], scopes_[course.rated_by[1]], name),
                where_);
        if (std::any_of(courses_.begin(), courses_.end(), has_rate))
            throw Error(
                fmt::format("minimize: the rule \"{}\" has no learning rate for \"{}\", whose gradient passes "
                            "through it, and it would climb; give it a rule by Masked, or leave it alone by a last "
                            "stage Frozen",
                            rule, name),
                where_);
        throw Error(
            fmt::format("minimize: nothing in the rule \"{}\" has a learning rate, and \"{}\" would climb along its "
                        "gradient; add ScaleByLearningRate as a last stage, or Scale{{-1}} for steps as long as the "
                        "rule gives them",
                        rule, name),
            where_);
    }
}

Training::Scope::Scope(Training& training, const Transformation& rule)
    : training_(training), before_(training.present_) {
    std::vector<std::string>& used = training.scopes_;
    std::string name = rule.name();
    for (int i = 2; std::find(used.begin(), used.end(), name) != used.end(); ++i)
        name = fmt::format("{}{}", rule.name(), i);
    used.push_back(name);
    training.present_ = {name, &rule, {}, std::vector<char>(training.size())};
}

Training::Scope::~Scope() { training_.present_ = std::move(before_); }

void Training::Scope::note(const std::vector<Var>& gradients) {
    const Present& present = training_.present_;
    if (present.rule->stage()) return;
    const auto& used = training_.scopes_;
    const auto at = static_cast<std::size_t>(std::find(used.begin(), used.end(), present.scope) - used.begin());
    for (std::size_t i = 0; i < std::min(gradients.size(), training_.size()); ++i) {
        if (!gradients[i].valid()) continue;
        Course& course = training_.courses_[i];
        if (!present.rated[i])
            course.unknown = true;
        else if (++course.rates <= course.rated_by.size())
            course.rated_by[course.rates - 1] = at;
    }
}

std::vector<Var> Transformation::update(const std::vector<Var>& gradients, Training& training) const {
    Training::Scope scope(training, *this);
    std::vector<Var> steps = update_(gradients, training);
    scope.note(gradients);
    return steps;
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

/// For each node up to that of y whether y is made from it.
std::vector<char> made_from(const Graph& graph, Var y) { return ancestors(graph, std::array{graph.index(y)}); }

/// What layers update along with the loss.
void guard_updates_with(Var loss, Var finite) {
    const GraphUse use(loss);
    Graph& graph = *use;
    if (graph.updates_with.empty()) return;
    const std::vector<char> needed = made_from(graph, loss);
    for (auto& [used, update] : graph.updates_with)
        if (used < needed.size() && needed[used]) update.next = xgrad::where(finite, update.next, update.leaf);
}

} // namespace

std::vector<Var> trainable(Var loss, const Parameters& asked, Location where) {
    const GraphUse use(loss, where);
    const Graph& graph = *use;
    const std::vector<char> needed = made_from(graph, loss);
    std::vector<Var> result;
    for (const Var& p : asked.list().empty() ? loss.tape().parameters() : asked.list()) {
        const std::uint32_t i = graph.index(p, where);
        const Leaf* const leaf = graph.leaf(i);
        if (!leaf || (leaf->kind != LeafKind::parameter && leaf->kind != LeafKind::state))
            throw Error(fmt::format("what is to be trained must be a parameter, from tape.parameter(...), and one of "
                                    "the Vars given is {}",
                                    p.str()),
                        where);
        if (i < needed.size() && needed[i] && is_floating(p.dtype())) result.push_back(p);
    }
    if (result.empty() && asked.list().empty())
        throw Error("the loss depends on no parameter; make one with tape.parameter(...), and the loss of it", where);
    if (result.empty()) {
        std::string names;
        for (const Var& p : asked.list())
            names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", loss.tape().name(p));
        throw Error(
            fmt::format("the loss does not depend on {}, which it is to train; record the loss of that, or give "
                        "parameters that it depends on",
                        names),
            where);
    }
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
    training.check_direction(steps, rule.name());
    Updates updates;
    for (std::size_t i = 0; i < parameters.size(); ++i)
        if (steps[i].valid()) updates.push_back({parameters[i], moved(parameters[i], steps[i])});
    updates.insert(updates.end(), training.updates().begin(), training.updates().end());
    if (options.skip_nonfinite)
        if (const Var finite = all_finite(gradients); finite.valid()) {
            for (Update& u : updates)
                u.next = xgrad::where(finite, u.next, u.leaf);
            guard_updates_with(loss, finite);
        }
    return updates;
}

} // namespace xgrad::optim
