#pragma once
// What a user hands over as numbers: an argument of a call, the elements of a constant or of a parameter.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/core/array.hpp>
#include <xgrad/core/base/elements.hpp>
#include <xgrad/core/error.hpp>
#include <xgrad/core/shape.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

class Var;

namespace detail {

template <class T>
concept Arithmetic = std::is_arithmetic_v<T>;

/// An xtensor expression of numbers: a container, a view, an adaptor, something still to be computed.
template <class A>
concept ArrayExpression = requires(const std::remove_cvref_t<A>& a) {
    a.shape();
    a.dimension();
    a.template begin<xt::layout_type::row_major>();
}
&&Number<typename std::remove_cvref_t<A>::value_type>;

// By <iterator> alone: <ranges> takes the compiler a twentieth of what xtensor takes.
template <class R>
using iterator_of = decltype(std::ranges::begin(std::declval<const std::remove_cvref_t<R>&>()));
template <class R>
using element_of_range = std::iter_value_t<iterator_of<R>>;

/// std::vector, std::array, std::span, a C array and their like: an array of one axis.
template <class R>
concept NumberRange = requires(const std::remove_cvref_t<R>& r) {
    std::ranges::end(r);
}
&&std::forward_iterator<iterator_of<R>> && !ArrayExpression<R> && std::is_arithmetic_v<element_of_range<R>>;

template <class R>
inline constexpr bool is_span = false;
template <class T, std::size_t N>
inline constexpr bool is_span<std::span<T, N>> = true;

} // namespace detail

/// Numbers of the user's, with the place in the program that wrote them: a single number, any xtensor expression, a
/// std::vector, std::array, std::span or C array (one axis), or braces, `{1.0, 2.0}` or `{{1.0, 2.0}, {3.0, 4.0}}`.
/// What lies densely in row-major order is read where it lies and must live as long as the Value; an array that is
/// moved in, and what must be computed or converted first, is kept inside. The dtype is that of the elements (see
/// dtype_of).
class Value {
  public:
    template <detail::Arithmetic T>
    Value(T number, Location where = Location::current()) : is_number_(true), where_(where) {
        type_.dtype = dtype_of<T>();
        const auto stored = static_cast<stored_t<T>>(number);
        if (!detail::holds<stored_t<T>>(number)) note(0, static_cast<std::uint64_t>(number));
        std::memcpy(number_, &stored, sizeof(stored));
    }
    template <detail::ArrayExpression A>
    Value(A&& array, Location where = Location::current()) : where_(where) {
        if constexpr (std::is_lvalue_reference_v<A>)
            refer(array);
        else
            keep(std::make_shared<std::remove_cvref_t<A>>(std::move(array)), [this](const auto& a) { this->refer(a); });
    }
    template <detail::NumberRange R>
    Value(R&& range, Location where = Location::current()) : where_(where) {
        if constexpr (std::is_lvalue_reference_v<R> || detail::is_span<std::remove_cvref_t<R>>)
            refer_to_range(range);
        else
            keep(std::make_shared<std::remove_cvref_t<R>>(std::move(range)),
                 [this](const auto& r) { this->refer_to_range(r); });
    }
    template <detail::Arithmetic T>
    Value(std::initializer_list<T> row, Location where = Location::current()) : where_(where) {
        store<T>(Shape(std::initializer_list<std::size_t>{row.size()}), row.begin());
    }
    template <detail::Arithmetic T>
    Value(std::initializer_list<std::initializer_list<T>> rows, Location where = Location::current()) : where_(where) {
        const std::size_t columns = rows.size() == 0 ? 0 : rows.begin()->size();
        std::vector<T> elements;
        for (const auto& row : rows) {
            if (row.size() != columns) fail_ragged(columns, row.size());
            elements.insert(elements.end(), row.begin(), row.end());
        }
        store<T>(Shape(std::initializer_list<std::size_t>{rows.size(), columns}), elements.begin());
    }
    Value(Var, Location = Location::current()) = delete; // a Var has no elements before a program runs

    const Type& type() const { return type_; }
    /// In row-major order.
    const void* data() const { return data_ ? data_ : is_number_ ? number_ : static_cast<const void*>(stored_.data()); }
    /// One number, which takes the dtype of what it is given to.
    bool is_number() const { return is_number_; }
    Location where() const { return where_; }
    /// Throws if an element could not be stored.
    void check() const {
        if (problem_) throw Error(*problem_, where_);
    }

  private:
    template <class Kept, class Refer>
    void keep(std::shared_ptr<Kept> kept, Refer refer_to) {
        refer_to(*kept);
        if (data_) owner_ = std::move(kept);
    }
    template <class A>
    void refer(const A& array) {
        using Element = typename A::value_type;
        const Shape shape(array.shape());
        if constexpr (std::is_same_v<Element, stored_t<Element>> && requires {
                          array.data();
                          array.data_offset();
                          array.strides();
                      }) {
            if (dense(array)) {
                type_ = {dtype_of<Element>(), shape};
                data_ = array.data() + array.data_offset();
                return;
            }
        }
        store<Element>(shape, array.template begin<xt::layout_type::row_major>());
    }
    template <class R>
    void refer_to_range(const R& range) {
        using Element = detail::element_of_range<R>;
        const auto first = std::ranges::begin(range);
        const auto end = std::ranges::end(range);
        std::size_t size = 0; // std::ranges::distance is missing from libc++ 14
        if constexpr (requires { end - first; })
            size = static_cast<std::size_t>(end - first);
        else
            for (auto i = first; i != end; ++i)
                ++size;
        const Shape shape(std::initializer_list<std::size_t>{size});
        if constexpr (std::contiguous_iterator<detail::iterator_of<R>> && std::is_same_v<Element, stored_t<Element>>) {
            if (size != 0) {
                type_ = {dtype_of<Element>(), shape};
                data_ = std::to_address(first);
                return;
            }
        }
        store<Element>(shape, first);
    }
    template <class A>
    static bool dense(const A& array) {
        std::int64_t expected = 1;
        for (std::size_t i = array.dimension(); i-- > 0;) {
            const auto extent = static_cast<std::int64_t>(array.shape()[i]);
            if (extent != 1 && static_cast<std::int64_t>(array.strides()[i]) != expected) return false;
            expected *= extent;
        }
        return true;
    }
    template <class T, class Iterator>
    void store(const Shape& shape, Iterator it) {
        type_ = {dtype_of<T>(), shape};
        const std::size_t n = shape.numel();
        stored_.resize(n * sizeof(stored_t<T>));
        auto* out = reinterpret_cast<stored_t<T>*>(stored_.data()); // operator new aligns it for any of them
        for (std::size_t i = 0; i < n; ++i, ++it) {
            const T element = *it;
            out[i] = static_cast<stored_t<T>>(element);
            if (!detail::holds<stored_t<T>>(element)) note(i, static_cast<std::uint64_t>(element));
        }
    }
    /// An unsigned number above int64: said by the function that this is given to, under its name.
    void note(std::size_t position, std::uint64_t number);
    [[noreturn]] void fail_ragged(std::size_t columns, std::size_t other) const;

    Type type_;
    const void* data_ = nullptr; // of others
    std::shared_ptr<const void> owner_;
    std::vector<std::byte> stored_;
    alignas(8) std::byte number_[8]{};
    bool is_number_ = false;
    Location where_;
    std::shared_ptr<const std::string> problem_; // with an element
};

} // namespace xgrad
#pragma GCC visibility pop
