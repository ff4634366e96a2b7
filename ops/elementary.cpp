#include <xgrad/ops/elementary_ops.hpp>

#include <cmath>

#include <xgrad/core/graph/constants.hpp>
#include <xgrad/core/graph/match.hpp>
#include <xgrad/core/graph/structural_ops.hpp>
#include <xgrad/ops/arithmetic_ops.hpp>
#include <xgrad/ops/softmax.hpp>
#include <xgrad/ops/special.hpp>

namespace xgrad {
namespace {

/// The stable form of log(x), or Var{}. In each row the textbook formula stands on the left.
Var stable_log(const Operand& x) {
    if (!stabilizes(x.var)) return {};
    const Shape shape = x.var.shape();

    if (const std::vector<Var> sum = inputs_of<Add>(x.var); !sum.empty()) { // log(1 + x) -> log1p(x)
        if (number_of(sum[0]) == 1.0 && sum[1].shape() == shape) return log1p(Operand(sum[1], x.where));
        if (number_of(sum[1]) == 1.0 && sum[0].shape() == shape) return log1p(Operand(sum[0], x.where));
        const Var a = input_of<Exp>(sum[0]), b = input_of<Exp>(sum[1]); // log(exp a + exp b) -> logaddexp(a, b)
        if (a.valid() && b.valid()) return logaddexp(Operand(a, x.where), Operand(b, x.where));
    }
    if (const std::vector<Var> difference = inputs_of<Subtract>(x.var); !difference.empty())
        if (number_of(difference[0]) == 1.0 && difference[1].shape() == shape) {
            if (const Var inner = input_of<Sigmoid>(difference[1]); inner.valid()) // log(1 - sigmoid x) -> -softplus(x)
                return -Operand(softplus(Operand(inner, x.where)), x.where);
            return log1p(Operand(-Operand(difference[1], x.where), x.where)); // log(1 - x) -> log1p(-x)
        }
    if (const Var inner = input_of<Expm1>(input_of<Negative>(x.var));
        inner.valid()) // log(-expm1 x), which is log(1 - exp x)
        return detail::log_one_minus_exp(Operand(inner, x.where));
    if (const Var inner = input_of<Sigmoid>(x.var); inner.valid()) // log(sigmoid x) -> -softplus(-x)
        return -Operand(softplus(Operand(-Operand(inner, x.where), x.where)), x.where);
    // log(sum(exp x)) -> logsumexp(x)
    if (const auto sum = reduction_of<Sum, Reshape>(x.var); sum.x.valid())
        if (const Var inner = input_of<Exp>(sum.x); inner.valid())
            return reshape_to(Operand(logsumexp(Operand(inner, x.where), sum.axes, keepdims), x.where), shape);
    if (const std::vector<Var> ratio = inputs_of<Divide>(x.var); !ratio.empty()) {
        // log(mean(exp x)) -> logsumexp(x) - log(count)
        const auto count = number_of(ratio[1]);
        if (const auto sum = reduction_of<Sum, Reshape>(ratio[0]); sum.x.valid() && count && *count > 0)
            if (const Var inner = input_of<Exp>(sum.x); inner.valid()) {
                const Var total = logsumexp(Operand(inner, x.where), sum.axes, keepdims);
                return reshape_to(Operand(total, x.where), shape) - Operand(std::log(*count), x.where);
            }
        // log(exp(x) / sum(exp x)) -> x - logsumexp(x)
        if (const auto sum = reduction_of<Sum, Reshape>(ratio[1]); sum.x.valid() && sum.x.is(ratio[0]))
            if (const Var inner = input_of<Exp>(ratio[0]); inner.valid()) {
                const Var total = logsumexp(Operand(inner, x.where), sum.axes, keepdims);
                return Operand(inner, x.where) - reshape_to(Operand(total, x.where), ratio[1].shape());
            }
    }
    return {};
}

} // namespace

Var exp(Operand x) { return record(Exp{}, x); }

Var log(Operand x) {
    const Call call("log", x.where);
    if (const Var stable = stable_log(x); stable.valid()) return rewritten(stable, x.var);
    return record(Log{}, x);
}

Var detail::plain_log(Operand x) { return record(Log{}, x); }
Var detail::log_one_minus_exp(Operand x) { return record(LogOneMinusExp{}, x); }

Var detail::stable_minus_one(const Operand& a, const Operand& b) {
    const Var inner = stabilizes(a.var) ? input_of<Exp>(a.var) : Var{};
    if (!inner.valid() || !(b.is_number || stabilizes(b.var))) return {};
    if (number_of(b) != 1.0 || (b.var.valid() && b.var.shape().rank() != 0)) return {};
    return rewritten(expm1(Operand(inner, a.where)), a.var);
}

Var log1p(Operand x) {
    const Call call("log1p", x.where);
    if (stabilizes(x.var)) {
        // log1p(exp x) -> softplus(x)
        if (const Var inner = input_of<Exp>(x.var); inner.valid())
            return rewritten(softplus(Operand(inner, x.where)), x.var);
        // log1p(-exp x), which is log(1 - exp x)
        if (const Var inner = input_of<Exp>(input_of<Negative>(x.var)); inner.valid())
            return rewritten(detail::log_one_minus_exp(Operand(inner, x.where)), x.var);
    }
    return record(Log1p{}, x);
}
Var expm1(Operand x) { return record(Expm1{}, x); }
Var tanh(Operand x) { return record(Tanh{}, x); }
Var sigmoid(Operand x) { return record(Sigmoid{}, x); }
Var softplus(Operand x) { return record(Softplus{}, x); }
Var relu(Operand x) { return record(Relu{}, x); }

} // namespace xgrad
