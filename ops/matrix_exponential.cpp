// e^A by scaling and squaring.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/core/base/blas.hpp>
#include <xgrad/core/base/lapack.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/matrix_functions_ops.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad::linalg {
namespace {

using Matrix = std::vector<double>;

/// Up to which 1-norm of A the approximant [p/p] is right to all digits of float64 (Higham 2005, table 2.3).
struct Degree {
    std::size_t p;
    double largest_norm;
};
constexpr std::array<Degree, 5> degrees{{{3, 1.495585217958292e-2},
                                         {5, 2.539398330063230e-1},
                                         {7, 9.504178996162932e-1},
                                         {9, 2.097847961257068e0},
                                         {13, 5.371920351148152e0}}};

class Exponential {
  public:
    explicit Exponential(std::size_t n)
        : n_(n), square_(n * n), power_(n * n), odd_(n * n), even_(n * n), lu_(n * n + n) {}

    /// a := e^a
    void operator()(Matrix& a) {
        const double norm = norm_1(a);
        if (!std::isfinite(norm)) return std::fill(a.begin(), a.end(), std::numeric_limits<double>::quiet_NaN());
        const auto degree = std::find_if(degrees.begin(), degrees.end() - 1,
                                         [&](const Degree& d) { return norm <= d.largest_norm; });
        int halvings = 0;
        if (norm > degree->largest_norm) {
            halvings = std::max(0, std::ilogb(norm / degree->largest_norm) + 1);
            for (double& x : a)
                x = std::ldexp(x, -halvings);
        }
        approximate(a, degree->p);
        for (; halvings > 0; --halvings) {
            multiply(a, a, square_);
            a.swap(square_);
        }
    }

  private:
    double norm_1(const Matrix& a) const { // NaN if there is one
        double largest = 0;
        for (std::size_t j = 0; j < n_; ++j) {
            double sum = 0;
            for (std::size_t i = 0; i < n_; ++i)
                sum += std::abs(a[i * n_ + j]);
            if (!(sum <= largest)) largest = sum;
            if (std::isnan(sum)) break;
        }
        return largest;
    }

    void multiply(const Matrix& a, const Matrix& b, Matrix& out) const {
        gemm({.dtype = DType::float64,
              .m = n_,
              .n = n_,
              .k = n_,
              .transpose_a = false,
              .transpose_b = false,
              .a = a.data(),
              .lda = n_,
              .b = b.data(),
              .ldb = n_,
              .c = out.data(),
              .ldc = n_});
    }

    /// a := (even - odd)^-1 (even + odd) of the polynomial sum_k c_k a^k, c_k = c_{k-1} (p + 1 - k) / (k (2p + 1 - k)).
    void approximate(Matrix& a, std::size_t p) {
        std::vector<double> c(p + 1, 1);
        for (std::size_t k = 1; k <= p; ++k)
            c[k] = c[k - 1] * static_cast<double>(p + 1 - k) / static_cast<double>(k * (2 * p + 1 - k));
        multiply(a, a, square_);
        for (std::size_t i = 0; i < n_ * n_; ++i) {
            const double one = i % (n_ + 1) == 0;
            power_[i] = one, even_[i] = one * c[0], odd_[i] = one * c[1];
        }
        Matrix& next = lu_; // room for one
        for (std::size_t k = 2; k <= p; k += 2) {
            multiply(power_, square_, next);
            std::copy_n(next.begin(), n_ * n_, power_.begin());
            for (std::size_t i = 0; i < n_ * n_; ++i) {
                even_[i] += c[k] * power_[i];
                if (k < p) odd_[i] += c[k + 1] * power_[i];
            }
        }
        multiply(a, odd_, power_);
        for (std::size_t i = 0; i < n_ * n_; ++i) {
            const double odd = power_[i];
            power_[i] = even_[i] - odd, even_[i] += odd;
        }
        solve(power_, even_, a);
    }

    /// x := m^-1 b
    void solve(const Matrix& m, const Matrix& b, Matrix& x) {
        const auto array = [](const Matrix& elements, const Shape& shape) {
            return ConstArray{{DType::float64, shape}, elements.data()};
        };
        const Shape square(n_, n_), row(n_ * n_ + n_);
        const ConstArray of_m = array(m, square), of_b = array(b, square), packed = array(lu_, row);
        LuFactor::eval(std::span(&of_m, 1), {{DType::float64, row}, lu_.data()});
        detail::lu_solve_eval(false, false, packed, n_, &of_b, {{DType::float64, square}, x.data()});
    }

    std::size_t n_;
    Matrix square_, power_, odd_, even_, lu_;
};

} // namespace

namespace {
double flops(std::size_t n) { return 30 * static_cast<double>(n * n * n) + 1; }
template <class T>
double scale_of(const T* x, std::size_t size) {
    double largest = 0;
    for (std::size_t k = 0; k < size; ++k)
        largest = std::max(largest, std::abs(static_cast<double>(x[k])));
    return largest;
}
} // namespace

Shape Expm::shape(Types in) {
    xgrad::detail::require_square(in[0]);
    return in[0].shape;
}

void Expm::eval(ConstArrays in, Array out) {
    const std::size_t n = in[0].shape().back(), size = n * n;
    xgrad::detail::visit_real(out.dtype(), [&]<class T>(T) {
        const auto one = [&](std::size_t i) {
            const T* const a = in[0].pointer<T>() + i * size;
            Matrix x(a, a + size);
            Exponential{n}(x);
            for (std::size_t k = 0; k < size; ++k)
                out.pointer<T>()[i * size + k] = static_cast<T>(x[k]);
        };
        xgrad::detail::for_each_matrix(xgrad::detail::leading_axes(out.shape(), 2).numel(), flops(n), one);
    });
}

/// The upper right of exp [a e; 0 a]. That is linear in e, which is made about as large as a: else it would decide how
/// often the matrix is halved.
void ExpmDerivative::eval(ConstArrays in, Array out) {
    const std::size_t n = in[0].shape().back(), size = n * n;
    const Shape leading = xgrad::detail::leading_axes(out.shape(), 2);
    const auto places = [&](const ConstArray& x) {
        return Layout::contiguous(xgrad::detail::leading_axes(x.shape(), 2)).broadcast_to(leading);
    };
    const Layout of_a = places(in[0]), of_e = places(in[1]);
    xgrad::detail::visit_real(out.dtype(), [&]<class T>(T) {
        const auto one = [&](std::size_t i) {
            const T* const a = in[0].pointer<T>() + static_cast<std::size_t>(of_a.place_of(i)) * size;
            const T* const e = in[1].pointer<T>() + static_cast<std::size_t>(of_e.place_of(i)) * size;
            const double scale = scale_of(e, size) / std::max(scale_of(a, size), 0.125);
            Matrix x(4 * size);
            for (std::size_t k = 0; k < size; ++k) {
                double* const row = x.data() + k / n * 2 * n + k % n;
                row[0] = row[2 * size + n] = a[k];
                row[n] = scale == 0 ? e[k] : e[k] / scale;
            }
            Exponential{2 * n}(x);
            for (std::size_t k = 0; k < size; ++k)
                out.pointer<T>()[i * size + k] = static_cast<T>((scale == 0 ? 1 : scale) *
                                                                x[k / n * 2 * n + n + k % n]);
        };
        xgrad::detail::for_each_matrix(leading.numel(), 8 * flops(n), one);
    });
}

Var Expm::vjp(Var g, Var, Var a) { return record(ExpmDerivative{}, transposed(a), g); }

namespace {
Var blocks(Var upper_left, Var upper_right, Var lower_right) {
    const Var upper = concatenate(upper_left, upper_right, -1);
    return concatenate(upper, concatenate(zeros_like(upper_left), lower_right, -1), -2);
}
} // namespace

/// By a it is that of exp [a e; 0 a].
std::array<Var, 2> ExpmDerivative::vjp(Var g, Var y, Var a, Var e) {
    const auto n = static_cast<std::int64_t>(y.shape().back());
    const Var all_a = broadcast_to(a, y.shape()), all_e = broadcast_to(e, y.shape()), none = zeros_like(g);
    const Var both = record(ExpmDerivative{}, transposed(blocks(all_a, all_e, all_a)), blocks(none, g, none));
    const auto block = [&](std::int64_t i) { return slice(slice(both, -2, i * n, i * n + n), -1, i * n, i * n + n); };
    return {block(0) + block(1), record(ExpmDerivative{}, transposed(a), g)};
}

} // namespace xgrad::linalg
