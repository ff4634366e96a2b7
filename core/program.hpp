#pragma once

#include <array>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <xgrad/core/array.hpp>
#include <xgrad/core/elements.hpp>
#include <xgrad/core/var.hpp>

namespace xgrad {

namespace detail {

/// A dense row-major array that somebody else owns.
struct Argument {
    Type type;
    const void* data = nullptr;
    bool is_number = false;
};

/// An argument of a call: read where it lies if it is a dense row-major container, and copied into `storage` if not.
template <class A>
class Borrowed {
    using Element = stored_t<typename A::value_type>;

  public:
    explicit Borrowed(const A& array) {
        argument.type = {dtype_of<Element>(), Shape(array.shape())};
        if constexpr (std::is_same_v<Element, typename A::value_type> && requires {
                          array.data();
                          array.data_offset();
                          array.strides();
                      }) {
            if (dense(array)) {
                argument.data = array.data() + array.data_offset();
                return;
            }
        }
        storage.resize(argument.type.shape.numel());
        store_elements("argument", array, storage.data(), {});
        argument.data = storage.data();
    }
    Argument argument;

  private:
    static bool dense(const A& array) {
        std::int64_t expected = 1;
        for (std::size_t i = array.dimension(); i-- > 0;) {
            const auto extent = static_cast<std::int64_t>(array.shape()[i]);
            if (extent != 1 && static_cast<std::int64_t>(array.strides()[i]) != expected) return false;
            expected *= extent;
        }
        return true;
    }
    std::vector<Element> storage;
};

template <class T>
    requires std::is_arithmetic_v<T>
class Borrowed<T> {
  public:
    explicit Borrowed(T number) : element(stored_element<stored_t<T>>("argument", Shape(), 0, number, {})) {
        argument = {.type = {dtype_of<T>(), Shape()}, .data = &element, .is_number = true};
    }
    Borrowed(const Borrowed&) = delete;
    Argument argument;

  private:
    stored_t<T> element;
};

} // namespace detail

/// The outputs of one call. They stay as they are when the program is called again.
class Results {
  public:
    std::size_t size() const;
    const Type& type(std::size_t i = 0) const;
    const void* data(std::size_t i = 0) const;

    template <class T>
    xt::xarray<T> array(std::size_t i = 0) const {
        check<T>("array", i);
        const Type& t = type(i);
        auto result = xt::xarray<T>::from_shape(std::vector<std::size_t>(t.shape.begin(), t.shape.end()));
        detail::convert_elements(t.dtype, data(i), t.shape.numel(), result.data());
        return result;
    }
    template <class T>
    T scalar(std::size_t i = 0) const {
        const Type& t = type(i);
        if (t.shape.numel() != 1) fail_scalar(i);
        check<T>("scalar", i);
        T result{};
        detail::convert_elements(t.dtype, data(i), 1, &result);
        return result;
    }

    struct Block;
    explicit Results(std::shared_ptr<Block> block) : block_(std::move(block)) {}

  private:
    template <class T>
    void check(const char* function, std::size_t i) const {
        if constexpr (std::is_integral_v<T>) {
            if (is_floating(type(i).dtype)) fail_type(i, detail::integer_name<T>());
            if constexpr (!std::is_same_v<T, bool> && !std::is_same_v<T, std::int64_t>)
                check_range(function, i, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(),
                            detail::integer_name<T>());
        }
    }
    /// That its elements, which are integers, go from `least` to `most`.
    void check_range(const char* function, std::size_t i, std::int64_t least, std::uint64_t most,
                     const char* type_name) const;
    [[noreturn]] void fail_scalar(std::size_t i) const;
    [[noreturn]] void fail_type(std::size_t i, const char* wanted) const;
    std::shared_ptr<Block> block_;
};

class Executable;

/// A compiled Step. It holds the parameters and states it uses, and needs no node of the tape any more.
/// A second call allocates nothing.
class Program {
  public:
    template <class... Arrays>
    Results operator()(const Arrays&... arrays) {
        return call(std::array<const detail::Argument*, sizeof...(Arrays)>{
            &static_cast<const detail::Argument&>(detail::Borrowed<Arrays>(arrays).argument)...});
    }
    Results call(std::span<const detail::Argument* const> arguments);

    /// The plan: its steps, their loops and kernels, and the bytes of the arena.
    std::string str() const;
    /// How many loops, products, copies and opaque ops one call runs.
    std::size_t steps() const;
    std::size_t loops() const;
    std::size_t arena_bytes() const;

    explicit Program(std::shared_ptr<Executable> executable) : executable_(std::move(executable)) {}

  private:
    std::shared_ptr<Executable> executable_;
};

/// A traced function: keeps one program for each signature (dtypes and shapes) of its arguments.
class Function {
  public:
    template <class... Arrays>
    Results operator()(const Arrays&... arrays) {
        return call(std::array<const detail::Argument*, sizeof...(Arrays)>{
            &static_cast<const detail::Argument&>(detail::Borrowed<Arrays>(arrays).argument)...});
    }
    Results call(std::span<const detail::Argument* const> arguments);

    /// The program for a signature, traced and compiled if it is the first time.
    Program& program(const std::vector<Type>& signature);
    std::size_t programs() const;

    struct Impl;
    explicit Function(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

  private:
    std::shared_ptr<Impl> impl_;
};

} // namespace xgrad
