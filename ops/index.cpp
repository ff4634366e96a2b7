#include <xgrad/ops/index_ops.hpp>

namespace xgrad {

Var pick(Operand x, Operand labels) { return record(Pick{}, x, labels); }

Var one_hot(Operand labels, std::size_t classes, DType dtype) { return record(OneHot{classes, dtype}, labels); }

} // namespace xgrad
