#include <xgrad/optim/dense.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/core/base/blas.hpp>

namespace xgrad::optim::detail {
namespace {

double dot(const double* a, const double* b, std::size_t n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i)
        sum += a[i] * b[i];
    return sum;
}

/// The block of the diagonal from `first` to `last`, once the columns before it are taken off.
double cholesky_block(double* a, std::size_t n, std::size_t first, std::size_t last) {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = first; i < last; ++i) {
        double* row = a + i * n;
        for (std::size_t j = first; j < i; ++j)
            row[j] = (row[j] - dot(row + first, a + j * n + first, j - first)) / a[j * n + j];
        const double pivot = row[i] - dot(row + first, row + first, i - first);
        if (!(pivot > 0)) return 0;
        least = std::min(least, pivot);
        row[i] = std::sqrt(pivot);
    }
    return least;
}

} // namespace

double cholesky(double* a, std::size_t n) {
    constexpr std::size_t block = 48;
    double least = std::numeric_limits<double>::infinity();
    std::vector<double> negative;
    for (std::size_t k = 0; k < n; k += block) {
        const std::size_t end = std::min(k + block, n), width = end - k;
        least = std::min(least, cholesky_block(a, n, k, end));
        if (!(least > 0)) return 0;
        for (std::size_t i = end; i < n; ++i) {
            double* row = a + i * n;
            for (std::size_t j = k; j < end; ++j)
                row[j] = (row[j] - dot(row + k, a + j * n + k, j - k)) / a[j * n + j];
        }
        // The rest of the lower triangle, by stripes: A22 -= L21 L21^T
        for (std::size_t i = end; i < n; i += block) {
            const std::size_t rows = std::min(block, n - i);
            negative.resize(rows * width);
            for (std::size_t r = 0; r < rows; ++r)
                for (std::size_t c = 0; c < width; ++c)
                    negative[r * width + c] = -a[(i + r) * n + k + c];
            gemm({.dtype = DType::float64,
                  .m = rows,
                  .n = i + rows - end,
                  .k = width,
                  .transpose_a = false,
                  .transpose_b = true,
                  .a = negative.data(),
                  .lda = width,
                  .b = a + end * n + k,
                  .ldb = n,
                  .c = a + i * n + end,
                  .ldc = n,
                  .accumulate = true});
        }
    }
    return least;
}

void solve_cholesky(const double* l, std::size_t n, double* b) {
    for (std::size_t i = 0; i < n; ++i)
        b[i] = (b[i] - dot(l + i * n, b, i)) / l[i * n + i];
    for (std::size_t i = n; i-- > 0;) {
        b[i] /= l[i * n + i];
        for (std::size_t j = 0; j < i; ++j)
            b[j] -= l[i * n + j] * b[i];
    }
}

std::vector<double> inverse_of(const double* a, std::size_t n) {
    std::vector<double> scale(n), l(a, a + n * n), result(n * n);
    for (std::size_t i = 0; i < n; ++i)
        scale[i] = a[i * n + i] > 0 ? 1 / std::sqrt(a[i * n + i]) : 0;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            l[i * n + j] *= scale[i] * scale[j];
    if (!(cholesky(l.data(), n) > 1e-15)) return {};
    for (std::size_t i = 0; i < n; ++i) {
        result[i * n + i] = scale[i];
        solve_cholesky(l.data(), n, result.data() + i * n);
        for (std::size_t j = 0; j < n; ++j)
            result[i * n + j] *= scale[j];
    }
    return result;
}

void householder(double* a, std::size_t rows, std::size_t columns, double* b) {
    std::vector<double> products(columns);
    for (std::size_t k = 0; k < columns && k + 1 < rows; ++k) {
        double largest = 0, square = 0;
        for (std::size_t i = k; i < rows; ++i)
            largest = std::max(largest, std::abs(a[i * columns + k]));
        if (!(largest > 0)) continue;
        for (std::size_t i = k; i < rows; ++i)
            square += (a[i * columns + k] / largest) * (a[i * columns + k] / largest);
        const double head = a[k * columns + k], norm = (head > 0 ? -largest : largest) * std::sqrt(square);
        // v = x - norm e, scaled to have a one in front; H = 1 - factor v v^T
        const double factor = (norm - head) / norm, scale = 1 / (head - norm);
        std::fill(products.begin() + static_cast<std::ptrdiff_t>(k), products.end(), 0);
        double product = 0;
        for (std::size_t i = k; i < rows; ++i) {
            double* row = a + i * columns;
            const double v = i == k ? 1 : row[k] *= scale;
            for (std::size_t j = k + 1; j < columns; ++j)
                products[j] += v * row[j];
            if (b) product += v * b[i];
        }
        for (std::size_t i = k; i < rows; ++i) {
            double* row = a + i * columns;
            const double v = factor * (i == k ? 1 : row[k]);
            for (std::size_t j = k + 1; j < columns; ++j)
                row[j] -= v * products[j];
            if (b) b[i] -= v * product;
        }
        a[k * columns + k] = norm;
    }
}

void solve_upper(const double* r, std::size_t columns, double* b) {
    for (std::size_t i = columns; i-- > 0;)
        b[i] = (b[i] - dot(r + i * columns + i + 1, b + i + 1, columns - i - 1)) / r[i * columns + i];
}

LinearModel LinearModel::of_products(std::vector<double> matrix, std::vector<double> gradient) {
    LinearModel model;
    const std::size_t n = gradient.size();
    model.matrix_ = std::move(matrix), model.gradient_ = std::move(gradient);
    for (std::size_t i = 0; i < n; ++i)
        model.squares_.push_back(model.matrix_[i * n + i]);
    return model;
}

LinearModel LinearModel::of_jacobian(const double* jacobian, const double* residuals, std::size_t rows,
                                     std::size_t columns) {
    LinearModel model;
    const std::size_t n = columns;
    model.triangle_ = true;
    model.gradient_.assign(n, 0), model.squares_.assign(n, 0);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            const double element = jacobian[i * n + j];
            model.gradient_[j] += element * residuals[i], model.squares_[j] += element * element;
        }
    model.matrix_.assign(jacobian, jacobian + rows * n), model.rotated_.assign(residuals, residuals + rows);
    householder(model.matrix_.data(), rows, n, model.rotated_.data());
    model.matrix_.resize(n * n), model.rotated_.resize(n); // of few rows, the rest is 0
    for (std::size_t i = 0; i < n; ++i)
        std::fill_n(model.matrix_.begin() + static_cast<std::ptrdiff_t>(i * n), i, 0);
    return model;
}

double LinearModel::change(const std::vector<double>& d) const {
    const std::size_t n = size();
    double slope = 0, square = 0;
    for (std::size_t i = 0; i < n; ++i) {
        slope += gradient_[i] * d[i];
        const double product = dot(matrix_.data() + i * n, d.data(), n);
        square += product * (triangle_ ? product : d[i]);
    }
    return slope + square / 2;
}

double LinearModel::solve(double damping, const std::vector<double>& scale, const std::vector<char>& held,
                          std::vector<double>& d) const {
    d.assign(size(), 0);
    return triangle_ ? solve_triangle(damping, scale, held, d) : solve_products(damping, scale, held, d);
}

double LinearModel::solve_products(double damping, const std::vector<double>& scale, const std::vector<char>& held,
                                   std::vector<double>& d) const {
    const std::size_t n = size();
    std::vector<double> a(n * n), s(n);
    for (std::size_t i = 0; i < n; ++i) { // columns of norm 1
        const double square = squares_[i] + damping * scale[i];
        s[i] = held[i] || !(square > 0) ? 0 : 1 / std::sqrt(square);
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < i; ++j)
            a[i * n + j] = matrix_[i * n + j] * s[i] * s[j];
        a[i * n + i] = held[i] ? 1 : (squares_[i] + damping * scale[i]) * s[i] * s[i];
        d[i] = -gradient_[i] * s[i];
    }
    const double least = cholesky(a.data(), n);
    if (!(least > 0)) return 0;
    solve_cholesky(a.data(), n, d.data());
    for (std::size_t i = 0; i < n; ++i)
        d[i] *= s[i];
    return least;
}

double LinearModel::solve_triangle(double damping, const std::vector<double>& scale, const std::vector<char>& held,
                                   std::vector<double>& d) const {
    const std::size_t n = size();
    std::vector<double> a(2 * n * n), b(2 * n), s(n);
    for (std::size_t i = 0; i < n; ++i) {
        const double square = squares_[i] + damping * scale[i];
        s[i] = held[i] || !(square > 0) ? 0 : 1 / std::sqrt(square);
        b[i] = -rotated_[i];
    }
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i; j < n; ++j)
            a[i * n + j] = matrix_[i * n + j] * s[j];
    for (std::size_t i = 0; i < n; ++i)
        a[(n + i) * n + i] = held[i] ? 1 : std::sqrt(damping * scale[i]) * s[i];
    householder(a.data(), 2 * n, n, b.data());
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < n; ++i)
        least = std::min(least, std::abs(a[i * n + i]));
    if (!(least > 0)) return 0;
    solve_upper(a.data(), n, b.data());
    for (std::size_t i = 0; i < n; ++i)
        d[i] = b[i] * s[i];
    return least;
}

std::vector<double> LinearModel::inverse() const {
    const std::size_t n = size();
    std::vector<double> result(n * n), columns(n * n), s(n), a(n * n), unit(n);
    for (std::size_t j = 0; j < n; ++j)
        s[j] = squares_[j] > 0 ? 1 / std::sqrt(squares_[j]) : 0;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i; j < n; ++j)
            a[i * n + j] = matrix_[i * n + j] * s[j];
    for (std::size_t i = 0; i < n; ++i)
        if (!(std::abs(a[i * n + i]) > static_cast<double>(n) * std::numeric_limits<double>::epsilon())) return {};
    for (std::size_t j = 0; j < n; ++j) { // row j of `columns` is column j of S R^-1
        std::fill(unit.begin(), unit.end(), 0);
        unit[j] = 1;
        solve_upper(a.data(), n, unit.data());
        for (std::size_t i = 0; i < n; ++i)
            columns[j * n + i] = unit[i] * s[i];
    }
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            for (std::size_t k = 0; k < n; ++k)
                result[i * n + j] += columns[k * n + i] * columns[k * n + j];
    return result;
}

} // namespace xgrad::optim::detail
