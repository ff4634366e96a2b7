#include <xgrad/optim/line_search.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace xgrad::optim {

double dot(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += a[i] * b[i];
    return sum;
}

double norm(const std::vector<double>& a) { return std::sqrt(dot(a, a)); }

double largest(const std::vector<double>& a) {
    double result = 0;
    for (const double x : a)
        result = std::max(result, std::abs(x));
    return result;
}

void add(std::vector<double>& a, double factor, const std::vector<double>& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        a[i] += factor * b[i];
}

LinePoint point_at(Problem& problem, const std::vector<double>& x, const std::vector<double>& d, double t) {
    std::vector<double> y = x;
    add(y, t, d);
    problem.move(y);
    LinePoint p{.t = t};
    p.loss = problem.loss(p.gradient);
    p.slope = dot(p.gradient, d);
    if (!std::isfinite(p.loss) || !std::isfinite(p.slope)) p.loss = std::numeric_limits<double>::infinity();
    return p;
}

namespace {

/// Where the cubic through two points, with their slopes, has its minimum, kept between low and high.
double cubic_minimum(const LinePoint& p, const LinePoint& q, double low, double high) {
    const LinePoint &a = p.t <= q.t ? p : q, &b = p.t <= q.t ? q : p;
    const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t), square = d1 * d1 - a.slope * b.slope;
    if (!(square >= 0) || !std::isfinite(square)) return (low + high) / 2;
    const double d2 = std::sqrt(square);
    const double t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
    return std::isnan(t) ? (low + high) / 2 : std::min(std::max(t, low), high);
}

class Search {
  public:
    Search(Problem& problem, const std::vector<double>& x, const std::vector<double>& d, const LinePoint& start,
           const WolfeOptions& options)
        : problem_(problem), x_(x), d_(d), start_(start), options_(options) {}

    LinePoint run(double t) {
        bracket(t);
        if (!done_) zoom();
        return lower();
    }
    std::size_t evaluations() const { return evaluations_; }

  private:
    LinePoint at(double t) {
        ++evaluations_;
        return point_at(problem_, x_, d_, t);
    }
    bool too_high(const LinePoint& p) const { return p.loss > start_.loss + options_.decrease * p.t * start_.slope; }
    bool flat(const LinePoint& p) const { return std::abs(p.slope) <= -options_.curvature * start_.slope; }
    LinePoint& lower() { return ends_[0].loss <= ends_[1].loss ? ends_[0] : ends_[1]; }
    LinePoint& upper() { return ends_[0].loss <= ends_[1].loss ? ends_[1] : ends_[0]; }

    /// Enlarges t until the interval from the step before to it must hold a good one.
    void bracket(double t) {
        LinePoint before = start_, here = at(t);
        for (; rounds_ < options_.max_evaluations; ++rounds_) {
            if (too_high(here) || (rounds_ > 1 && here.loss >= before.loss)) {
                ends_[0] = std::move(before), ends_[1] = std::move(here);
                return;
            }
            if (flat(here)) {
                done_ = true;
                ends_[0] = ends_[1] = std::move(here);
                return;
            }
            if (here.slope >= 0) {
                ends_[0] = std::move(before), ends_[1] = std::move(here);
                return;
            }
            const double next = cubic_minimum(before, here, here.t + 0.01 * (here.t - before.t), here.t * 10);
            before = std::exchange(here, at(next));
        }
        ends_[0] = start_, ends_[1] = std::move(here);
    }

    void zoom() {
        bool stuck = false;
        const double length = largest(d_);
        LinePoint *low = &lower(), *high = &upper();
        while (!done_ && rounds_ < options_.max_evaluations) {
            const auto [first, last] = std::minmax(ends_[0].t, ends_[1].t);
            if ((last - first) * length < options_.tolerance_change) return;
            double t = cubic_minimum(ends_[0], ends_[1], first, last);
            // Too near to an end, twice or beyond it: away from it by a tenth.
            const double margin = 0.1 * (last - first);
            if (std::min(last - t, t - first) < margin) {
                if (stuck || t >= last || t <= first) {
                    t = std::abs(t - last) < std::abs(t - first) ? last - margin : first + margin;
                    stuck = false;
                } else
                    stuck = true;
            } else
                stuck = false;

            LinePoint here = at(t);
            ++rounds_;
            if (too_high(here) || here.loss >= low->loss) {
                *high = std::move(here);
                low = &lower(), high = &upper();
            } else {
                done_ = flat(here);
                if (!done_ && here.slope * (high->t - low->t) >= 0) *high = *low;
                *low = std::move(here);
            }
        }
    }

    Problem& problem_;
    const std::vector<double>&x_, &d_;
    const LinePoint& start_;
    const WolfeOptions& options_;
    LinePoint ends_[2];
    bool done_ = false;
    int rounds_ = 0;
    std::size_t evaluations_ = 0;
};

} // namespace

LinePoint strong_wolfe(Problem& problem, const std::vector<double>& x, const std::vector<double>& d,
                       const LinePoint& start, double t, const WolfeOptions& options, std::size_t& evaluations) {
    Search search(problem, x, d, start, options);
    LinePoint result = search.run(t);
    evaluations += search.evaluations();
    return result;
}

} // namespace xgrad::optim
