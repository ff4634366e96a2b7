#include <xgrad/optim/block_least_squares.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <xgrad/core/gradient.hpp>
#include <xgrad/core/tape.hpp>
#include <xgrad/core/vmap.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/gather.hpp>
#include <xgrad/ops/rearrange.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/optim/elements.hpp>
#include <xgrad/optim/least_squares_model.hpp>
#include <xgrad/optim/schur.hpp>
#include <xgrad/optim/weighted.hpp>

namespace xgrad::optim {
namespace {

/// A function of residuals with what it is applied to.
struct Observations {
    std::function<Var(std::span<const Var>)> residuals;
    std::vector<Var> rows; // int64, for each block
    std::vector<Var> data;
    RobustLoss loss;
    double weight;
    std::optional<Program> cost, derivatives;
};

} // namespace

class BlockLeastSquares::Blocks : public detail::LeastSquaresModel {
  public:
    Blocks(std::vector<Unknown> unknowns, const BlockOptions& options, Location where)
        : LeastSquaresModel(detail::Unknowns("BlockLeastSquares", std::move(unknowns), where)), options_(options) {
        for (std::size_t i = 0; i < unknowns_.count(); ++i) {
            const Shape& shape = unknowns_[i].parameter.shape();
            if (shape.rank() != 2)
                throw Error(fmt::format("BlockLeastSquares: \"{}\" {} was given; the blocks of an unknown are the rows "
                                        "of a matrix",
                                        name(i), shape.str()),
                            where);
            structure_.sets.push_back({shape[0], unknowns_.degrees(i) / std::max<std::size_t>(shape[0], 1)});
        }
        if (options.eliminate.valid()) structure_.eliminated = find(options.eliminate, where);
        structure_.finish();
        for (const Rows& rows : options.fixed) {
            const std::size_t i = find(rows.parameter, where);
            require_rows(i, rows.rows, where);
            for (const std::int64_t row : rows.rows)
                std::fill_n(structure_.fixed.begin() + static_cast<std::ptrdiff_t>(place(i, row)),
                            structure_.sets[i].degrees, 1);
        }
    }

    void add(std::size_t arity, Function residuals, const std::vector<Rows>& blocks, std::vector<Var> data,
             RobustLoss loss, double weight, Location where) {
        if (blocks.empty() || arity != blocks.size() + data.size())
            throw Error(fmt::format("add: the residuals are a function of {} Vars, and {} were given: {} blocks and {} "
                                    "data",
                                    arity, blocks.size() + data.size(), blocks.size(), data.size()),
                        where);
        Tape& tape = unknowns_[0].parameter.tape();
        detail::BlockStructure::Factor factor{blocks[0].rows.size(), 0, {}};
        Observations added{std::move(residuals), {}, std::move(data), std::move(loss), weight, {}, {}};
        std::size_t eliminated = 0;
        for (const Rows& block : blocks) {
            const std::size_t i = find(block.parameter, where);
            require_rows(i, block.rows, where);
            if (block.rows.empty() || block.rows.size() != factor.observations)
                throw Error(fmt::format("add: there are {} rows of \"{}\" and {} of \"{}\"; there must be one of each "
                                        "for each observation, and at least one observation",
                                        block.rows.size(), name(i), factor.observations,
                                        name(find(blocks[0].parameter, where))),
                            where);
            eliminated += structure_.is_eliminated(i);
            factor.parts.push_back({i, block.rows});
            added.rows.push_back(tape.constant(block.rows, where));
        }
        if (eliminated > 1)
            throw Error(fmt::format("add: an observation has {} blocks of \"{}\", which is to be eliminated; it may "
                                    "have one, so eliminate another unknown, or none",
                                    eliminated, name(*structure_.eliminated)),
                        where);
        for (const Var& d : added.data)
            if (d.shape().rank() == 0 || d.shape()[0] != factor.observations)
                throw Error(fmt::format("add: data of shape {} were given for {} observations, which must be the first "
                                        "axis",
                                        d.shape().str(), factor.observations),
                            where);
        const std::vector<Var> r = record(added, factor);
        if (r.empty()) throw Error("add: the residuals of an observation are an array without elements", where);
        detail::check_residuals("add", {Residual(stack(r), {}, weight)}, where);
        factor.residuals = r.size();
        structure_.factors.push_back(std::move(factor));
        structure_.finish();
        observations_.push_back(std::move(added));
    }

    double cost() override {
        double sum = 0;
        for (std::size_t f = 0; f < observations_.size(); ++f) {
            Observations& o = observations_[f];
            if (!o.cost) o.cost = compile(cost_of(o, structure_.factors[f]));
            sum += (*o.cost)().scalar<double>();
        }
        return sum;
    }

    double linearize() override {
        next_.clear(structure_);
        double sum = 0;
        for (std::size_t f = 0; f < observations_.size(); ++f) {
            Observations& o = observations_[f];
            if (!o.derivatives) o.derivatives = compile(derivatives_of(o, structure_.factors[f]));
            const Results results = (*o.derivatives)();
            sum += results.scalar<double>();
            std::vector<const double*> derivatives;
            for (std::size_t i = 1; i < results.size(); ++i)
                derivatives.push_back(static_cast<const double*>(results.data(i)));
            next_.add(structure_, f, derivatives);
        }
        next_.finish(structure_);
        return sum;
    }

    void adopt() override { std::swap(here_, next_); }
    const std::vector<double>& gradient() const override { return here_.gradient(); }
    const std::vector<double>& squares() const override { return here_.squares(); }
    double solve(double damping, const std::vector<double>& scale, const std::vector<char>& held,
                 std::vector<double>& d) override {
        return here_.solve(structure_, damping, scale, held, d);
    }
    double change(const std::vector<double>& d) const override { return here_.change(structure_, d); }

    void fail_not_finite(const char* method) override {
        for (std::size_t f = 0; f < observations_.size(); ++f) {
            const auto r = stack(record(observations_[f], structure_.factors[f]), 1).value<double>();
            for (std::size_t k = 0; k < r.size(); ++k)
                if (!std::isfinite(r.data()[k])) {
                    const std::size_t observation = k / structure_.factors[f].residuals;
                    std::string blocks;
                    for (const detail::BlockStructure::Part& part : structure_.factors[f].parts)
                        blocks += fmt::format("{}row {} of \"{}\"", blocks.empty() ? "" : ", ", part.rows[observation],
                                              name(part.set));
                    throw Error(
                        fmt::format("{}: a residual of observation {} ({}) is {} where the search starts; start "
                                    "where all of them are finite",
                                    method, observation, blocks, detail::shown(r.data()[k])),
                        unknowns_.where());
                }
        }
        throw Error(
            fmt::format("{}: the cost is not finite where the search starts, although all residuals are", method),
            unknowns_.where());
    }

    void require_residuals(const char* method) const override {
        if (observations_.empty())
            throw Error(fmt::format("{}: the problem has no residuals; give it some with add", method),
                        unknowns_.where());
    }

    std::size_t residuals() const {
        std::size_t sum = 0;
        for (const detail::BlockStructure::Factor& factor : structure_.factors)
            sum += factor.observations * factor.residuals;
        return sum;
    }
    std::size_t size() const {
        return structure_.size -
               static_cast<std::size_t>(std::count(structure_.fixed.begin(), structure_.fixed.end(), 1));
    }
    std::size_t reduced_size() const { return structure_.reduced_size; }
    bool holds_any() const { return size() < structure_.size; }

    std::vector<double> reduced_inverse() {
        (void)linearize();
        return next_.reduced_inverse(structure_);
    }

  private:
    std::string name(std::size_t i) const { return unknowns_[i].parameter.tape().name(unknowns_[i].parameter); }
    std::size_t place(std::size_t i, std::int64_t row) const {
        return structure_.sets[i].first + static_cast<std::size_t>(row) * structure_.sets[i].degrees;
    }
    std::size_t find(Var parameter, Location where) const {
        for (std::size_t i = 0; i < unknowns_.count(); ++i)
            if (unknowns_[i].parameter.is(parameter)) return i;
        throw Error(
            fmt::format("{} is none of the unknowns of the problem", parameter.valid() ? parameter.str() : "Var{}"),
            where);
    }
    void require_rows(std::size_t i, const std::vector<std::int64_t>& rows, Location where) const {
        for (const std::int64_t row : rows)
            if (row < 0 || static_cast<std::size_t>(row) >= structure_.sets[i].count)
                throw Error(fmt::format("row {} of \"{}\" {} was asked for; rows are 0 to {}", row, name(i),
                                        unknowns_[i].parameter.shape().str(), structure_.sets[i].count - 1),
                            where);
    }
    Program compile(std::vector<Var> outputs) {
        return unknowns_[0].parameter.tape().compile({.outputs = std::move(outputs), .updates = {}}, {}, {},
                                                     unknowns_.where());
    }

    /// The residuals of all observations, each (observations,), and with `slopes` after them, for each of them and each
    /// degree of freedom of each block, their derivatives. What the function makes of its small arrays is recorded
    /// element by element.
    std::vector<Var> record(const Observations& o, const detail::BlockStructure::Factor& factor, bool slopes = false) {
        const std::size_t blocks = factor.parts.size();
        std::vector<Var> all; // columns of the blocks, of steps from them of length 0 on manifolds, and the data
        for (std::size_t p = 0; p < blocks; ++p) {
            const Unknown& u = unknowns_[factor.parts[p].set];
            const Var rows = take(u.parameter, o.rows[p], 0);
            for (std::size_t k = 0; k < rows.shape()[1]; ++k)
                all.push_back(column(rows, k));
            if (slopes && !u.manifold.flat())
                for (std::size_t k = 0; k < u.manifold.degrees(); ++k)
                    all.push_back(zeros_like(column(rows, 0)));
        }
        all.insert(all.end(), o.data.begin(), o.data.end());
        return vmap(
            [&](const std::vector<Var>& one) {
                std::vector<Var> arguments, by; // `by`: what is differentiated by
                const Var* next = one.data();
                const auto several = [&](std::size_t n) {
                    next += n;
                    return stack(std::vector<Var>(next - n, next));
                };
                for (std::size_t p = 0; p < blocks; ++p) {
                    const Unknown& u = unknowns_[factor.parts[p].set];
                    const bool stepped = slopes && !u.manifold.flat();
                    arguments.push_back(several(u.parameter.shape()[1]));
                    if (stepped) arguments[p] = u.manifold.plus(arguments[p], several(u.manifold.degrees()));
                    by.insert(by.end(), next - structure_.sets[factor.parts[p].set].degrees, next);
                }
                arguments.insert(arguments.end(), next, one.data() + one.size());
                const Var all_residuals = o.residuals(arguments);
                std::vector<Var> result = detail::Elements(all_residuals).of(all_residuals);
                if (!slopes) return result;
                const std::vector<Var> residuals = result;
                for (const Var& r : residuals)
                    for (const Var& slope : xgrad::gradient(r, by))
                        result.push_back(slope);
                return result;
            },
            all);
    }
    static Var column(Var rows, std::size_t k) {
        const auto at = static_cast<std::int64_t>(k);
        return squeeze(slice(rows, 1, at, at + 1), {1});
    }

    static Var squares(const std::vector<Var>& residuals, std::size_t count) {
        Var sum;
        for (std::size_t i = 0; i < count; ++i) {
            const Var s = square(detail::as_float64(residuals[i]));
            sum = sum.valid() ? sum + s : s;
        }
        return sum;
    }

    std::vector<Var> cost_of(const Observations& o, const detail::BlockStructure::Factor& factor) {
        return {detail::weighted_cost(o.loss, o.weight, squares(record(o, factor), factor.residuals))};
    }

    std::vector<Var> derivatives_of(const Observations& o, const detail::BlockStructure::Factor& factor) {
        std::vector<Var> result = record(o, factor, true);
        const Var s = squares(result, factor.residuals), roots = detail::root_weights(o.loss, o.weight, s);
        for (Var& r : result) {
            r = detail::as_float64(r);
            if (roots.valid()) r = roots * r;
        }
        result.insert(result.begin(), detail::weighted_cost(o.loss, o.weight, s));
        return result;
    }

    BlockOptions options_;
    detail::BlockStructure structure_;
    std::vector<Observations> observations_;
    detail::SchurModel here_, next_;
};

BlockLeastSquares::BlockLeastSquares(std::vector<Unknown> unknowns, BlockOptions options, Location where) {
    const Call opened("BlockLeastSquares", where);
    if (unknowns.empty()) throw Error("BlockLeastSquares: no unknowns were given", where);
    model_ = std::make_unique<Blocks>(std::move(unknowns), options, where);
}
BlockLeastSquares::~BlockLeastSquares() = default;
BlockLeastSquares::BlockLeastSquares(BlockLeastSquares&&) noexcept = default;
BlockLeastSquares& BlockLeastSquares::operator=(BlockLeastSquares&&) noexcept = default;

void BlockLeastSquares::add(std::size_t arity, Function residuals, const std::vector<Rows>& blocks,
                            std::vector<Var> data, RobustLoss loss, double weight, Location where) {
    const Call opened("add", where);
    model_->add(arity, std::move(residuals), blocks, std::move(data), std::move(loss), weight, where);
}

std::size_t BlockLeastSquares::residuals() const { return model_->residuals(); }
std::size_t BlockLeastSquares::size() const { return model_->size(); }
double BlockLeastSquares::cost() { return model_->cost(); }
detail::LeastSquaresModel& BlockLeastSquares::model() { return *model_; }

xt::xarray<double> BlockLeastSquares::covariance(std::optional<double> variance, Location where) {
    const std::size_t m = residuals(), n = size(), count = model_->reduced_size();
    if (model_->holds_any())
        throw Error("covariance: blocks are fixed; make a problem without `fixed`, with residuals that say where those "
                    "blocks are",
                    where);
    if (!variance && m <= n)
        throw Error(fmt::format("covariance: of {} residuals and {} unknowns the variance of the residuals cannot be "
                                "estimated; there must be more residuals, or the variance given: covariance(1.0)",
                                m, n),
                    where);
    const std::vector<double> inverse = model_->reduced_inverse();
    if (inverse.empty())
        throw Error("covariance: the Jacobian has not full rank: some direction of the unknowns changes no residual, "
                    "as moving all cameras and points together does; add residuals that say where they are",
                    where);
    const double factor = variance ? *variance : 2 * cost() / static_cast<double>(m - n);
    auto result = xt::xarray<double>::from_shape({count, count});
    for (std::size_t i = 0; i < inverse.size(); ++i)
        result.data()[i] = factor * inverse[i];
    return result;
}

} // namespace xgrad::optim
