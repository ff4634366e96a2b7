#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <xgrad/core/array.hpp>
#include <xgrad/core/function.hpp>
#include <xgrad/optim/robust.hpp>
#include <xgrad/optim/unknowns.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

namespace detail {
class LeastSquaresModel;
} // namespace detail

/// Rows of a parameter, which are its blocks.
struct Rows {
    Var parameter;
    std::vector<std::int64_t> rows;
};

struct BlockOptions {
    Var eliminate = {};           // one of the unknowns, whose blocks no residual has two of
    std::vector<Rows> fixed = {}; // blocks that stay as they are
};

/// Least squares of residuals that each depend on a few blocks of unknowns: the rows of parameters (blocks, size),
/// which may be on a manifold or within bounds. The residuals of one observation are a function of its blocks and its
/// slices of the data, as of vmap; the cost is weight / 2 sum_k rho(|r_k|^2) over the observations, and no two
/// observations know of each other. Cameras that see points:
///
///     BlockLeastSquares problem({cameras, points}, {.eliminate = points, .fixed = {{cameras, {0}}}});
///     problem.add([](Var camera, Var point, Var seen) { return project(camera, point) - seen; },
///                 {{cameras, camera_of}, {points, point_of}}, {observations}, Huber{1});
///     SearchReport report = LevenbergMarquardt{}.solve(problem);
///
/// Observation k is of the blocks camera_of[k] and point_of[k]; data (observations, ...) need no inputs. The compiled
/// program of residuals makes small dense blocks of J. The equations of the set to be eliminated are block diagonal, so
/// its part of the step follows from the rest, whose equations, the Schur complement (Brown 1958; Triggs et al. 2000,
/// section 6.1), are dense and solved by Cholesky's factor: for some thousands of unknowns that are not eliminated.
/// Errors: rows that are not there, a parameter that is none of the unknowns, residuals that are not floating-point
/// numbers or draw random ones, two eliminated blocks in one function.
class BlockLeastSquares {
  public:
    explicit BlockLeastSquares(std::vector<Unknown> unknowns, BlockOptions options = {},
                               Location where = Location::current());
    ~BlockLeastSquares();
    BlockLeastSquares(BlockLeastSquares&&) noexcept;
    BlockLeastSquares& operator=(BlockLeastSquares&&) noexcept;

    /// More residuals: a function of one observation's blocks and data.
    template <class F>
    void add(F residuals, const std::vector<Rows>& blocks, std::vector<Var> data = {}, RobustLoss loss = {},
             double weight = 1, Location where = Location::current()) {
        constexpr std::size_t n = xgrad::detail::vars_taken<F, 0>();
        static_assert(n >= 1 && n <= xgrad::detail::most_vars,
                      "residuals are a function of the blocks of one observation and of its data, as in [](Var camera, "
                      "Var point, Var seen), and return a Var");
        add(
            n,
            [f = std::move(residuals)](std::span<const Var> x) mutable -> Var {
                return [&]<std::size_t... I>(std::index_sequence<I...>)->Var { return f(x[I]...); }
                (std::make_index_sequence<n>{});
            },
            blocks, std::move(data), std::move(loss), weight, where);
    }

    /// The number of residuals, and of degrees of freedom, without those that are fixed.
    std::size_t residuals() const;
    std::size_t size() const;
    double cost();
    /// The covariance of the unknowns that are not eliminated, where they stand, in their order, see
    /// LeastSquares::covariance: variance times the inverse of the Schur complement. Nothing may be fixed.
    xt::xarray<double> covariance(std::optional<double> variance = {}, Location where = Location::current());

    /// What the searches ask.
    detail::LeastSquaresModel& model();

  private:
    using Function = std::function<Var(std::span<const Var>)>;
    void add(std::size_t arity, Function residuals, const std::vector<Rows>& blocks, std::vector<Var> data,
             RobustLoss loss, double weight, Location where);
    class Blocks;
    std::unique_ptr<Blocks> model_;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
