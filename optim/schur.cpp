#include <xgrad/optim/schur.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/core/base/blas.hpp>
#include <xgrad/optim/dense.hpp>

namespace xgrad::optim::detail {
namespace {

/// y += factor x, of a few elements.
template <std::size_t N>
void add_fixed(double* y, double factor, const double* x) {
    for (std::size_t i = 0; i < N; ++i)
        y[i] += factor * x[i];
}
void add(double* y, double factor, const double* x, std::size_t n) {
    switch (n) {
    case 2: return add_fixed<2>(y, factor, x);
    case 3: return add_fixed<3>(y, factor, x);
    case 6: return add_fixed<6>(y, factor, x);
    case 9: return add_fixed<9>(y, factor, x);
    default:
        for (std::size_t i = 0; i < n; ++i)
            y[i] += factor * x[i];
    }
}

/// C += A^T B of one row each: C is m x n with rows ldc apart.
void add_product(double* c, std::size_t ldc, const double* a, std::size_t m, const double* b, std::size_t n) {
    for (std::size_t i = 0; i < m; ++i)
        add(c + i * ldc, a[i], b, n);
}

/// to -= a^T B of three rows, `width` apart; of points in space.
void subtract_three(double* to, const double* a, const double* b, std::size_t width, std::size_t n) {
    const double a0 = a[0], a1 = a[width], a2 = a[2 * width];
    const double *const b1 = b + width, *const b2 = b1 + width;
    for (std::size_t i = 0; i < n; ++i)
        to[i] -= a0 * b[i] + a1 * b1[i] + a2 * b2[i];
}

} // namespace

void SchurModel::clear(const BlockStructure& s) {
    const std::size_t degrees = s.eliminated ? s.sets[*s.eliminated].degrees : 0,
                      count = s.eliminated ? s.sets[*s.eliminated].count : 0;
    gradient_.assign(s.size, 0);
    reduced_.assign(s.reduced_size * s.reduced_size, 0);
    eliminated_.assign(count * degrees * degrees, 0);
    mixed_.assign(s.eliminated ? s.starts.back() : 0, 0);
}

void SchurModel::add(const BlockStructure& s, std::size_t index, const std::vector<const double*>& arrays) {
    const BlockStructure::Factor& factor = s.factors[index];
    const std::size_t parts = factor.parts.size(), m = factor.residuals, n = s.reduced_size;
    std::size_t width = 0; // of a row of J
    std::vector<std::size_t> starts;
    for (const BlockStructure::Part& part : factor.parts) {
        starts.push_back(width);
        width += s.sets[part.set].degrees;
    }
    // Some observations at a time, from a number of each to all numbers of one.
    constexpr std::size_t together = 32;
    std::vector<double> rows(together * arrays.size());
    struct Place {
        std::size_t row, step, reduced;
        bool fixed;
    };
    std::vector<Place> at(parts);
    for (std::size_t first = 0; first < factor.observations; first += together) {
        const std::size_t count = std::min(together, factor.observations - first);
        for (std::size_t a = 0; a < arrays.size(); ++a)
            for (std::size_t k = 0; k < count; ++k)
                rows[k * arrays.size() + a] = arrays[a][first + k];
        for (std::size_t k = 0; k < count; ++k) {
            const double *r = rows.data() + k * arrays.size(), *jacobian = r + m;
            for (std::size_t p = 0; p < parts; ++p) {
                const BlockStructure::Set& set = s.sets[factor.parts[p].set];
                const auto row = static_cast<std::size_t>(factor.parts[p].rows[first + k]);
                const std::size_t step = set.first + row * set.degrees;
                at[p] = {row, step, set.reduced + row * set.degrees, s.fixed[step] != 0};
            }
            for (std::size_t p = 0; p < parts; ++p) {
                if (at[p].fixed) continue;
                const std::size_t degrees = s.sets[factor.parts[p].set].degrees;
                const bool own = s.is_eliminated(factor.parts[p].set);
                for (std::size_t i = 0; i < m; ++i)
                    detail::add(gradient_.data() + at[p].step, r[i], jacobian + i * width + starts[p], degrees);
                for (std::size_t q = 0; q < parts; ++q) {
                    if (at[q].fixed) continue;
                    const std::size_t its = s.sets[factor.parts[q].set].degrees;
                    double* to = nullptr;
                    std::size_t apart = 0;
                    if (own && p == q)
                        to = eliminated_.data() + at[p].row * degrees * degrees, apart = degrees;
                    else if (own)
                        to = mixed_.data() + s.starts[at[p].row] + factor.columns[(first + k) * parts + q],
                        apart = s.widths[at[p].row];
                    else if (!s.is_eliminated(factor.parts[q].set) && at[p].reduced >= at[q].reduced) // lower triangle
                        to = reduced_.data() + at[p].reduced * n + at[q].reduced, apart = n;
                    else
                        continue;
                    for (std::size_t i = 0; i < m; ++i)
                        add_product(to, apart, jacobian + i * width + starts[p], degrees,
                                    jacobian + i * width + starts[q], its);
                }
            }
        }
    }
}

void SchurModel::finish(const BlockStructure& s) {
    squares_.assign(s.size, 0);
    for (std::size_t i = 0; i < s.sets.size(); ++i) {
        const BlockStructure::Set& set = s.sets[i];
        const std::size_t d = set.degrees;
        for (std::size_t k = 0; k < set.count * d; ++k)
            squares_[set.first + k] = s.is_eliminated(i) ? eliminated_[k / d * d * d + k % d * (d + 1)]
                                                         : reduced_[(set.reduced + k) * (s.reduced_size + 1)];
    }
}

double SchurModel::change(const BlockStructure& s, const std::vector<double>& d) const {
    const std::size_t n = s.reduced_size;
    std::vector<double> r(n);
    double slope = 0, square = 0;
    for (std::size_t i = 0; i < s.size; ++i)
        slope += gradient_[i] * d[i];
    for (std::size_t i = 0; i < s.sets.size(); ++i)
        if (!s.is_eliminated(i))
            std::copy_n(d.data() + s.sets[i].first, s.sets[i].count * s.sets[i].degrees, r.data() + s.sets[i].reduced);
    for (std::size_t i = 0; i < n; ++i) {
        double row = reduced_[i * n + i] * r[i] / 2;
        for (std::size_t j = 0; j < i; ++j)
            row += reduced_[i * n + j] * r[j];
        square += 2 * row * r[i];
    }
    if (!s.eliminated) return slope + square / 2;
    const BlockStructure::Set& set = s.sets[*s.eliminated];
    const std::size_t m = set.degrees;
    for (std::size_t b = 0; b < set.count; ++b)
        for (std::size_t i = 0; i < m; ++i) {
            const double* w = mixed_.data() + s.starts[b] + i * s.widths[b];
            double row = 0;
            for (std::size_t k = s.run_starts[b]; k < s.run_starts[b + 1]; ++k)
                for (std::size_t c = 0; c < s.runs[k].length; ++c)
                    row += w[s.runs[k].column + c] * r[s.runs[k].reduced + c];
            row *= 2;
            for (std::size_t j = 0; j < m; ++j)
                row += eliminated_[(b * m + i) * m + j] * d[set.first + b * m + j];
            square += row * d[set.first + b * m + i];
        }
    return slope + square / 2;
}

/// V = L L^T, Y = L^-1 W, z = -L^-1 g of each eliminated block; false if one is not positive definite.
bool SchurModel::eliminate(const BlockStructure& s, double damping, const std::vector<double>& scale,
                           const std::vector<char>& held) {
    const BlockStructure::Set& set = s.sets[*s.eliminated];
    const std::size_t m = set.degrees;
    factors_ = eliminated_, y_ = mixed_;
    z_.resize(set.count * m);
    for (std::size_t b = 0; b < set.count; ++b) {
        double *v = factors_.data() + b * m * m, *z = z_.data() + b * m, *y = y_.data() + s.starts[b];
        const std::size_t width = s.widths[b], first = set.first + b * m;
        for (std::size_t i = 0; i < m; ++i) {
            z[i] = -gradient_[first + i];
            v[i * m + i] += damping * scale[first + i];
            if (!held[first + i] && !s.fixed[first + i]) continue;
            z[i] = 0;
            for (std::size_t j = 0; j < m; ++j)
                v[i * m + j] = v[j * m + i] = i == j ? 1 : 0;
            std::fill_n(y + i * width, width, 0);
        }
        for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                for (std::size_t k = 0; k < j; ++k)
                    v[i * m + j] -= v[i * m + k] * v[j * m + k];
                v[i * m + j] /= v[j * m + j];
                v[i * m + i] -= v[i * m + j] * v[i * m + j];
                z[i] -= v[i * m + j] * z[j];
                for (std::size_t c = 0; c < width; ++c)
                    y[i * width + c] -= v[i * m + j] * y[j * width + c];
            }
            if (!(v[i * m + i] > 1e-15 * eliminated_[(b * m + i) * m + i])) return false;
            const double inverse = 1 / (v[i * m + i] = std::sqrt(v[i * m + i]));
            z[i] *= inverse;
            for (std::size_t c = 0; c < width; ++c)
                y[i * width + c] *= inverse;
        }
        for (std::size_t i = 0; i < m; ++i)
            for (std::size_t k = s.run_starts[b]; k < s.run_starts[b + 1]; ++k)
                detail::add(right_.data() + s.runs[k].reduced, -z[i], y + i * width + s.runs[k].column,
                            s.runs[k].length);
    }
    s.dense ? subtract_dense(s) : subtract_runs(s);
    return true;
}

/// The complement less Y^T Y, of some blocks at a time, as matrices with all columns.
void SchurModel::subtract_dense(const BlockStructure& s) {
    const BlockStructure::Set& set = s.sets[*s.eliminated];
    constexpr std::size_t stripe = 64;
    const std::size_t n = s.reduced_size, m = set.degrees, together = std::max<std::size_t>(1, 256 / m);
    std::vector<double> rows(together * m * n), negative(together * m * stripe);
    for (std::size_t first = 0; first < set.count; first += together) {
        const std::size_t last = std::min(first + together, set.count), height = (last - first) * m;
        std::fill_n(rows.begin(), height * n, 0);
        for (std::size_t b = first; b < last; ++b)
            for (std::size_t i = 0; i < m; ++i)
                for (std::size_t k = s.run_starts[b]; k < s.run_starts[b + 1]; ++k)
                    std::copy_n(y_.data() + s.starts[b] + i * s.widths[b] + s.runs[k].column, s.runs[k].length,
                                rows.data() + ((b - first) * m + i) * n + s.runs[k].reduced);
        for (std::size_t at = 0; at < n; at += stripe) { // the lower triangle
            const std::size_t width = std::min(stripe, n - at);
            for (std::size_t r = 0; r < height; ++r)
                for (std::size_t c = 0; c < width; ++c)
                    negative[r * width + c] = -rows[r * n + at + c];
            gemm({.dtype = DType::float64,
                  .m = width,
                  .n = at + width,
                  .k = height,
                  .transpose_a = true,
                  .transpose_b = false,
                  .a = negative.data(),
                  .lda = width,
                  .b = rows.data(),
                  .ldb = n,
                  .c = complement_.data() + at * n,
                  .ldc = n,
                  .accumulate = true});
        }
    }
}

/// The same, pair by pair of the blocks that have an eliminated one in common.
void SchurModel::subtract_runs(const BlockStructure& s) {
    const BlockStructure::Set& set = s.sets[*s.eliminated];
    const std::size_t n = s.reduced_size, m = set.degrees;
    for (std::size_t b = 0; b < set.count; ++b) {
        const std::size_t width = s.widths[b];
        const double* const y = y_.data() + s.starts[b];
        for (std::size_t k = s.run_starts[b]; k < s.run_starts[b + 1]; ++k)
            for (std::size_t c = 0; c < s.runs[k].length; ++c) {
                double* const row = complement_.data() + (s.runs[k].reduced + c) * n;
                const double* const own = y + s.runs[k].column + c;
                for (std::size_t o = s.run_starts[b]; o <= k; ++o) {
                    double* const to = row + s.runs[o].reduced;
                    const double* const other = y + s.runs[o].column;
                    const std::size_t length = o == k ? c + 1 : s.runs[o].length;
                    if (m == 3)
                        subtract_three(to, own, other, width, length);
                    else
                        for (std::size_t i = 0; i < m; ++i)
                            detail::add(to, -own[i * width], other + i * width, length);
                }
            }
    }
}

double SchurModel::solve(const BlockStructure& s, double damping, const std::vector<double>& scale,
                         const std::vector<char>& held, std::vector<double>& d) {
    const std::size_t n = s.reduced_size;
    d.assign(s.size, 0);
    complement_ = reduced_;
    right_.assign(n, 0);
    std::vector<char> kept(n);
    std::vector<double> norms(n);
    for (std::size_t i = 0; i < s.sets.size(); ++i)
        if (!s.is_eliminated(i))
            for (std::size_t k = 0; k < s.sets[i].count * s.sets[i].degrees; ++k) {
                const std::size_t at = s.sets[i].reduced + k, from = s.sets[i].first + k;
                right_[at] = -gradient_[from];
                complement_[at * n + at] += damping * scale[from];
                norms[at] = complement_[at * n + at];
                kept[at] = held[from] || s.fixed[from];
            }
    if (s.eliminated && !eliminate(s, damping, scale, held)) return 0;
    for (std::size_t i = 0; i < n; ++i) { // what was columns of norm 1 before the elimination
        norms[i] = kept[i] || !(norms[i] > 0) ? 0 : 1 / std::sqrt(norms[i]);
        for (std::size_t j = 0; j <= i; ++j)
            complement_[i * n + j] *= norms[i] * norms[j];
        if (kept[i]) complement_[i * n + i] = 1;
        right_[i] *= norms[i];
    }
    const double least = n == 0 ? 1 : cholesky(complement_.data(), n);
    if (!(least > 0)) return 0;
    solve_cholesky(complement_.data(), n, right_.data());
    for (std::size_t i = 0; i < n; ++i)
        right_[i] *= norms[i];
    for (std::size_t i = 0; i < s.sets.size(); ++i)
        if (!s.is_eliminated(i))
            std::copy_n(right_.data() + s.sets[i].reduced, s.sets[i].count * s.sets[i].degrees,
                        d.data() + s.sets[i].first);
    if (!s.eliminated) return least;

    const BlockStructure::Set& set = s.sets[*s.eliminated];
    const std::size_t m = set.degrees;
    for (std::size_t b = 0; b < set.count; ++b) { // L^T d = z - Y d_r
        double* x = d.data() + set.first + b * m;
        for (std::size_t i = m; i-- > 0;) {
            const double *y = y_.data() + s.starts[b] + i * s.widths[b], *v = factors_.data() + b * m * m;
            x[i] = z_[b * m + i];
            for (std::size_t k = s.run_starts[b]; k < s.run_starts[b + 1]; ++k)
                for (std::size_t c = 0; c < s.runs[k].length; ++c)
                    x[i] -= y[s.runs[k].column + c] * right_[s.runs[k].reduced + c];
            for (std::size_t j = i + 1; j < m; ++j)
                x[i] -= v[j * m + i] * x[j];
            x[i] /= v[i * m + i];
        }
    }
    return least;
}

std::vector<double> SchurModel::reduced_inverse(const BlockStructure& s) {
    const std::size_t n = s.reduced_size;
    complement_ = reduced_;
    right_.assign(n, 0);
    const std::vector<double> scale(s.size);
    const std::vector<char> held(s.size);
    if (s.eliminated && !eliminate(s, 0, scale, held)) return {};
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < i; ++j)
            complement_[j * n + i] = complement_[i * n + j];
    return inverse_of(complement_.data(), n);
}

} // namespace xgrad::optim::detail
