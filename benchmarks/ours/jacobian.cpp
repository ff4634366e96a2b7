// V: the Jacobian of a network by its input.

#include "ours.hpp"

namespace bench::ours {
namespace {

class Jacobian {
  public:
    explicit Jacobian(const Work& work) : program_(record(work.size)) {}

    xg::Results call() { return program_(); }

  private:
    xg::Program record(std::size_t n) {
        const xg::Var x = tape_.parameter(array(uniform(n, 1), {n}));
        xg::Var y = x;
        for (std::size_t layer = 0; layer < jacobian::layers; ++layer)
            y = tanh(matmul(y, tape_.parameter(array(initial_weights(n, n, 2 + layer), {n, n}))));
        return tape_.compile({.outputs = {sum(y), xg::jacobian(y, x)}}, {});
    }

    xg::Tape tape_;
    xg::Program program_;
};

} // namespace

std::unique_ptr<Contender> network_jacobian(const Work& work) { return make<Gradient<Jacobian>>(work); }

} // namespace bench::ours
