// G and H: small work, compiled once; or recorded, differentiated and compiled anew at each step, the same graph or
// another.

#include "../tiny.hpp"

#include "ours.hpp"

namespace bench::ours {
namespace {

class TinyOps {
  public:
    explicit TinyOps(const Work& work)
        : size_(work.size), anew_(work.variant != "compiled"), another_(work.variant == "another"),
          w_(tape_.parameter(leaf(tiny::weights()), "w")), x_(tape_.constant(leaf(tiny::start()))),
          leaves_(tape_.mark()), program_(record()) {}

    xg::Results call() {
        if (anew_) {
            tape_.rewind(leaves_);
            program_ = record();
        }
        return program_();
    }

  private:
    static xt::xarray<float> leaf(const std::array<float, 4>& values) { return xt::adapt(values); }

    xg::Program record() {
        xg::Var y = x_;
        const std::size_t turned = another_ ? ++graphs_
                                            : 0; // a bit for each of the first sums: its operands change places
        for (std::size_t i = 0; i < size_ / 2; ++i)
            y = turned >> std::min<std::size_t>(i, 63) & 1 ? x_ + y * w_ : y * w_ + x_;
        const xg::Var loss = sum(y);
        return tape_.compile({.outputs = {loss, gradient(loss, w_)}}, {});
    }

    std::size_t size_, graphs_ = 0;
    bool anew_, another_;
    xg::Tape tape_;
    xg::Var w_, x_;
    xg::Mark leaves_;
    xg::Program program_;
};

/// As scalars, each a Var of its own, or as one array.
class Rosenbrock {
  public:
    explicit Rosenbrock(const Work& work) : program_(work.variant == "scalars" ? of_scalars(work) : of_array(work)) {}

    xg::Results call() { return program_(); }

  private:
    static xg::Var term(xg::Var x, xg::Var next) { return 100 * square(next - square(x)) + square(1 - x); }

    xg::Program of_scalars(const Work& work) {
        std::vector<xg::Var> x;
        for (const double value : tiny::point(work.size))
            x.push_back(tape_.parameter(value));
        xg::Var y = term(x[0], x[1]);
        for (std::size_t i = 1; i + 1 < x.size(); ++i)
            y = y + term(x[i], x[i + 1]);
        std::vector<xg::Var> outputs = gradient(y, x);
        outputs.insert(outputs.begin(), y);
        return tape_.compile({.outputs = outputs}, {});
    }

    xg::Program of_array(const Work& work) {
        const std::vector<double> start = tiny::point(work.size);
        const xg::Var x = tape_.parameter(xt::adapt(start));
        const xg::Var y = sum(term(slice(x, 0, 0, -1), slice(x, 0, 1, xg::Range::open)));
        return tape_.compile({.outputs = {y, gradient(y, x)}}, {});
    }

    xg::Tape tape_;
    xg::Program program_;
};

} // namespace

std::unique_ptr<Contender> tiny_ops(const Work& work) { return make<Gradient<TinyOps>>(work); }
std::unique_ptr<Contender> rosenbrock(const Work& work) { return make<Gradient<Rosenbrock>>(work); }

} // namespace bench::ours
