#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <type_traits>

#include <xgrad/core/base/checked.hpp>
#include <xgrad/core/error.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// The types of elements. A comparison gives a mask: uint8 with the values 0 and 1.
enum class DType : std::uint8_t { float32, float64, int64, uint8 };

inline constexpr std::size_t dtype_count = 4;

const char* name(DType dtype);
constexpr std::size_t size_of(DType dtype) { return dtype == DType::float32 ? 4 : dtype == DType::uint8 ? 1 : 8; }
constexpr bool is_floating(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

/// The DType of a C++ type; bool counts as uint8, and every other integer as int64.
template <class T>
constexpr DType dtype_of() {
    if constexpr (std::is_same_v<T, float>)
        return DType::float32;
    else if constexpr (std::is_same_v<T, double>)
        return DType::float64;
    else if constexpr (std::is_same_v<T, std::uint8_t> || std::is_same_v<T, bool>)
        return DType::uint8;
    else {
        static_assert(std::is_integral_v<T>, "elements are float, double, integers or bool");
        return DType::int64;
    }
}

/// The type in which elements of type T are stored on a tape.
template <class T>
using stored_t = std::conditional_t<
    dtype_of<T>() == DType::float32, float,
    std::conditional_t<dtype_of<T>() == DType::float64, double,
                       std::conditional_t<dtype_of<T>() == DType::uint8, std::uint8_t, std::int64_t>>>;

namespace detail {

/// f of a zero of the C++ type of such elements.
template <class F>
decltype(auto) visit(DType dtype, F&& f) {
    switch (dtype) {
    case DType::float32: return f(float{});
    case DType::float64: return f(double{});
    case DType::int64: return f(std::int64_t{});
    default: return f(std::uint8_t{});
    }
}

/// f of a zero of an unsigned integer as large as such elements, for what moves them only.
template <class F>
decltype(auto) visit_bits(DType dtype, F&& f) {
    switch (size_of(dtype)) {
    case 1: return f(std::uint8_t{});
    case 4: return f(std::uint32_t{});
    default: return f(std::uint64_t{});
    }
}

} // namespace detail

inline constexpr std::size_t max_rank = 8;

/// Integers that count or number something; true and 'a' do not.
template <class T>
concept Index = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
                !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

/// What may stand beside a Var: an integer or a real number.
template <class T>
concept Number = Index<T> || std::floating_point<T>;

template <class R>
concept IndexRange = !std::integral<R> && requires(const R& r) {
    r.end();
    requires Index<std::remove_cvref_t<decltype(*r.begin())>>;
};

/// Up to eight signed numbers: axes (negative ones count from the end) or the extents asked of reshape.
class Dims {
  public:
    constexpr Dims() = default;
    template <Index... I>
    constexpr Dims(I... values) : size_(sizeof...(I)), values_{static_cast<std::int64_t>(values)...} {
        static_assert(sizeof...(I) <= max_rank, "xgrad arrays have at most 8 axes");
    }
    template <IndexRange R>
    Dims(const R& range, Location where = Location::current()) {
        for (auto value : range)
            push_back(static_cast<std::int64_t>(value), where);
    }

    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }
    constexpr std::int64_t operator[](std::size_t i) const { return values_[i]; }
    constexpr std::int64_t& operator[](std::size_t i) { return values_[i]; }
    constexpr const std::int64_t* begin() const { return values_.data(); }
    constexpr const std::int64_t* end() const { return values_.data() + size_; }
    void push_back(std::int64_t value, Location where = {});
    std::string str() const;
    std::size_t hash() const;
    bool operator==(const Dims&) const = default;

  private:
    std::size_t size_ = 0;
    std::array<std::int64_t, max_rank> values_{};
};

/// All axes of an array, for a function that takes other arguments after its axes: sum(x, all_axes, keepdims).
inline constexpr Dims all_axes{};

/// An extent, with the line that wrote it.
struct Extent {
    template <Index I>
    Extent(I extent, Location where = Location::current()) : value(static_cast<std::int64_t>(extent)), where(where) {}
    std::int64_t value;
    Location where;
};

/// The extents of a row-major array; prints as NumPy does: (256, 3072), (10,), (). One extent is written {10}, as 10
/// alone is a number of elements at most.
class Shape {
  public:
    constexpr Shape() = default;
    explicit Shape(const Extent& extent) { append({&extent}); }
    template <Index I>
    Shape(std::initializer_list<I> extents, Location where = Location::current()) {
        for (const I extent : extents)
            append(static_cast<std::int64_t>(extent), where);
    }
    using E = const Extent&;
    Shape(E a, E b) { append({&a, &b}); }
    Shape(E a, E b, E c) { append({&a, &b, &c}); }
    Shape(E a, E b, E c, E d) { append({&a, &b, &c, &d}); }
    Shape(E a, E b, E c, E d, E e) { append({&a, &b, &c, &d, &e}); }
    Shape(E a, E b, E c, E d, E e, E f) { append({&a, &b, &c, &d, &e, &f}); }
    Shape(E a, E b, E c, E d, E e, E f, E g) { append({&a, &b, &c, &d, &e, &f, &g}); }
    Shape(E a, E b, E c, E d, E e, E f, E g, E h) { append({&a, &b, &c, &d, &e, &f, &g, &h}); }
    template <IndexRange R>
        requires(!std::is_same_v<R, Shape>)
    Shape(const R& range, Location where = Location::current()) {
        for (auto extent : range)
            append(static_cast<std::int64_t>(extent), where);
    }

    std::size_t rank() const { return rank_; }
    /// The number of elements: the product of the extents, 1 for a scalar. It fits, as append has seen to.
    std::size_t numel() const {
        std::size_t n = 1;
        for (std::size_t i = 0; i < rank_; ++i)
            n *= extents_[i];
        return n;
    }
    std::size_t operator[](std::size_t axis) const { return extents_[axis]; }
    std::size_t& operator[](std::size_t axis) { return extents_[axis]; }
    std::size_t back() const { return extents_[rank_ - 1]; }
    const std::size_t* begin() const { return extents_.data(); }
    const std::size_t* end() const { return extents_.data() + rank_; }
    std::size_t size() const { return rank_; }
    bool empty() const { return rank_ == 0; }
    /// Throws for a negative extent, for a ninth axis, and as check does.
    void append(std::int64_t extent, Location where = {});
    /// Throws unless the product of its extents is at most max_numel, zeros left out: then so is that of any of them.
    /// Of shapes whose extents were written by operator[], the tape does it when it sees one for the first time.
    void check(Location where = {}) const;
    std::string str() const;
    /// Where an element of the array stands, counted in row-major order.
    std::array<std::size_t, max_rank> indices_of(std::size_t element) const {
        std::array<std::size_t, max_rank> at{};
        for (std::size_t axis = rank_; axis-- > 0; element /= extents_[axis])
            at[axis] = element % extents_[axis];
        return at;
    }
    /// The same as text: (2, 1).
    std::string position(std::size_t element) const;
    std::size_t hash() const;
    bool operator==(const Shape&) const = default;

  private:
    void append(std::initializer_list<const Extent*> extents) {
        for (const Extent* extent : extents)
            append(extent->value, extent->where);
    }
    std::size_t rank_ = 0;
    std::array<std::size_t, max_rank> extents_{};
};

/// The shape of those extents. If there is none, the error names the function and the place that asked for it.
Shape checked_shape(const char* function, const Dims& extents, Location where);

std::ostream& operator<<(std::ostream& out, DType dtype);

/// What errors say of the axes there are: "axes go from -2 to 1", or that there are none.
std::string axes_of_rank(std::size_t rank);

/// The same of places along an axis: "indices go from -3 to 2", or that there are none.
std::string places_of(const char* what, std::int64_t extent);

/// NumPy's broadcasting of two shapes; false where they do not fit.
bool broadcast(const Shape& a, const Shape& b, Shape& result);

/// What recording infers for each node.
struct Type {
    DType dtype = DType::float32;
    Shape shape;
    bool operator==(const Type&) const = default;
};

/// How the elements of an array lie in memory: strides and offset in elements, strides 0 where it is broadcast.
struct Layout {
    Shape shape;
    std::array<std::int64_t, max_rank> strides{};
    std::int64_t offset = 0;

    static Layout contiguous(const Shape& shape);
    bool is_contiguous() const;
    /// Where element i, in row-major order, lies.
    std::int64_t place_of(std::size_t i) const {
        std::int64_t at = offset;
        for (std::size_t axis = shape.rank(); axis-- > 0; i /= shape[axis])
            at += static_cast<std::int64_t>(i % shape[axis]) * strides[axis];
        return at;
    }
    /// The same elements seen in a shape that this one broadcasts to.
    Layout broadcast_to(const Shape& target) const;
};

} // namespace xgrad
#pragma GCC visibility pop
