#pragma once
// What stands behind Fits.

#include <vector>

#include <xgrad/core/program.hpp>
#include <xgrad/optim/fits_step.hpp>

namespace xgrad::optim {

struct LevenbergMarquardt;

class Fits::Impl {
  public:
    Impl(std::size_t arity, std::function<Var(std::span<const Var>)> residuals, Unknown parameters,
         std::vector<Var> data, RobustLoss loss, Location where);

    std::size_t count() const { return parameters_.parameter.shape()[0]; }
    std::size_t residuals() const { return residuals_; }
    std::size_t size() const { return parameters_.parameter.shape()[1]; }
    Location where() const { return where_; }

    FitsReport solve(const LevenbergMarquardt& options);
    xt::xarray<double> covariance(std::optional<double> variance, Location where);

  private:
    /// A program over so many fits.
    struct Compiled {
        std::size_t slots = 0;
        std::optional<Program> program;
    };
    void set_bounds();
    void inspect();
    void read_data();
    Compiled compile(bool step);
    static Shape row_of(Var data) {
        Shape row;
        for (std::size_t axis = 1; axis < data.shape().rank(); ++axis)
            row.append(static_cast<std::int64_t>(data.shape()[axis]));
        return row;
    }
    static std::size_t row_bytes(Var data) { return row_of(data).numel() * size_of(data.dtype()); }

    Unknown parameters_;
    std::vector<Var> data_;
    detail::FitsModel model_;
    Location where_;
    std::size_t residuals_ = 0;
    std::vector<std::vector<std::byte>> elements_; // of the data
    std::optional<Compiled> step_, equations_;
};

} // namespace xgrad::optim
