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

namespace {

/// Lists that are too long or hold what is no extent are told under the name of the function that makes them, if one is
/// open.
[[noreturn]] void fail(const char* list, const std::string& what, Location where) {
    const Call call(list, where);
    throw Error(what, where);
}

[[noreturn]] void fail_too_many(const char* list, Location where) {
    fail(list, fmt::format("more than {0} axes were given; an array has at most {0}", max_rank), where);
}

} // namespace

void Dims::push_back(std::int64_t value, Location where) {
    if (size_ == max_rank) fail_too_many("Dims", where);
    values_[size_++] = value;
}

std::string Dims::str() const { return fmt::format("({}{})", fmt::join(begin(), end(), ", "), size_ == 1 ? "," : ""); }

void Shape::append(std::int64_t extent, Location where) {
    if (extent < 0) fail("Shape", fmt::format("an extent is {}; extents are not negative", extent), where);
    if (rank_ == max_rank) fail_too_many("Shape", where);
    extents_[rank_++] = static_cast<std::size_t>(extent);
    check(where);
}

void Shape::check(Location where) const {
    std::size_t n = 1;
    for (const std::size_t extent : *this)
        if (extent > 1 && (__builtin_mul_overflow(n, extent, &n) || n > max_numel))
            throw Error(
                fmt::format("shape {} is too large; the product of an array's extents, zeros left out, is at most 2^{}",
                            str(), log2_max_numel),
                where);
}

Shape checked_shape(const char* function, const Dims& extents, Location where) {
    const Call call(function, where);
    return Shape(extents, where);
}

std::string axes_of_rank(std::size_t rank) {
    if (rank == 0) return "a number has no axes";
    const auto r = static_cast<std::int64_t>(rank);
    return fmt::format("axes go from {} to {}", -r, r - 1);
}

std::string places_of(const char* what, std::int64_t extent) {
    if (extent == 0) return "there is nothing to choose from";
    return fmt::format("{} go from {} to {}", what, -extent, extent - 1);
}

std::string Shape::str() const { return fmt::format("({}{})", fmt::join(begin(), end(), ", "), rank_ == 1 ? "," : ""); }

std::string Shape::position(std::size_t element) const {
    const auto at = indices_of(element);
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
