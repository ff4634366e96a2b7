#include <xgrad/models/linear.hpp>

#include <cmath>

#include <xgrad/models/initial.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/linalg.hpp>

namespace xgrad::models {

Linear::Linear(Tape& tape, std::size_t inputs, std::size_t outputs, LinearOptions o, Location where) {
    const Call call("Linear", where);
    if (!is_floating(o.dtype)) throw Error("Linear: the dtype must be float32 or float64", where);
    const double scale = o.zero ? 0 : o.scale > 0 ? o.scale : std::sqrt(1.0 / static_cast<double>(inputs));
    weights_ = normal_parameter(tape, Shape(inputs, outputs), scale, o.seed, o.dtype, o.name + ".weights", where);
    bias_ = filled_parameter(tape, Shape(outputs), 0, o.dtype, o.name + ".bias", where);
}

Var Linear::operator()(Operand x) const {
    const Call call("Linear", x.where);
    return matmul(x, weights_) + bias_;
}

} // namespace xgrad::models
