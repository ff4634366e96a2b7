// L: the gradient through a recurrence: by scan, on one array or on many single numbers; or with each step recorded.

#include "../recurrence.hpp"

#include "ours.hpp"

namespace bench::ours {
namespace {

using xg::Var;
using Vars = std::vector<Var>;

class Recurrence {
  public:
    explicit Recurrence(const Work& work) : program_(work.variant == "array" ? of_array(work) : of_numbers(work)) {}

    xg::Results call() { return program_(); }

  private:
    static Var next(Var h, Var a, Var x) {
        const Var t = tanh(a * h + x);
        return h + 0.1 * (t - h) * (1 + 0.5 * t) - 0.01 * square(h);
    }

    static xt::xarray<double> array(const std::vector<double>& numbers, std::vector<std::size_t> shape) {
        return xt::adapt(numbers, shape);
    }

    xg::Program of_array(const Work& work) {
        using namespace recurrence;
        const Var h = tape_.parameter(array(start(), {states})), a = tape_.parameter(array(factors(), {states})),
                  xs = tape_.parameter(array(inputs(work.size), {work.size, states}));
        const auto step = [&](const Vars& carry, const Vars& x) {
            return std::pair{Vars{next(carry[0], a, x[0])}, Vars{}};
        };
        const Var loss = sum(square(xg::scan(step, {h}, {xs}).carry[0]));
        return gradient_of(loss, {h, a, xs});
    }

    /// Each number by itself; all steps have the same x.
    xg::Program of_numbers(const Work& work) {
        using namespace recurrence;
        Vars h, a, x;
        for (std::size_t i = 0; i < states; ++i) {
            h.push_back(tape_.parameter(start()[i]));
            a.push_back(tape_.parameter(factors()[i]));
            x.push_back(tape_.parameter(inputs(1)[i]));
        }
        const auto step = [&](const Vars& carry) {
            Vars all;
            for (std::size_t i = 0; i < states; ++i)
                all.push_back(next(carry[i], a[i], x[i]));
            return all;
        };
        Vars end = h;
        if (work.variant == "scalars")
            end = xg::fori_loop(
                0, static_cast<std::int64_t>(work.size), [&](Var, const Vars& c) { return step(c); }, h);
        else
            for (std::size_t i = 0; i < work.size; ++i)
                end = step(end);
        Var loss = square(end[0]);
        for (std::size_t i = 1; i < states; ++i)
            loss = loss + square(end[i]);
        h.insert(h.end(), a.begin(), a.end());
        h.insert(h.end(), x.begin(), x.end());
        return gradient_of(loss, h);
    }

    xg::Program gradient_of(Var loss, const Vars& by) {
        Vars outputs = gradient(loss, by);
        outputs.insert(outputs.begin(), loss);
        return tape_.compile({.outputs = outputs}, {});
    }

    xg::Tape tape_;
    xg::Program program_;
};

} // namespace

std::unique_ptr<Contender> recurrence(const Work& work) { return make<Gradient<Recurrence>>(work); }

} // namespace bench::ours
