#include <xgrad/ops/matrix_batch.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include <xgrad/core/base/lapack.hpp>
#include <xgrad/core/base/memory.hpp>
#include <xgrad/core/threads.hpp>

namespace xgrad {

template <class T>
const MatrixKernels<T>& matrix_kernels() {
    static const MatrixKernels<T> kernels = detail::make_kernels<MatrixKernelsFor>(T());
    return kernels;
}
template const MatrixKernels<float>& matrix_kernels();
template const MatrixKernels<double>& matrix_kernels();

namespace detail {

Shape leading_axes(const Shape& shape, std::size_t last) {
    Shape result;
    for (std::size_t i = 0; i + last < shape.rank(); ++i)
        result.append(static_cast<std::int64_t>(shape[i]));
    return result;
}

Shape with_last(Shape leading, std::initializer_list<std::size_t> last) {
    for (const std::size_t extent : last)
        leading.append(static_cast<std::int64_t>(extent));
    return leading;
}

void require_matrices(const Type& x) {
    if (!is_floating(x.dtype))
        throw Error(fmt::format("takes real matrices, was given {} {}; cast it to float32 or float64", name(x.dtype),
                                x.shape.str()));
    if (x.shape.rank() < 2)
        throw Error(fmt::format("takes matrices, was given {}; the last two axes are a matrix's", x.shape.str()));
}

void require_square(const Type& x) {
    require_matrices(x);
    if (rows_of(x) != columns_of(x))
        throw Error(
            fmt::format("takes square matrices, was given {}; the last two extents must be equal", x.shape.str()));
}

Shape common_leading(const Type& a, const Type& b, std::size_t last_of_a, std::size_t last_of_b) {
    Shape result;
    if (!broadcast(leading_axes(a.shape, last_of_a), leading_axes(b.shape, last_of_b), result))
        throw Error(fmt::format("leading axes do not broadcast, {} and {}; their extents must be equal or 1",
                                a.shape.str(), b.shape.str()));
    return result;
}

std::string name_of_matrix(const Shape& leading, std::size_t matrix) {
    if (leading.rank() == 0) return "the matrix";
    return fmt::format("matrix {} of the batch {}", leading.position(matrix), leading.str());
}

namespace {

/// Floating operations that a task has at least, and from which on others are woken up for their share.
constexpr double least_task = 50'000, worth_waking = 400'000;

/// Which matrix of an operand belongs to a matrix of the result.
class Places {
  public:
    template <class T>
    Places(const MatrixArray<T>& array, const Shape& result)
        : layout_(Layout::contiguous(array.leading).broadcast_to(result)), same_(array.leading == result) {}
    std::size_t operator()(std::size_t i) const { return same_ ? i : static_cast<std::size_t>(layout_.place_of(i)); }

  private:
    Layout layout_;
    bool same_;
};

/// f(begin, end) of parts of 0 .. count, which depend on nothing but count and flops.
template <class F>
void share_out(std::size_t count, double flops, std::size_t multiple, F f) {
    const double all = flops * static_cast<double>(count);
    if (all < 2 * least_task) return f(std::size_t{0}, count);
    auto part = static_cast<std::size_t>(least_task / flops) + 1;
    part = (part + multiple - 1) / multiple * multiple;
    struct Context {
        F& f;
        std::size_t part, count;
    } context{f, part, count};
    parallel_for((count + part - 1) / part, num_threads(), all > worth_waking,
                 [](void* c, std::size_t i, std::size_t) {
                     const Context& all_of_it = *static_cast<Context*>(c);
                     all_of_it.f(i * all_of_it.part, std::min(all_of_it.count, (i + 1) * all_of_it.part));
                 },
                 &context);
}

/// Room for vectors; a little of it without asking the system.
class Room {
  public:
    explicit Room(std::size_t bytes) {
        if (bytes > sizeof(near_)) far_ = std::make_unique<Buffer>(bytes);
    }
    template <class T>
    T* as() {
        return reinterpret_cast<T*>(far_ ? far_->data() : near_);
    }

  private:
    alignas(64) std::byte near_[16 << 10];
    std::unique_ptr<Buffer> far_;
};

template <class T>
class MatrixRun {
  public:
    explicit MatrixRun(const MatrixCall<T>& call)
        : call_(call), a_(call.a, call.out.leading), b_(call.b, call.out.leading) {}

    BadMatrix all() {
        const std::size_t count = call_.out.leading.numel();
        if (count == 0 || call_.out.size == 0) return {};
        const bool large = for_lapack(count);
        share_out(count, call_.flops, large ? 1 : lanes_, [&](std::size_t begin, std::size_t end) {
            if (large)
                one_by_one(begin, end);
            else
                side_by_side(begin, end);
        });
        const std::uint64_t first = bad_.position;
        if (first == ~0ull) return {};
        return {static_cast<std::size_t>(first / pivots()), static_cast<std::size_t>(first % pivots())};
    }

  private:
    /// One matrix of more than 8 rows takes LAPACK less time. Where each lane has a matrix, that changes later, the more
    /// lanes the later: of 8 lanes at 24 rows.
    bool for_lapack(std::size_t count) const {
        const auto [m, n] = std::pair(call_.extents.m, call_.extents.n);
        return lapack::takes(m, n) && (count < lanes_ || std::max(m, n) > 8 + 2 * lanes_);
    }
    std::size_t pivots() const { return call_.extents.n + 1; }
    const T* of_a(std::size_t i) const { return call_.a.data + a_(i) * call_.a.size; }
    const T* of_b(std::size_t i) const { return call_.b.data ? call_.b.data + b_(i) * call_.b.size : nullptr; }
    T* out(std::size_t i) const { return call_.out.data + i * call_.out.size; }

    void finish(std::size_t i, std::size_t bad) {
        if (bad == 0 && call_.check) bad = call_.check(call_.extents, of_a(i));
        if (bad == 0) return;
        if (call_.bad_gives_nan)
            std::fill_n(out(i), call_.out.size, std::numeric_limits<T>::quiet_NaN());
        else
            bad_.report(i * pivots() + bad - 1);
    }

    void one_by_one(std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i)
            finish(i, call_.one(call_.extents, of_a(i), of_b(i), out(i)));
    }

    void side_by_side(std::size_t begin, std::size_t end) {
        Room room(MatrixKernels<T>::work_of(call_.extents) * lanes_ * sizeof(T));
        MatrixGroup<T> group{};
        for (std::size_t first = begin; first < end; first += lanes_) {
            group.count = std::min(lanes_, end - first);
            for (std::size_t l = 0; l < lanes_; ++l) {
                const std::size_t i = first + std::min(l, group.count - 1);
                group.a[l] = of_a(i), group.b[l] = of_b(i), group.out[l] = out(i), group.bad[l] = 0;
            }
            call_.side_by_side(group, call_.extents, room.template as<T>());
            for (std::size_t l = 0; l < group.count; ++l)
                finish(first + l, group.bad[l]);
        }
    }

    const MatrixCall<T>& call_;
    Places a_, b_;
    const std::size_t lanes_ = matrix_kernels<T>().lanes;
    Fault bad_;
};

} // namespace

template <class T>
BadMatrix run_matrices(const MatrixCall<T>& call) {
    return MatrixRun<T>(call).all();
}
template BadMatrix run_matrices(const MatrixCall<float>&);
template BadMatrix run_matrices(const MatrixCall<double>&);

void for_each_matrix(std::size_t count, double flops, const std::function<void(std::size_t)>& f) {
    share_out(count, flops, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i)
            f(i);
    });
}

} // namespace detail
} // namespace xgrad
