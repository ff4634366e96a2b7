#include <xgrad/optim/least_squares.hpp>

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/jacobian.hpp>
#include <xgrad/core/tape.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/linalg.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/optim/dense.hpp>
#include <xgrad/optim/least_squares_model.hpp>
#include <xgrad/optim/leaves.hpp>
#include <xgrad/optim/weighted.hpp>

namespace xgrad::optim {
namespace {

std::vector<Unknown> all_parameters(const std::vector<Residual>& residuals, Location where) {
    std::vector<Var> values;
    for (const Residual& r : residuals)
        values.push_back(reshape(r.values, {-1}));
    std::vector<Unknown> result;
    for (const Var& p : trainable(values.size() == 1 ? values[0] : concatenate(values, 0), {}, where))
        result.emplace_back(p);
    return result;
}

} // namespace

class LeastSquares::Dense : public detail::LeastSquaresModel {
  public:
    Dense(std::vector<Residual> residuals, std::vector<Var> inputs, Problem::Call call, std::vector<Unknown> unknowns,
          Location where)
        : LeastSquaresModel(detail::Unknowns(
              "LeastSquares", unknowns.empty() ? all_parameters(residuals, where) : std::move(unknowns), where)),
          residuals_(std::move(residuals)), inputs_(std::move(inputs)), call_(std::move(call)) {
        for (std::size_t i = 0; i < unknowns_.count(); ++i)
            require_dependence(unknowns_[i].parameter);
        for (const Residual& r : residuals_)
            count_ += r.values.shape().numel();
    }

    std::size_t count() const { return count_; }
    bool use_qr(bool on) override {
        qr_ = on;
        return true;
    }

    double cost() override {
        if (!cost_) cost_ = compile({total()});
        return call_(*cost_).scalar<double>();
    }

    double linearize() override {
        if (qr_) {
            std::vector<double> rows;
            const double cost = jacobian_rows(rows);
            next_ = detail::LinearModel::of_jacobian(rows.data(), rows.data() + count_ * size(), count_, size());
            return cost;
        }
        if (!products_) {
            const auto [j, r] = weighted();
            const Var column = reshape_to(r, Shape(count_, 1));
            products_ = compile({total(), matmul(j, column, true, false), matmul(j, j, true, false)});
        }
        const Results results = call_(*products_);
        const auto* g = static_cast<const double*>(results.data(1));
        const auto* a = static_cast<const double*>(results.data(2));
        next_ = detail::LinearModel::of_products({a, a + size() * size()}, {g, g + size()});
        return results.scalar<double>();
    }

    void adopt() override { std::swap(here_, next_); }
    const std::vector<double>& gradient() const override { return here_.gradient(); }
    const std::vector<double>& squares() const override { return here_.squares(); }
    double solve(double damping, const std::vector<double>& scale, const std::vector<char>& held,
                 std::vector<double>& d) override {
        return here_.solve(damping, scale, held, d);
    }
    double change(const std::vector<double>& d) const override { return here_.change(d); }

    void fail_not_finite(const char* method) override {
        std::vector<Var> values;
        for (const Residual& r : residuals_)
            values.push_back(reshape(r.values, {-1}));
        Program program = compile(values);
        const Results results = call_(program);
        for (std::size_t i = 0; i < results.size(); ++i) {
            const std::vector<double> r = results_of(results, i);
            for (std::size_t k = 0; k < r.size(); ++k)
                if (!std::isfinite(r[k]))
                    throw Error(fmt::format("{}: element {} of the residuals{} is {} where the search starts; start "
                                            "where all of them are finite",
                                            method, k, residuals_.size() == 1 ? "" : fmt::format(" {}", i),
                                            detail::shown(r[k])),
                                unknowns_.where());
        }
        throw Error(
            fmt::format("{}: the cost is not finite where the search starts, although all residuals are", method),
            unknowns_.where());
    }

    std::vector<double> inverse() {
        std::vector<double> rows;
        (void)jacobian_rows(rows);
        return detail::LinearModel::of_jacobian(rows.data(), rows.data() + count_ * size(), count_, size()).inverse();
    }

    std::size_t size() const { return unknowns_.degrees(); }

  private:
    static std::vector<double> results_of(const Results& results, std::size_t i) {
        const auto array = results.array<double>(i);
        return {array.begin(), array.end()};
    }

    void require_dependence(Var parameter) const {
        const GraphUse use(parameter, unknowns_.where());
        const Graph& graph = *use;
        for (const Residual& r : residuals_) {
            const std::vector<char> needed = ancestors(graph, std::array{graph.index(r.values, unknowns_.where())});
            const std::uint32_t i = graph.index(parameter);
            if (i < needed.size() && needed[i]) return;
        }
        throw Error(fmt::format("LeastSquares: no residual depends on the unknown \"{}\"; record the residuals of it, "
                                "or leave it out",
                                parameter.tape().name(parameter)),
                    unknowns_.where());
    }

    Program compile(std::vector<Var> outputs) {
        return residuals_[0].values.tape().compile({.outputs = std::move(outputs), .updates = {}}, inputs_, {},
                                                   unknowns_.where());
    }

    Var total() const {
        Var sum;
        for (const Residual& r : residuals_) {
            const Var one = detail::weighted_cost(r.loss, r.weight, detail::squares_of(r));
            sum = sum.valid() ? sum + one : one;
        }
        return sum;
    }

    /// J of the weighted residuals, (m, n), and these, (m,).
    std::pair<Var, Var> weighted() const {
        std::vector<Var> xs, rows, values;
        for (std::size_t i = 0; i < unknowns_.count(); ++i)
            xs.push_back(unknowns_[i].parameter);
        for (const Residual& r : residuals_) {
            const std::size_t m = r.values.shape().numel();
            const std::vector<Var> by_numbers = jacobian(reshape_to(r.values, Shape(m)), xs, {}, unknowns_.where());
            std::vector<Var> columns;
            for (std::size_t i = 0; i < xs.size(); ++i) {
                const Var numbers = reshape_to(by_numbers[i], Shape(m, xs[i].shape().numel()));
                columns.push_back(detail::as_float64(unknowns_.by_step(numbers, i)));
            }
            const Var weights = detail::root_weights(r), j = columns.size() == 1 ? columns[0] : concatenate(columns, 1);
            rows.push_back(weights.valid() ? j * reshape_to(weights, Shape(m, 1)) : j);
            const Var value = detail::as_float64(reshape_to(r.values, Shape(m)));
            values.push_back(weights.valid() ? value * weights : value);
        }
        if (rows.size() == 1) return {rows[0], values[0]};
        return {concatenate(rows, 0), concatenate(values, 0)};
    }

    /// J, row by row, and after it the residuals; the result is the cost.
    double jacobian_rows(std::vector<double>& rows) {
        if (!jacobian_) {
            const auto [j, r] = weighted();
            jacobian_ = compile({total(), j, r});
        }
        const Results results = call_(*jacobian_);
        rows = detail::flat(results, 1);
        return results.scalar<double>();
    }

    std::vector<Residual> residuals_;
    std::vector<Var> inputs_;
    Problem::Call call_;
    std::size_t count_ = 0;
    bool qr_ = false;
    std::optional<Program> cost_, products_, jacobian_;
    detail::LinearModel here_, next_;
};

LeastSquares::LeastSquares(std::vector<Residual> residuals, std::vector<Unknown> unknowns, Location where)
    : LeastSquares(
          std::move(residuals), {}, [](Program& program) { return program(); }, std::move(unknowns), where) {}

LeastSquares::LeastSquares(std::vector<Residual> residuals, std::vector<Var> inputs, Problem::Call call,
                           std::vector<Unknown> unknowns, Location where) {
    const xgrad::Call opened("LeastSquares", where);
    detail::check_residuals("LeastSquares", residuals, where);
    model_ = std::make_unique<Dense>(std::move(residuals), std::move(inputs), std::move(call), std::move(unknowns),
                                     where);
}

LeastSquares::~LeastSquares() = default;
LeastSquares::LeastSquares(LeastSquares&&) noexcept = default;
LeastSquares& LeastSquares::operator=(LeastSquares&&) noexcept = default;

std::size_t LeastSquares::residuals() const { return model_->count(); }
std::size_t LeastSquares::size() const { return model_->size(); }
double LeastSquares::cost() { return model_->cost(); }
detail::LeastSquaresModel& LeastSquares::model() { return *model_; }

xt::xarray<double> LeastSquares::covariance(std::optional<double> variance, Location where) {
    const std::size_t m = residuals(), n = size();
    if (!variance && m <= n)
        throw Error(fmt::format("covariance: of {} residuals and {} unknowns the variance of the residuals cannot be "
                                "estimated; there must be more residuals, or the variance given: covariance(1.0)",
                                m, n),
                    where);
    const std::vector<double> inverse = model_->inverse();
    if (inverse.empty())
        throw Error("covariance: the Jacobian has not full rank: some direction of the unknowns changes no residual, "
                    "so its variance is infinite; hold an unknown, or add a residual that says where it should be",
                    where);
    const double factor = variance ? *variance : 2 * cost() / static_cast<double>(m - n);
    auto result = xt::xarray<double>::from_shape({n, n});
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            result(i, j) = factor * inverse[i * n + j];
    return result;
}

} // namespace xgrad::optim
