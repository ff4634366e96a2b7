#pragma once
// What an optimizer is: a transformation of gradients into steps. It is recorded as an expression and mutates nothing;
// `minimize` turns it into the updates of a Step.
//
// A rule is a struct with one of
//     Var update(Var gradient, Parameter& p) const;                                  // each parameter by itself
//     std::vector<Var> update(const std::vector<Var>& gradients, Training& t) const; // all of them together
// which returns what is to be added to each parameter, or, as a stage of a chain, what the next stage gets. Var{}
// stands for a parameter that is left alone. Nothing need be registered: minimize(rule, loss) takes any such struct.
//
// A rule that gives steps against the gradient takes its learning rate by p.rate(...). One that only changes what the
// next stage gets, such as clipping, says so by
//     static constexpr bool stage() { return true; }
// so that minimize finds a chain in which nothing has a learning rate, or two things have one: either would climb.

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xgrad/core/tape.hpp>
#include <xgrad/optim/learning_rate.hpp>
#include <xgrad/optim/rule_name.hpp>
#include <xgrad/optim/settings.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

class Training;
class Transformation;

/// One parameter in training, as a rule sees it.
class Parameter {
  public:
    Parameter(Training& training, std::size_t index) : training_(&training), index_(index) {}

    [[nodiscard]] Var value() const;
    const std::string& name() const;

    /// A state of the parameter's shape and dtype that belongs to the rule; found again when a function is retraced.
    [[nodiscard]] Var slot(std::string_view name, double initial = 0);
    /// slot := next, when the step is taken. Returns next.
    Var keep(Var slot, Var next);
    /// slot := decay slot + (1 - decay) x, which it returns. It starts at 0, so after t steps it is too small by the
    /// factor 1 - decay^t, by which Adam divides.
    Var average(std::string_view slot, Var x, double decay);
    /// A float64 of the rule, of shape (), that all its parameters have in common.
    [[nodiscard]] Var shared(std::string_view name, double initial = 0);
    /// A float64 of the rule, of shape (), for this parameter alone.
    [[nodiscard]] Var number(std::string_view name, double initial = 0);
    /// The number of this step, 1 in the first one: float64, shape ().
    [[nodiscard]] Var count();
    /// The learning rate, in the parameter's dtype. Its step is one against the gradient then.
    [[nodiscard]] Var rate(const LearningRate& rate);
    /// Anything of one element, in the parameter's dtype.
    [[nodiscard]] Var scalar(Var number) const;
    /// An error if a hyper-parameter is out of its range.
    void require(std::initializer_list<Setting> settings) const;

  private:
    Training* training_;
    std::size_t index_;
};

/// All parameters in training: what a rule that looks at them together sees, and where slots are collected.
class Training {
  public:
    explicit Training(std::vector<Var> parameters, Location where = Location::current());

    Tape& tape() const { return parameters_.front().tape(); }
    std::size_t size() const { return parameters_.size(); }
    Parameter operator[](std::size_t i) { return {*this, i}; }
    const std::vector<Var>& parameters() const { return parameters_; }

    /// A state of the rule that belongs to no parameter alone. Its name holds that of the first parameter, so
    /// optimizers of different parameters do not share it.
    [[nodiscard]] Var slot(std::string_view name, DType dtype, const Shape& shape, double initial = 0);
    Var keep(Var slot, Var next);
    [[nodiscard]] Var count();
    /// The number of steps done before this one; what schedules are given.
    [[nodiscard]] Var steps();
    /// The learning rate of all parameters.
    [[nodiscard]] Var rate(const LearningRate& rate);
    void require(std::initializer_list<Setting> settings) const;

    /// An error if a step does not go against its gradient, as far as that is known: see stage().
    void check_direction(const std::vector<Var>& steps, const std::string& rule) const;

    /// Runs f, which updates slots, and has them updated only in steps where the mask (of one element) is not 0.
    template <class F>
    auto only_where(Var mask, F f) {
        const std::size_t first = updates_.size();
        auto result = f();
        guard(mask, first);
        return result;
    }

    const std::vector<Update>& updates() const { return updates_; }

  private:
    /// The rule that is at work.
    struct Present {
        std::string scope;
        const Transformation* rule = nullptr;
        Var count = {};
        std::vector<char> rated = {}; // parameters
    };

  public:
    /// While it lives, slots are called "<rule>.<slot>/<parameter>". A rule that stands in a chain twice is told apart
    /// by a number.
    class Scope {
      public:
        Scope(Training& training, const Transformation& rule);
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;
        /// The rule has given the steps for these gradients.
        void note(const std::vector<Var>& gradients);

      private:
        Training& training_;
        Present before_;
    };

  private:
    friend class Parameter;
    void guard(Var mask, std::size_t first);
    std::string slot_name(std::string_view slot, std::size_t parameter) const;
    [[nodiscard]] Var own_slot(const std::string& name, DType dtype, const Shape& shape, double initial);
    [[nodiscard]] Var rate_of(const LearningRate& rate);

    /// What is known of a parameter's step: the rules that took a learning rate for it, and whether there was one of
    /// which nothing is known.
    struct Course {
        std::size_t rates = 0;
        std::array<std::size_t, 2> rated_by{}; // the first two, in scopes_
        bool unknown = false;
    };
    std::vector<Var> parameters_;
    Location where_;
    std::vector<Update> updates_;
    std::vector<std::string> scopes_; // used so far
    std::vector<Course> courses_;
    Present present_;
};

template <class R>
concept ParameterRule = requires(const R& rule, Var gradient, Parameter& p) {
    { rule.update(gradient, p) } -> std::convertible_to<Var>;
};
template <class R>
concept JointRule = requires(const R& rule, const std::vector<Var>& gradients, Training& training) {
    { rule.update(gradients, training) } -> std::convertible_to<std::vector<Var>>;
};
template <class R>
concept Rule = ParameterRule<R> || JointRule<R>;

namespace detail {

/// The name of a type as it stands in the source, without its namespaces.
template <class T>
std::string type_name() {
    std::string_view text = __PRETTY_FUNCTION__;
    text = text.substr(text.find("T = ") + 4);
    text = text.substr(0, text.find_first_of(";]<"));
    if (const std::size_t colon = text.rfind(':'); colon != text.npos) text = text.substr(colon + 1);
    return std::string(text);
}

/// A number that tells the rule from others: that of its name if it has one, else a new one.
template <class R>
std::uint64_t number_of(const R& rule) {
    if constexpr (requires {
                      { rule.name.rule() } -> std::same_as<std::uint64_t>;
                  })
        return rule.name.rule();
    else
        return RuleName::next();
}

template <class R>
bool is_stage(const R& rule) {
    if constexpr (requires {
                      { rule.stage() } -> std::same_as<bool>;
                  })
        return rule.stage();
    else
        return false;
}

template <class R>
std::string name_of(const R& rule) {
    if constexpr (requires {
                      { rule.name } -> std::convertible_to<std::string>;
                  })
        return rule.name;
    else
        return type_name<R>();
}

} // namespace detail

/// Any rule. Its copies are the same rule: two functions that use them share the slots.
class Transformation {
  public:
    template <class R>
        requires(Rule<R> && !std::same_as<R, Transformation>)
    Transformation(R rule)
        : name_(detail::name_of(rule)), type_(detail::type_name<R>()), number_(detail::number_of(rule)),
          stage_(detail::is_stage(rule)) {
        update_ = [rule = std::move(rule)](std::vector<Var> gradients, Training& training) -> std::vector<Var> {
            if constexpr (JointRule<R>)
                return rule.update(gradients, training);
            else {
                for (std::size_t i = 0; i < gradients.size(); ++i) {
                    Parameter p = training[i];
                    if (gradients[i].valid()) gradients[i] = rule.update(gradients[i], p);
                }
                return gradients;
            }
        };
    }

    const std::string& name() const { return name_; }
    const std::string& type() const { return type_; } // the struct's name
    std::uint64_t number() const { return number_; }  // no other rule has it
    bool stage() const { return stage_; }
    std::vector<Var> update(const std::vector<Var>& gradients, Training& training) const;

  private:
    std::string name_, type_;
    std::uint64_t number_;
    bool stage_;
    std::function<std::vector<Var>(std::vector<Var>, Training&)> update_;
};

/// What is minimized: a loss of one element, or several, each with a weight.
class Objective {
  public:
    struct Term {
        Var loss;
        Operand weight = 1.0;
    };
    Objective(Var loss, Location where = Location::current()) : terms_{{loss}}, where_(where) {}
    Objective(std::initializer_list<Term> terms, Location where = Location::current()) : terms_(terms), where_(where) {}
    Objective(std::vector<Term> terms, Location where = Location::current())
        : terms_(std::move(terms)), where_(where) {}

    [[nodiscard]] Var total() const;
    Location where() const { return where_; }

  private:
    std::vector<Term> terms_;
    Location where_;
};

/// Parameters to train; none stands for all of the tape's. Those that the loss does not depend on are left alone.
class Parameters {
  public:
    Parameters(std::initializer_list<Var> list = {}) : list_(list) {}
    Parameters(std::vector<Var> list) : list_(std::move(list)) {}
    const std::vector<Var>& list() const { return list_; }

  private:
    std::vector<Var> list_;
};
using Updates = std::vector<Update>;

struct MinimizeOptions {
    /// A gradient with a NaN or an infinity changes no parameter, no slot, no counter and no running average of a
    /// layer.
    bool skip_nonfinite = false;
};

/// The updates of one step of a rule: of the parameters, of the rule's slots, of its counters. A function that is
/// traced again finds the slots that its rule had. A rule that was made apart, in another function or at another line,
/// and has a slot of the same name for the same parameter, is an error.
[[nodiscard]] Updates minimize(const Transformation& rule, const Objective& loss, const Parameters& parameters = {},
                               MinimizeOptions options = {});

/// The parameters that `loss` depends on and that can be differentiated: those of the list, or of the whole tape if it
/// is empty. An error if there are none.
[[nodiscard]] std::vector<Var> trainable(Var loss, const Parameters& parameters, Location where);

/// x + step; for a step that was recorded as (y - x): y, so that a projection is exact.
[[nodiscard]] Var moved(Var x, Var step);

} // namespace xgrad::optim
#pragma GCC visibility pop
