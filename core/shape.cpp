#include <xgrad/core/shape.hpp>

#include <ostream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <xgrad/core/error.hpp>

namespace xgrad {

const char* name(DType dtype) {
    constexpr const char* names[dtype_count] = {"float32", "float64", "int64", "uint8"};
    return names[static_cast<std::size_t>(dtype)];
}

void Dims::push_back(std::int64_t value) {
    if (size_ == max_rank) throw Error(fmt::format("an array has at most {} axes", max_rank));
    values_[size_++] = value;
}

std::string Dims::str() const { return fmt::format("({}{})", fmt::join(begin(), end(), ", "), size_ == 1 ? "," : ""); }

void Shape::append(std::int64_t extent) {
    if (extent < 0) throw Error(fmt::format("an extent is negative: {}", extent));
    if (rank_ == max_rank) throw Error(fmt::format("an array has at most {} axes", max_rank));
    extents_[rank_++] = static_cast<std::size_t>(extent);
    check();
}

void Shape::check() const {
    std::size_t n = 1;
    for (const std::size_t extent : *this)
        if (extent > 1 && (__builtin_mul_overflow(n, extent, &n) || n > max_numel))
            throw Error(
                fmt::format("shape {} is too large; the product of an array's extents, zeros left out, is at most 2^{}",
                            str(), log2_max_numel));
}

Shape checked_shape(const char* function, const Dims& extents, Location where) {
    const Call call(function, where);
    return Shape(extents);
}

std::string Shape::str() const { return fmt::format("({}{})", fmt::join(begin(), end(), ", "), rank_ == 1 ? "," : ""); }

std::string Shape::position(std::size_t element) const {
    std::array<std::size_t, max_rank> at{};
    for (std::size_t axis = rank_; axis-- > 0; element /= extents_[axis])
        at[axis] = element % extents_[axis];
    return fmt::format("({})", fmt::join(at.begin(), at.begin() + rank_, ", "));
}

namespace {
template <class R>
std::size_t hash_range(const R& range, std::size_t seed) {
    for (auto value : range)
        seed = (seed ^ static_cast<std::size_t>(value)) * 0x9E3779B97F4A7C15ull;
    return seed ^ (seed >> 29);
}
} // namespace

std::size_t Dims::hash() const { return hash_range(*this, size_ + 1); }
std::size_t Shape::hash() const { return hash_range(*this, rank_ + 1); }

std::ostream& operator<<(std::ostream& out, DType dtype) { return out << name(dtype); }

bool broadcast(const Shape& a, const Shape& b, Shape& result) {
    const Shape& longer = a.rank() >= b.rank() ? a : b;
    const Shape& shorter = a.rank() >= b.rank() ? b : a;
    result = longer;
    const std::size_t skip = longer.rank() - shorter.rank();
    for (std::size_t i = 0; i < shorter.rank(); ++i) {
        std::size_t& extent = result[skip + i];
        if (shorter[i] == extent || shorter[i] == 1) continue;
        if (extent != 1) return false;
        extent = shorter[i];
    }
    return true;
}

Layout Layout::contiguous(const Shape& shape) {
    Layout layout{.shape = shape};
    std::int64_t stride = 1;
    for (std::size_t i = shape.rank(); i-- > 0;) {
        layout.strides[i] = shape[i] == 1 ? 0 : stride;
        stride *= static_cast<std::int64_t>(shape[i]);
    }
    return layout;
}

bool Layout::is_contiguous() const {
    if (offset != 0) return false;
    const Layout plain = contiguous(shape);
    for (std::size_t i = 0; i < shape.rank(); ++i)
        if (shape[i] != 1 && strides[i] != plain.strides[i]) return shape.numel() == 0;
    return true;
}

Layout Layout::broadcast_to(const Shape& target) const {
    Layout result{.shape = target, .offset = offset};
    const std::size_t skip = target.rank() - shape.rank();
    for (std::size_t i = 0; i < shape.rank(); ++i)
        result.strides[skip + i] = shape[i] == 1 ? 0 : strides[i];
    return result;
}

} // namespace xgrad
