// W: a curve, many small curves, cameras and points.

#include "../least_squares.hpp"
#include "ours.hpp"

namespace bench::ours {
namespace {

namespace optim = xg::optim;

constexpr double tolerance = least_squares::tolerance;
const optim::LevenbergMarquardt method{
    .max_iterations = 100, .tolerance_cost = tolerance, .tolerance_gradient = tolerance, .tolerance_step = tolerance};

xg::Var decay(xg::Var p, xg::Var x, xg::Var y) { return p[0] * exp(-p[1] * x) + p[2] - y; }

class Curve {
  public:
    explicit Curve(const Work& work) : data_(least_squares::curve(work.size)) {}
    void step() { (void)outcome(); }
    Outcome outcome() {
        xg::Tape tape;
        const xg::Var p = tape.parameter(data_.start, "p");
        optim::LeastSquares problem(decay(p, tape.constant(data_.x), tape.constant(data_.y)));
        const double loss = method.solve(problem).loss;
        const auto end = p.value<double>();
        return {loss, {end.begin(), end.end()}};
    }

  private:
    least_squares::Fits data_;
};

class ManyCurves {
  public:
    explicit ManyCurves(const Work& work) : data_(least_squares::fits(work.size)) {}
    void step() { (void)outcome(); }
    Outcome outcome() {
        const auto rows = [&](const std::vector<double>& numbers) {
            return xt::adapt(numbers, std::vector<std::size_t>{data_.count, data_.residuals});
        };
        xg::Tape tape;
        const xg::Var first = broadcast_to(tape.constant(data_.start), {data_.count, 3}),
                      p = tape.parameter(first.value<double>(), "p");
        optim::Fits problem(decay, p, {tape.constant(rows(data_.x)), tape.constant(rows(data_.y))});
        const optim::FitsReport report = method.solve(problem);
        double loss = 0;
        for (const double one : report.losses)
            loss += one;
        const auto end = p.value<double>();
        return {loss, {end.begin(), end.end()}};
    }

  private:
    least_squares::Fits data_;
};

xg::Var project(xg::Var camera, xg::Var point) {
    const xg::Var q = optim::SO3::act(optim::SO3::exp(slice(camera, 0, 0, 3)), point) + slice(camera, 0, 3, 6);
    const xg::Var x = -q[0] / q[2], y = -q[1] / q[2], s = x * x + y * y;
    const xg::Var f = camera[6] * (1 + s * (camera[7] + camera[8] * s));
    return stack(f * x, f * y);
}

class BundleAdjustment {
  public:
    explicit BundleAdjustment(const Work& work) : data_(work.size) {}
    void step() { (void)outcome(); }
    Outcome outcome() {
        const auto rows = [](const std::vector<double>& numbers, std::size_t width) {
            return xt::adapt(numbers, std::vector<std::size_t>{numbers.size() / width, width});
        };
        xg::Tape tape;
        const xg::Var cameras = tape.parameter(rows(data_.cameras, data_.camera_size), "cameras"),
                      points = tape.parameter(rows(data_.points, 3), "points");
        optim::BlockLeastSquares problem({cameras, points}, {.eliminate = points});
        problem.add([](xg::Var camera, xg::Var point, xg::Var seen) { return project(camera, point) - seen; },
                    {{cameras, data_.camera_of}, {points, data_.point_of}}, {tape.constant(rows(data_.seen, 2))});
        return {method.solve(problem).loss, {}};
    }

  private:
    least_squares::Bundle data_;
};

} // namespace

std::unique_ptr<Contender> least_squares_problem(const Work& work) {
    if (work.variant == "curve") return make<Curve>(work);
    return work.variant == "fits" ? make<ManyCurves>(work) : make<BundleAdjustment>(work);
}

} // namespace bench::ours
