// One op at a time is right; everything else must give the same.

#include "check.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace test {
namespace {

constexpr std::size_t unlimited = ~std::size_t{0};
/// Beside it, nothing is shared out to threads.
constexpr std::size_t worth_threads = 15000;

struct Way {
    const char* name;
    xg::CompileOptions options;
    std::size_t threads = 1;
};

/// All that can be seen of a run: the outputs of each call, and what the updates left.
struct Seen {
    struct Value {
        std::string name;
        xt::xarray<double> elements;
        bool exact;
    };
    std::vector<Value> values;
};

struct Calls {
    std::size_t count;
    std::vector<bool> exact; // the nodes, at the first call
    bool exact_states;
};

/// A second call would set out from errors of rounding, which may lead to the other side of a kink.
Calls calls_of(const Program& program) {
    Calls calls{2, exact_nodes(program), true};
    for (const Program::Update& u : program.updates)
        calls.exact_states = calls.exact_states && calls.exact[u.next];
    const bool kinks = std::any_of(program.nodes.begin(), program.nodes.end(),
                                   [](const Node& n) { return n.kind->kink; });
    if (!calls.exact_states && kinks) calls.count = 1;
    return calls;
}

Seen run(const Program& program, const Calls& calls, const Way& way, double noise = 0, std::uint64_t noise_seed = 0) {
    xg::set_num_threads(way.threads);
    xg::Tape tape;
    const Recorded recorded = record(tape, program, noise, noise_seed);
    xg::Program compiled = tape.compile(recorded.step, recorded.inputs, way.options);
    Seen seen;
    for (std::size_t call = 0; call < calls.count; ++call) {
        const xg::Results results = recorded.call(compiled);
        for (std::size_t i = 0; i < results.size(); ++i)
            seen.values.push_back({fmt::format("output {} of call {}", i, call), results.array<double>(i),
                                   calls.exact[program.outputs[i]] && (call == 0 || calls.exact_states)});
    }
    for (std::size_t i = 0; i < recorded.updated.size(); ++i)
        seen.values.push_back({fmt::format("leaf v{} after the last call", program.updates[i].leaf),
                               recorded.updated[i].value<double>(), calls.exact_states && calls.count > 0});
    return seen;
}

double distance(double a, double b) {
    if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
    return std::isfinite(a) && std::isfinite(b) ? std::abs(a - b) : std::numeric_limits<double>::infinity();
}

struct Difference {
    double size = 0;
    std::size_t element = 0;
};

Difference largest(const xt::xarray<double>& a, const xt::xarray<double>& b) {
    Difference worst;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (const double d = distance(a.data()[i], b.data()[i]); d > worst.size) worst = {d, i};
    return worst;
}

class Comparison {
  public:
    explicit Comparison(const Program& program)
        : program_(program), calls_(calls_of(program)),
          single_(std::any_of(program.nodes.begin(), program.nodes.end(),
                              [](const Node& n) { return n.dtype == xg::DType::float32; })),
          plain_(run(program, calls_, {"one op at a time", {.fuse = false}})) {}

    std::optional<Failure> check(const Way& way) {
        Seen seen;
        try {
            seen = run(program_, calls_, way);
        } catch (const std::exception& error) {
            return Failure{fmt::format("{}: {}", way.name, error.what()), way.options, way.threads};
        }
        // Several threads give the bits of one.
        const bool shared = way.threads > 1;
        const Seen& right = shared ? single_thread_ : plain_;
        for (std::size_t k = 0; k < seen.values.size(); ++k) {
            const bool same_bits = shared || right.values[k].exact;
            const xt::xarray<double>&ours = seen.values[k].elements, &theirs = right.values[k].elements;
            const Difference worst = largest(ours, theirs);
            if (worst.size == 0 || (!same_bits && is_rounding(worst.size, k))) continue;
            return Failure{fmt::format("{}: {}, element {} of {}: {} and {} {}{}", way.name, seen.values[k].name,
                                       worst.element, xg::Shape(theirs.shape()).str(), ours.data()[worst.element],
                                       shared ? "on one thread" : "one op at a time", theirs.data()[worst.element],
                                       same_bits ? ", which must be the same bits" : ""),
                           way.options, way.threads};
        }
        if (!shared) single_thread_ = std::move(seen);
        return std::nullopt;
    }

  private:
    /// Whether another order of summation may make such a difference.
    bool is_rounding(double difference, std::size_t k) {
        double scale = 1;
        for (const double element : plain_.values[k].elements)
            if (std::isfinite(element)) scale = std::max(scale, std::abs(element));
        return difference <= (single_ ? 2e-5 : 1e-12) * scale || difference <= 10 * sensitivity()[k];
    }

    /// By how much the results change if the leaves' elements do, in their last digits.
    const std::vector<double>& sensitivity() {
        if (!sensitivity_.empty()) return sensitivity_;
        sensitivity_.resize(plain_.values.size());
        for (std::size_t k = 0; k < sensitivity_.size(); ++k) { // in another order other sums overflow: inf - inf is NaN
            const xt::xarray<double>& all = plain_.values[k].elements;
            if (std::any_of(all.begin(), all.end(), [](double x) { return std::isinf(x); }))
                sensitivity_[k] = std::numeric_limits<double>::infinity();
        }
        for (const std::uint64_t seed : {1, 2, 3}) {
            const Seen seen = run(program_, calls_, {"", {.fuse = false}}, single_ ? 2e-6 : 1e-13, seed);
            for (std::size_t k = 0; k < seen.values.size(); ++k)
                sensitivity_[k] = std::max(sensitivity_[k],
                                           largest(seen.values[k].elements, plain_.values[k].elements).size);
        }
        return sensitivity_;
    }

    const Program& program_;
    Calls calls_;
    bool single_;
    Seen plain_, single_thread_; // the last of those on one thread
    std::vector<double> sensitivity_;
};

std::size_t largest_array(const Program& program) {
    xg::Tape tape;
    std::size_t most = 0;
    for (const xg::Operand& value : record(tape, program).values)
        if (value.var.valid()) most = std::max(most, value.shape().numel());
    return most;
}

} // namespace

std::optional<Failure> check(const Program& program) {
    if (is_fragile(program)) throw xg::Error("results depend on errors of rounding");
    Comparison comparison(program);
    std::vector<Way> ways = {
        {"fused", {}}, {"fused, all arrays whole", {.small_elements = unlimited}}, {"fused, in blocks", {.small_elements = 0}}};
    if (largest_array(program) > worth_threads) {
        ways.push_back({"fused, 2 threads", {.small_elements = 0}, 2});
        ways.push_back({"fused, 3 threads", {.small_elements = 0}, 3});
        ways.push_back({"fused, 4 threads", {.small_elements = 0}, 4});
    }
    for (const Way& way : ways)
        if (auto failure = comparison.check(way)) return failure;
    return std::nullopt;
}

} // namespace test
