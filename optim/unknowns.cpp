#include <xgrad/optim/unknowns.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/graph/leaf.hpp>
#include <xgrad/core/jacobian.hpp>
#include <xgrad/core/tape.hpp>
#include <xgrad/core/vmap.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/linalg.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/optim/leaves.hpp>

namespace xgrad::optim::detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::size_t elements(const Unknown& u) { return u.parameter.shape().numel() / u.manifold.size(); }

double bound(const std::vector<double>& bounds, std::size_t element, double none) {
    return bounds.empty() ? none : bounds.size() == 1 ? bounds[0] : bounds[element];
}

/// As rows of numbers, one element of the manifold each.
Var rows(const Unknown& u) { return reshape_to(u.parameter, Shape(elements(u), u.manifold.size())); }

} // namespace

Unknowns::Unknowns(const char* function, std::vector<Unknown> unknowns, Location where)
    : function_(function), list_(std::move(unknowns)), plus_(list_.size()), where_(where) {
    bool bounded = false;
    for (const Unknown& u : list_) {
        check(u);
        check_start(u);
        leaves_.push_back(u.parameter);
        bounded = bounded || !u.bounds.lower.empty() || !u.bounds.upper.empty();
    }
    for (std::size_t i = 0; i < list_.size(); ++i) {
        const Bounds& bounds = list_[i].bounds;
        if (bounded)
            for (std::size_t k = 0; k < degrees(i); ++k) {
                lower_.push_back(bound(bounds.lower, k, -infinity)), upper_.push_back(bound(bounds.upper, k, infinity));
            }
        degrees_ += degrees(i);
    }
}

std::size_t Unknowns::degrees(std::size_t i) const {
    const Unknown& u = list_[i];
    return u.manifold.flat() ? u.parameter.shape().numel() : elements(u) * u.manifold.degrees();
}

void Unknowns::check(const Unknown& u) const {
    const GraphUse use(u.parameter, where_);
    const Leaf* const leaf = use->leaf(use->index(u.parameter, where_));
    if (!leaf || (leaf->kind != LeafKind::parameter && leaf->kind != LeafKind::state) ||
        !is_floating(u.parameter.dtype()))
        throw Error(fmt::format("{}: an unknown must be a floating-point parameter, from tape.parameter(...), and one "
                                "of the Vars given is {}",
                                function_, u.parameter.str()),
                    where_);
    const std::string called = fmt::format("\"{}\" {}", leaf->name, u.parameter.shape().str());
    const Shape& shape = u.parameter.shape();
    if (!u.manifold.flat() && (shape.rank() == 0 || shape.back() != u.manifold.size()))
        throw Error(fmt::format("{}: {} is on {}, so its last axis must have {} elements", function_, called,
                                u.manifold.name(), u.manifold.size()),
                    where_);
    for (const auto& [side, bound] : {std::pair("lower", &u.bounds.lower), {"upper", &u.bounds.upper}})
        if (!bound->empty() && bound->size() != 1 && bound->size() != shape.numel())
            throw Error(fmt::format("{}: {} was given {} {} bounds; there must be one, or one for each element",
                                    function_, called, bound->size(), side),
                        where_);
}

void Unknowns::check_start(const Unknown& u) const {
    const std::string& name = u.parameter.tape().name(u.parameter);
    const auto x = u.parameter.value<double>();
    for (std::size_t k = 0; k < x.size(); ++k) {
        const double at = x.data()[k];
        const double low = bound(u.bounds.lower, k, -infinity), high = bound(u.bounds.upper, k, infinity);
        if (!(low <= high))
            throw Error(fmt::format("{}: the bounds of element {} of \"{}\" are {} and {}; the lower one must not be "
                                    "above the upper one",
                                    function_, k, name, low, high),
                        where_);
        if (!(low <= at && at <= high))
            throw Error(fmt::format("{}: element {} of \"{}\" starts at {}, outside its bounds {} and {}; assign it a "
                                    "value within them first",
                                    function_, k, name, at, low, high),
                        where_);
    }
}

std::vector<double> Unknowns::point() const { return values_of(leaves_); }
void Unknowns::move(const std::vector<double>& x) { assign_values(leaves_, x, where_); }

std::vector<double> Unknowns::plus(const std::vector<double>& x, std::vector<double>& d) {
    std::vector<double> y = x;
    double *from = y.data(), *step = d.data();
    for (std::size_t i = 0; i < list_.size(); ++i) {
        const Unknown& u = list_[i];
        const std::size_t n = u.parameter.shape().numel(), k = degrees(i);
        if (u.manifold.flat()) {
            for (std::size_t j = 0; j < n; ++j)
                from[j] += step[j];
        } else {
            const std::size_t count = elements(u);
            if (!plus_[i]) {
                Tape& tape = u.parameter.tape();
                const Var at = tape.input<double>(Shape(count, u.manifold.size())),
                          by = tape.input<double>(Shape(count, u.manifold.degrees()));
                plus_[i] = tape.compile({.outputs = {u.manifold.plus(at, by)}, .updates = {}}, {at, by}, {}, where_);
            }
            const auto rows_of = [count](const double* p, std::size_t columns) {
                return xt::adapt(p, count * columns, xt::no_ownership(), std::vector<std::size_t>{count, columns});
            };
            const std::vector<double> moved = flat(
                (*plus_[i])(rows_of(from, u.manifold.size()), rows_of(step, u.manifold.degrees())), 0);
            std::copy(moved.begin(), moved.end(), from);
        }
        if (!lower_.empty() && u.manifold.flat()) {
            const auto offset = static_cast<std::size_t>(step - d.data());
            for (std::size_t j = 0; j < n; ++j) {
                const double within = std::min(std::max(from[j], lower_[offset + j]), upper_[offset + j]);
                if (within == from[j]) continue;
                step[j] += within - from[j];
                from[j] = within;
            }
        }
        from += n, step += k;
    }
    return y;
}

std::vector<char> Unknowns::held(const std::vector<double>& x, const std::vector<double>& gradient) const {
    std::vector<char> result(degrees_);
    if (lower_.empty()) return result;
    std::size_t at = 0, k = 0;
    for (std::size_t i = 0; i < list_.size(); ++i) {
        const std::size_t n = list_[i].parameter.shape().numel();
        if (list_[i].manifold.flat())
            for (std::size_t j = 0; j < n; ++j)
                result[k + j] = (x[at + j] <= lower_[k + j] && gradient[k + j] > 0) ||
                                (x[at + j] >= upper_[k + j] && gradient[k + j] < 0);
        at += n, k += degrees(i);
    }
    return result;
}

Var Unknowns::step_jacobian(std::size_t i) const {
    const Unknown& u = list_[i];
    const Var x = rows(u), zero = zeros(x.tape(), Shape(elements(u), u.manifold.degrees()), x.dtype());
    return vmap([&](Var at, Var d) { return jacobian(u.manifold.plus(at, d), d); }, x, zero);
}

Var Unknowns::by_step(Var jacobian, std::size_t i) const {
    const Unknown& u = list_[i];
    if (u.manifold.flat()) return jacobian;
    const std::size_t m = jacobian.shape()[0], count = elements(u);
    const Var blocks = transpose(reshape_to(jacobian, Shape(m, count, u.manifold.size())), {1, 0, 2});
    return reshape_to(transpose(matmul(blocks, step_jacobian(i)), {1, 0, 2}), Shape(m, count * u.manifold.degrees()));
}

} // namespace xgrad::optim::detail
