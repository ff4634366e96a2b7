#include <xgrad/models/linear.hpp>

#include <tuple>

#include <xgrad/models/parameter_pair.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/linalg.hpp>

namespace xgrad::models {

Linear::Linear(Tape& tape, std::size_t inputs, std::size_t outputs, LinearOptions o, Location where) {
    const Call call("Linear", where);
    const Shape shape(inputs, outputs);
    std::tie(weights_, bias_) = parameter_pair(tape, fans_of(shape), o, {"weights", shape, o.weights},
                                               {"bias", Shape(outputs), o.bias}, where);
}

Var Linear::operator()(Operand x) const {
    const Call call("Linear", x.where);
    return bias_.valid() ? matmul(x, weights_) + bias_ : matmul(x, weights_);
}

} // namespace xgrad::models
