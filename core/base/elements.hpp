#pragma once
// Elements from one type to another. An integer that the new type does not hold is an error, which names the element.

#include <cstdint>
#include <string>
#include <type_traits>

#include <xgrad/core/array.hpp>
#include <xgrad/core/error.hpp>
#include <xgrad/core/shape.hpp>

#pragma GCC visibility push(default)
namespace xgrad::detail {

/// The name of an integer type in an error: int32 for int.
template <class T>
constexpr const char* integer_name() {
    constexpr const char *of_signed[] = {"int8", "int16", "int32", "int64"},
                         *of_unsigned[] = {"uint8", "uint16", "uint32", "uint64"};
    if constexpr (std::is_same_v<T, bool>) return "bool";
    constexpr int log2_bytes = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return std::is_signed_v<T> ? of_signed[log2_bytes] : of_unsigned[log2_bytes];
}

/// Whether To holds this number; asked of integers only, as real numbers are rounded. What is not 0 is a true bool.
template <class To, class From>
constexpr bool holds(From number) {
    if constexpr (std::is_integral_v<To> && std::is_integral_v<From> && !std::is_same_v<To, bool> &&
                  !std::is_same_v<To, From>) {
        const To there = static_cast<To>(number);
        return static_cast<From>(there) == number && (there < To{}) == (number < From{});
    } else
        return true;
}

/// "element (2, 1) is 300, which does not fit uint8; advice". Of an array without axes: "300 does not fit uint8;
/// advice".
std::string misfit(const Shape& shape, std::size_t position, const std::string& number, const char* type,
                   const char* advice);

template <class To>
constexpr const char* advice_to_store() {
    return dtype_of<To>() == DType::uint8 ? "give numbers from 0 to 255"
                                          : "convert it to double, or to smaller integers";
}

template <class To, class From>
To stored_element(const Shape& shape, std::size_t position, From number, Location where) {
    if (!holds<To>(number)) {
        if constexpr (std::is_integral_v<From>)
            throw Error(misfit(shape, position, std::to_string(number), name(dtype_of<To>()), advice_to_store<To>()),
                        where);
    }
    return static_cast<To>(number);
}

/// Calls f with the elements as a pointer to their C++ type.
template <class F>
void with_elements(DType dtype, const void* data, F f) {
    visit(dtype, [&]<class T>(T) { f(static_cast<const T*>(data)); });
}

/// Converts the elements of an array of that type, or says which of them does not fit.
template <class To>
void store_elements(const Type& from, const void* data, To* out, Location where) {
    with_elements(from.dtype, data, [&](const auto* source) {
        for (std::size_t i = 0; i < from.shape.numel(); ++i)
            out[i] = stored_element<To>(from.shape, i, source[i], where);
    });
}

/// As static_cast does.
template <class To>
void convert_elements(DType from, const void* data, std::size_t n, To* out) {
    with_elements(from, data, [&](const auto* source) {
        for (std::size_t i = 0; i < n; ++i)
            out[i] = static_cast<To>(source[i]);
    });
}

} // namespace xgrad::detail
#pragma GCC visibility pop
