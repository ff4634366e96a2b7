#include <ceres/ceres.h>
#include <ceres/rotation.h>

#include "../least_squares.hpp"
#include "ceres.hpp"

namespace bench::ceres_solver {
namespace {

ceres::Solver::Options options(ceres::LinearSolverType type) {
    ceres::Solver::Options options;
    options.linear_solver_type = type;
    options.max_num_iterations = 100;
    options.function_tolerance = options.gradient_tolerance = options.parameter_tolerance = least_squares::tolerance;
    options.logging_type = ceres::SILENT;
    options.num_threads = 1;
    return options;
}

/// All residuals of a fit in one function, which is its faster way.
struct Decay {
    const double *x, *y;
    std::size_t residuals;
    template <class T>
    bool operator()(const T* p, T* r) const {
        for (std::size_t i = 0; i < residuals; ++i)
            r[i] = p[0] * exp(-p[1] * x[i]) + p[2] - y[i];
        return true;
    }
};

template <int residuals>
class Curves {
  public:
    explicit Curves(least_squares::Fits data) : data_(std::move(data)) {}
    void step() { (void)outcome(); }
    Outcome outcome() {
        Outcome outcome;
        for (std::size_t f = 0; f < data_.count; ++f) {
            double p[3] = {data_.start[0], data_.start[1], data_.start[2]};
            const std::size_t first = f * data_.residuals;
            ceres::Problem problem;
            problem.AddResidualBlock(new ceres::AutoDiffCostFunction<Decay, residuals, 3>(
                                         new Decay{data_.x.data() + first, data_.y.data() + first, data_.residuals}),
                                     nullptr, p);
            ceres::Solver::Summary summary;
            ceres::Solve(options(ceres::DENSE_NORMAL_CHOLESKY), &problem, &summary);
            outcome.loss += summary.final_cost;
            outcome.gradient.insert(outcome.gradient.end(), p, p + 3);
        }
        return outcome;
    }

  private:
    least_squares::Fits data_;
};

struct Curve : Curves<1000> {
    explicit Curve(const Work& work) : Curves(least_squares::curve(work.size)) {}
};
struct ManyCurves : Curves<50> {
    explicit ManyCurves(const Work& work) : Curves(least_squares::fits(work.size)) {}
};

struct Reprojection {
    const double* seen;
    template <class T>
    bool operator()(const T* camera, const T* point, T* r) const {
        T q[3];
        ceres::AngleAxisRotatePoint(camera, point, q);
        q[0] += camera[3], q[1] += camera[4], q[2] += camera[5];
        const T x = -q[0] / q[2], y = -q[1] / q[2], s = x * x + y * y;
        const T f = camera[6] * (1.0 + s * (camera[7] + camera[8] * s));
        r[0] = f * x - seen[0], r[1] = f * y - seen[1];
        return true;
    }
};

class BundleAdjustment {
  public:
    explicit BundleAdjustment(const Work& work) : data_(work.size) {}
    void step() { (void)outcome(); }
    Outcome outcome() {
        std::vector<double> cameras = data_.cameras, points = data_.points;
        ceres::Problem problem;
        for (std::size_t k = 0; k < data_.camera_of.size(); ++k)
            problem.AddResidualBlock(
                new ceres::AutoDiffCostFunction<Reprojection, 2, 9, 3>(new Reprojection{data_.seen.data() + 2 * k}),
                nullptr, cameras.data() + 9 * data_.camera_of[k], points.data() + 3 * data_.point_of[k]);
        ceres::Solver::Options chosen = options(ceres::DENSE_SCHUR);
        auto* const order = new ceres::ParameterBlockOrdering;
        for (std::size_t p = 0; p < data_.point_count; ++p)
            order->AddElementToGroup(points.data() + 3 * p, 0);
        for (std::size_t c = 0; c < data_.camera_count; ++c)
            order->AddElementToGroup(cameras.data() + 9 * c, 1);
        chosen.linear_solver_ordering.reset(order);
        ceres::Solver::Summary summary;
        ceres::Solve(chosen, &problem, &summary);
        return {summary.final_cost, {}};
    }

  private:
    least_squares::Bundle data_;
};

} // namespace

std::unique_ptr<Contender> least_squares_problem(const Work& work) {
    if (work.variant == "curve") return work.size == 1000 ? make<Curve>(work) : nullptr;
    return work.variant == "fits" ? make<ManyCurves>(work) : make<BundleAdjustment>(work);
}

} // namespace bench::ceres_solver
