#include <xgrad/optim/fits.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/tape.hpp>
#include <xgrad/core/vmap.hpp>
#include <xgrad/ops/rearrange.hpp>
#include <xgrad/optim/dense.hpp>
#include <xgrad/optim/fits_impl.hpp>
#include <xgrad/optim/levenberg_marquardt.hpp>
#include <xgrad/optim/reasons.hpp>
#include <xgrad/optim/weighted.hpp>

namespace xgrad::optim {
namespace {

constexpr std::size_t most_parameters = 32;

const char* reason(int status) {
    switch (status) {
    case detail::by_gradient: return reasons::gradient;
    case detail::by_cost: return reasons::cost;
    case detail::by_step: return reasons::step;
    case detail::not_finite_at_start: return "the cost is not finite where it starts";
    case detail::no_descent: return reasons::no_descent;
    default: return reasons::iterations;
    }
}

/// An array of `rows` rows, as an argument of a program.
Value argument(DType dtype, const std::byte* data, std::size_t rows, const Shape& row) {
    std::vector<std::size_t> shape{rows};
    shape.insert(shape.end(), row.begin(), row.end());
    return xgrad::detail::visit(dtype, [&]<class T>(T) {
        return Value(xt::adapt(reinterpret_cast<const T*>(data), rows * row.numel(), xt::no_ownership(), shape));
    });
}

} // namespace

Fits::Impl::Impl(std::size_t arity, std::function<Var(std::span<const Var>)> residuals, Unknown parameters,
                 std::vector<Var> data, RobustLoss loss, Location where)
    : parameters_(std::move(parameters)), data_(std::move(data)), where_(where) {
    const Var p = parameters_.parameter;
    if (!parameters_.manifold.flat())
        throw Error(fmt::format("Fits: the parameters are on {}; fits have plain ones, so step by {}::exp of a vector "
                                "in the residuals instead",
                                parameters_.manifold.name(), parameters_.manifold.name()),
                    where);
    if (p.dtype() != DType::float64 || p.shape().rank() != 2 || p.shape().numel() == 0)
        throw Error(fmt::format("Fits: the parameters are {} {}; they must be float64 (fits, n), none of both 0",
                                xgrad::name(p.dtype()), p.shape().str()),
                    where);
    if (p.shape()[1] > most_parameters)
        throw Error(fmt::format("Fits: of {} parameters for each fit; there may be {}, as their equations are solved "
                                "element by element; take LeastSquares for each fit",
                                p.shape()[1], most_parameters),
                    where);
    if (arity != data_.size() + 1)
        throw Error(fmt::format("Fits: the residuals are a function of {} Vars, and {} were given: the parameters and "
                                "{} data",
                                arity, data_.size() + 1, data_.size()),
                    where);
    for (const Var& d : data_)
        if (d.shape().rank() == 0 || d.shape()[0] != count())
            throw Error(fmt::format("Fits: data of shape {} were given for {} fits; their first axis must be that of "
                                    "the fits",
                                    d.shape().str(), count()),
                        where);
    model_ = {std::move(residuals), std::move(loss), size(), {}, {}};
    set_bounds();
    inspect();
}

void Fits::Impl::set_bounds() {
    const Bounds given = parameters_.bounds;
    if (given.lower.empty() && given.upper.empty()) return;
    const auto by_parameter = [&](const std::vector<double>& bounds, double none) {
        if (bounds.size() > 1 && bounds.size() != size())
            throw Error(fmt::format("Fits: {} bounds were given for {} parameters of each fit; there must be one, or "
                                    "one for each",
                                    bounds.size(), size()),
                        where_);
        return bounds.size() == size() ? bounds : std::vector(size(), bounds.empty() ? none : bounds[0]);
    };
    constexpr double infinity = std::numeric_limits<double>::infinity();
    model_.lower = by_parameter(given.lower, -infinity), model_.upper = by_parameter(given.upper, infinity);
    Bounds of_all; // those of each element, which Unknowns looks at
    for (std::size_t i = 0; i < count(); ++i) {
        of_all.lower.insert(of_all.lower.end(), model_.lower.begin(), model_.lower.end());
        of_all.upper.insert(of_all.upper.end(), model_.upper.begin(), model_.upper.end());
    }
    (void)detail::Unknowns("Fits", {Unknown(parameters_.parameter, std::move(of_all))}, where_);
}

/// The residuals of all fits are recorded once, to look at them.
void Fits::Impl::inspect() {
    (void)detail::Unknowns("Fits", {Unknown(parameters_.parameter)}, where_);
    Tape& tape = parameters_.parameter.tape();
    const Mark mark = tape.mark();
    try {
        std::vector<Var> all{parameters_.parameter};
        all.insert(all.end(), data_.begin(), data_.end());
        const Var r = vmap([&](const std::vector<Var>& one) { return model_.residuals(one); }, all);
        detail::check_residuals("Fits", {Residual(r)}, where_);
        residuals_ = r.shape().numel() / count();
        const GraphUse use(r, where_);
        const std::vector<char> needed = ancestors(*use, std::array{use->index(r)});
        const std::uint32_t i = use->index(parameters_.parameter);
        if (i >= needed.size() || !needed[i])
            throw Error("Fits: the residuals do not depend on the parameters", where_);
    } catch (...) {
        tape.rewind(mark);
        throw;
    }
    tape.rewind(mark);
}

void Fits::Impl::read_data() {
    elements_.clear();
    if (data_.empty()) return;
    Program program = data_[0].tape().compile({.outputs = data_, .updates = {}}, {}, {}, where_);
    const Results results = program();
    for (std::size_t i = 0; i < data_.size(); ++i) {
        const auto* bytes = static_cast<const std::byte*>(results.data(i));
        elements_.emplace_back(bytes, bytes + data_[i].shape().numel() * size_of(data_[i].dtype()));
    }
}

Fits::Impl::Compiled Fits::Impl::compile(bool step) {
    Tape& tape = parameters_.parameter.tape();
    const Mark mark = tape.mark();
    Compiled result;
    result.slots = std::min(count(), std::clamp<std::size_t>(32768 / residuals_, 64, 1024));
    const std::size_t slots = result.slots;
    std::vector<Var> inputs{tape.input<double>(Shape(slots, size()))}, of_fits;
    for (const Var& d : data_) {
        Shape shape = d.shape();
        shape[0] = slots;
        of_fits.push_back(tape.input(d.dtype(), shape));
    }
    std::vector<Var> outputs;
    if (step) {
        inputs.push_back(tape.input<double>(Shape(slots, size())));
        for (int i = 0; i < 2; ++i)
            inputs.push_back(tape.input<double>(Shape(slots)));
        for (int i = 0; i < 3; ++i)
            inputs.push_back(tape.input<double>(Shape()));
        outputs = fit_step(model_, {inputs[0], inputs[1], inputs[2], inputs[3]}, {inputs[4], inputs[5], inputs[6]},
                           of_fits);
    } else {
        const detail::NormalEquations e = normal_equations(model_, inputs[0], of_fits);
        std::vector<Var> matrix;
        for (std::size_t i = 0; i < size(); ++i)
            for (std::size_t j = 0; j < size(); ++j)
                matrix.push_back(e.matrix[std::max(i, j)][std::min(i, j)]);
        outputs = {e.cost, stack(matrix, 1)};
    }
    inputs.insert(inputs.end(), of_fits.begin(), of_fits.end());
    result.program = tape.compile({.outputs = std::move(outputs), .updates = {}}, inputs, {}, where_);
    tape.rewind(mark);
    return result;
}

FitsReport Fits::Impl::solve(const LevenbergMarquardt& options) {
    if (!step_) step_ = compile(true);
    read_data();
    const std::size_t n = size(), slots = step_->slots;
    const auto start = parameters_.parameter.value<double>();
    std::vector<double> end(start.begin(), start.end());
    FitsReport report{.losses = std::vector<double>(count()),
                      .iterations = std::vector<std::size_t>(count()),
                      .reasons = std::vector<const char*>(count())};

    std::vector<double> x(slots * n), scale(slots * n), damping(slots), growth(slots);
    std::vector<std::vector<std::byte>> data;
    for (const Var& d : data_)
        data.emplace_back(slots * row_bytes(d));
    std::vector<std::size_t> fit_of(slots);
    std::size_t next = 0, active = 0;
    const auto fill = [&](std::size_t slot) { // with the next fit, if there is one
        fit_of[slot] = next < count() ? next++ : count();
        if (fit_of[slot] == count()) return;
        ++active;
        std::copy_n(end.data() + fit_of[slot] * n, n, x.data() + slot * n);
        std::fill_n(scale.data() + slot * n, n, 0);
        damping[slot] = options.damping, growth[slot] = 2;
        for (std::size_t k = 0; k < data_.size(); ++k)
            std::memcpy(data[k].data() + slot * row_bytes(data_[k]),
                        elements_[k].data() + fit_of[slot] * row_bytes(data_[k]), row_bytes(data_[k]));
    };
    for (std::size_t slot = 0; slot < slots; ++slot)
        fill(slot);

    const auto numbers = [&](const std::vector<double>& values, const Shape& row) {
        return argument(DType::float64, reinterpret_cast<const std::byte*>(values.data()), slots, row);
    };
    while (active > 0) {
        std::vector<Value> arguments{numbers(x, Shape(n)),     numbers(scale, Shape(n)), numbers(damping, Shape()),
                                     numbers(growth, Shape()), options.tolerance_cost,   options.tolerance_gradient,
                                     options.tolerance_step};
        for (std::size_t k = 0; k < data_.size(); ++k)
            arguments.push_back(argument(data_[k].dtype(), data[k].data(), slots, row_of(data_[k])));
        const Results results = step_->program->call(arguments, where_);
        const auto take = [&](std::size_t i, std::vector<double>& into) {
            std::memcpy(into.data(), results.data(i), into.size() * sizeof(double));
        };
        take(0, x), take(1, scale), take(2, damping), take(3, growth);
        const auto* cost = static_cast<const double*>(results.data(4));
        const auto* status = static_cast<const double*>(results.data(5));
        for (std::size_t slot = 0; slot < slots; ++slot) {
            const std::size_t fit = fit_of[slot];
            if (fit == count()) continue;
            auto its = static_cast<int>(status[slot]);
            const bool tried = its == detail::goes_on || its == detail::by_cost || its == detail::no_descent;
            report.iterations[fit] += tried ? 1 : 0;
            if (its == detail::goes_on && report.iterations[fit] >= static_cast<std::size_t>(options.max_iterations))
                its = detail::by_iterations;
            if (its == detail::goes_on) continue;
            std::copy_n(x.data() + slot * n, n, end.data() + fit * n);
            report.losses[fit] = cost[slot];
            report.reasons[fit] = reason(its);
            report.converged += its <= detail::by_step;
            --active;
            fill(slot);
        }
    }
    parameters_.parameter.tape().assign(parameters_.parameter, xt::adapt(end, std::vector{count(), n}), where_);
    return report;
}

xt::xarray<double> Fits::Impl::covariance(std::optional<double> variance, Location where) {
    const std::size_t n = size(), m = residuals_;
    if (!variance && m <= n)
        throw Error(fmt::format("covariance: of {} residuals and {} parameters of a fit the variance of the residuals "
                                "cannot be estimated; there must be more residuals, or the variance given: "
                                "covariance(1.0)",
                                m, n),
                    where);
    if (!equations_) equations_ = compile(false);
    read_data();
    const auto x = parameters_.parameter.value<double>();
    auto result = xt::xarray<double>::from_shape({count(), n, n});
    const std::size_t slots = equations_->slots;
    for (std::size_t first = 0; first < count(); first += slots) {
        const std::size_t begin = std::min(first, count() - slots); // the last ones may be done twice
        std::vector<Value> arguments{
            argument(DType::float64, reinterpret_cast<const std::byte*>(x.data() + begin * n), slots, Shape(n))};
        for (std::size_t k = 0; k < data_.size(); ++k)
            arguments.push_back(
                argument(data_[k].dtype(), elements_[k].data() + begin * row_bytes(data_[k]), slots, row_of(data_[k])));
        const Results results = equations_->program->call(arguments, where_);
        const auto* cost = static_cast<const double*>(results.data(0));
        const auto* matrix = static_cast<const double*>(results.data(1));
        for (std::size_t slot = 0; slot < slots; ++slot) {
            const double factor = variance ? *variance : 2 * cost[slot] / static_cast<double>(m - n);
            const std::vector<double> inverse = detail::inverse_of(matrix + slot * n * n, n);
            for (std::size_t i = 0; i < n * n; ++i)
                result.data()[(begin + slot) * n * n + i] = inverse.empty() ? std::numeric_limits<double>::quiet_NaN()
                                                                            : factor * inverse[i];
        }
    }
    return result;
}

Fits::Fits(std::size_t arity, Function residuals, Unknown parameters, std::vector<Var> data, RobustLoss loss,
           Location where) {
    const Call opened("Fits", where);
    impl_ = std::make_unique<Impl>(arity, std::move(residuals), std::move(parameters), std::move(data), std::move(loss),
                                   where);
}
Fits::~Fits() = default;
Fits::Fits(Fits&&) noexcept = default;
Fits& Fits::operator=(Fits&&) noexcept = default;

std::size_t Fits::count() const { return impl_->count(); }
std::size_t Fits::residuals() const { return impl_->residuals(); }
std::size_t Fits::size() const { return impl_->size(); }
xt::xarray<double> Fits::covariance(std::optional<double> variance, Location where) {
    return impl_->covariance(variance, where);
}

FitsReport LevenbergMarquardt::solve(Fits& fits) const {
    detail::require_options(*this, fits.impl().where());
    require("LevenbergMarquardt", {{"max_iterations", static_cast<double>(max_iterations), Range::at_least_one}},
            fits.impl().where());
    if (each)
        throw Error("LevenbergMarquardt: `each` is not called for Fits, whose iterations do not go together; leave it "
                    "out",
                    fits.impl().where());
    return fits.impl().solve(*this);
}

std::string FitsReport::str() const {
    const std::size_t all = std::accumulate(iterations.begin(), iterations.end(), std::size_t(0)),
                      most = *std::max_element(iterations.begin(), iterations.end());
    return fmt::format("{} of {} fits converged, in {:.1f} iterations on average and at most {}", converged,
                       losses.size(), static_cast<double>(all) / static_cast<double>(losses.size()), most);
}

} // namespace xgrad::optim
