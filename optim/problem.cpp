#include <xgrad/optim/problem.hpp>

#include <fmt/format.h>

#include <xgrad/core/gradient.hpp>
#include <xgrad/core/op.hpp>
#include <xgrad/optim/leaves.hpp>

namespace xgrad::optim {

Problem::Problem(Var loss, Parameters parameters, Location where)
    : Problem(
          loss, {}, [](Program& program) { return program(); }, std::move(parameters), where) {}

Problem::Problem(Var loss, std::vector<Var> inputs, Call call, Parameters parameters, Location where)
    : loss_(loss), inputs_(std::move(inputs)), call_(std::move(call)), where_(where) {
    const xgrad::Call opened("Problem", where);
    parameters_ = trainable(loss, parameters, where);
    if (loss.shape().numel() != 1 || !is_floating(loss.dtype()))
        throw Error(fmt::format("Problem: the loss is {} {}; it must be one floating-point number", name(loss.dtype()),
                                loss.shape().str()),
                    where);
    for (const Var& p : parameters_)
        size_ += p.shape().numel();
}

void Problem::require_no_draws(const char* method) const {
    if (detail::draws(loss_, where_))
        throw Error(fmt::format("{}: the loss draws random numbers, so it is another function at each call, and a "
                                "search compares its values; leave them out (dropout with training = false), or train "
                                "by a rule such as Adam",
                                method),
                    where_);
}

Program Problem::compile(std::vector<Var> outputs) {
    return loss_.tape().compile({.outputs = std::move(outputs), .updates = {}}, inputs_, {}, where_);
}

void Problem::assign(const std::vector<Var>& leaves, const std::vector<double>& values) {
    if (values.size() != size_)
        throw Error(
            fmt::format("Problem: a vector of {} elements was given, the parameters have {}", values.size(), size_),
            where_);
    detail::assign_values(leaves, values, where_);
}

std::vector<double> Problem::point() const { return detail::values_of(parameters_); }

void Problem::move(const std::vector<double>& point) { assign(parameters_, point); }

double Problem::loss() {
    if (!value_) value_ = compile({loss_});
    return call_(*value_).scalar<double>();
}

double Problem::loss(std::vector<double>& gradient) {
    if (!gradient_) {
        std::vector<Var> outputs = xgrad::gradient(loss_, parameters_, where_);
        outputs.insert(outputs.begin(), loss_);
        gradient_ = compile(std::move(outputs));
    }
    const Results results = call_(*gradient_);
    gradient = detail::flat(results, 1);
    return results.scalar<double>();
}

std::vector<double> Problem::hessian_times(const std::vector<double>& vector) {
    if (!hessian_) { // the Hessian is symmetric: its product is the vector-Jacobian product of the gradient
        for (const Var& p : parameters_) {
            const std::vector<std::size_t> shape(p.shape().begin(), p.shape().end());
            const auto zeros = [&](auto zero) { return xt::xarray<decltype(zero)>::from_shape(shape); };
            Tape& tape = p.tape();
            directions_.push_back(p.dtype() == DType::float32 ? tape.constant(zeros(0.f), where_)
                                                              : tape.constant(zeros(0.0), where_));
        }
        hessian_ = compile(vjp(xgrad::gradient(loss_, parameters_, where_), parameters_, directions_, where_));
    }
    assign(directions_, vector);
    return detail::flat(call_(*hessian_), 0);
}

std::string SearchReport::str() const {
    return fmt::format("loss {:g} after {} iterations and {} evaluations: {}", loss, iterations, evaluations, reason);
}

} // namespace xgrad::optim
