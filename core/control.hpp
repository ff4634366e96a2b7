#pragma once
// Loops and choices whose bodies are recorded and compiled once, however often they run.
//
// A body sees Vars, not numbers, and records what one step does. It may use any Var of the tape, also parameters: what
// does not depend on its arguments is computed before the loop. It may draw no random numbers and call no layer that
// keeps running averages: that is an error, as both would happen once.

#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// What a scan keeps for its gradient: of each step the values that the gradient reads, if they are more than
/// arithmetic; or the carries before each k-th step, from which the steps between are done again. The gradient has the
/// same bits. keep_square_root(): of n steps the carries before sqrt(n), and the values of sqrt(n) at a time.
struct Keep {
    std::size_t every = 1;
    bool square_root = false; // in the place of `every`, the square root of the number of steps
};
inline constexpr Keep keep_all{};
constexpr Keep keep_every(std::size_t k) { return {.every = k}; }
constexpr Keep keep_square_root() { return {.square_root = true}; }

struct ScanOptions {
    std::size_t length = 0; // the number of steps, if there are no xs
    bool reverse = false;   // from the last slice to the first; each y stays at the place of its x
    Keep keep = keep_all;   // for the gradient
};

struct ScanResult {
    std::vector<Var> carry; // after the last step
    std::vector<Var> ys;    // of all steps, along a new first axis
};

namespace detail {
using ScanBody = std::function<std::pair<std::vector<Var>, std::vector<Var>>(const std::vector<Var>& carry,
                                                                             const std::vector<Var>& x)>;
using Vars = std::function<std::vector<Var>(const std::vector<Var>&)>;
[[nodiscard]] ScanResult record_scan(const ScanBody& body, const std::vector<Var>& init, const std::vector<Var>& xs,
                                     ScanOptions options, Location where);
[[nodiscard]] std::vector<Var> record_fori(std::int64_t lower, std::int64_t upper,
                                           const std::function<std::vector<Var>(Var, const std::vector<Var>&)>& body,
                                           const std::vector<Var>& init, Location where);
[[nodiscard]] std::vector<Var> record_while(const std::function<Var(const std::vector<Var>&)>& condition,
                                            const Vars& body, const std::vector<Var>& init, Location where);
[[nodiscard]] std::vector<Var> record_cond(Var predicate, const std::function<std::vector<Var>()>& f,
                                           const std::function<std::vector<Var>()>& g, Location where);
} // namespace detail

/// Steps over the slices of xs along their first axis, which all have in common: body(carry, x) gets the carries and one
/// slice of each x, and returns std::pair{carry, y}, each a std::vector<Var>. Each carry keeps its dtype and shape.
/// `init` is the first carry; there may be none, as there may be no xs or no ys.
///
///     auto [carry, ys] = xg::scan([&](const auto& carry, const auto& x) {
///         xg::Var h = tanh(matmul(carry[0], w) + x[0]);
///         return std::pair{std::vector{h}, std::vector{sum(h)}};
///     }, {h0}, {inputs});
///
/// Differentiable, to any order, in reverse and in forward mode: the gradient is a scan the other way round, and what it
/// reads of each step is kept, see Keep. Without a gradient the memory does not grow with the number of steps but by ys.
template <class F>
[[nodiscard]] ScanResult scan(F body, const std::vector<Var>& init, const std::vector<Var>& xs,
                              ScanOptions options = {}, Location where = Location::current()) {
    constexpr bool fits = std::is_convertible_v<F, detail::ScanBody>;
    static_assert(fits,
                  "scan: the body takes the carries and a slice of each x, as in [](const std::vector<Var>& carry, "
                  "const std::vector<Var>& x), and returns std::pair{next, y}, each a std::vector<Var>");
    if constexpr (fits)
        return detail::record_scan(std::move(body), init, xs, options, where);
    else
        return {};
}

/// carry = body(i, carry) for each integer i from lower to upper - 1; i is int64, of shape (). A scan without ys over the
/// array of these integers.
template <class F>
[[nodiscard]] std::vector<Var> fori_loop(std::int64_t lower, std::int64_t upper, F body, const std::vector<Var>& init,
                                         Location where = Location::current()) {
    return detail::record_fori(lower, upper, std::move(body), init, where);
}

/// carry = body(carry) as long as condition(carry), of one element, is not 0. Differentiable in forward mode; in reverse
/// mode it is an error, as the number of steps, and with it what is to be kept, is not known before: use scan, and keep
/// a carry as it is by where(done, carry, next).
template <class C, class F>
[[nodiscard]] std::vector<Var> while_loop(C condition, F body, const std::vector<Var>& init,
                                          Location where = Location::current()) {
    return detail::record_while(std::move(condition), std::move(body), init, where);
}

/// f() if the predicate, of one element, is not 0, else g(). Both return Vars of the same dtypes and shapes, and only one
/// of them runs. (where(mask, a, b) computes both, and chooses element by element.)
template <class F, class G>
[[nodiscard]] std::vector<Var> cond(Var predicate, F f, G g, Location where = Location::current()) {
    return detail::record_cond(predicate, std::move(f), std::move(g), where);
}

} // namespace xgrad
#pragma GCC visibility pop
