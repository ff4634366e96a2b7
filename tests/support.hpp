#pragma once
// What many tests share: arrays of random numbers, comparing arrays, the text of errors, tests made from tables.

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include <xgrad/xgrad.hpp>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "random_arrays.hpp"

namespace test {

namespace xg = xgrad;

template <class T>
xt::xarray<T> filled(const Extents& shape, T value) {
    auto result = xt::xarray<T>::from_shape(shape);
    result.fill(value);
    return result;
}

inline Extents extents(const xg::Shape& shape) { return {shape.begin(), shape.end()}; }

/// Whether a is b to a relative tolerance (0: exactly; a NaN is a NaN), and if not, where they differ.
template <class T, class U>
boost::test_tools::predicate_result same(const xt::xarray<T>& a, const xt::xarray<U>& b, double rtol = 0, double atol = 0) {
    boost::test_tools::predicate_result result(true);
    const xg::Shape shape(a.shape()), other(b.shape());
    if (shape != other) {
        result = false;
        result.message() << fmt::format("the shapes are {} and {}", shape.str(), other.str());
        return result;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto x = static_cast<double>(a.data()[i]), y = static_cast<double>(b.data()[i]);
        if (x == y || (std::isnan(x) && std::isnan(y))) continue;
        if (std::abs(x - y) <= atol + rtol * std::max(std::abs(x), std::abs(y))) continue;
        result = false;
        result.message() << fmt::format("element {} of shape {} is {} and {}", i, shape.str(), x, y);
        return result;
    }
    return result;
}

/// The text of the xgrad::Error that f throws.
template <class F>
std::string error_of(F f) {
    try {
        f();
    } catch (const xg::Error& error) {
        return error.what();
    }
    return "no error";
}

/// ", at shapes.cpp:12": the end of an error that was made at that line of this file.
inline std::string at(int line, const char* file = __builtin_FILE()) {
    const std::string path = file;
    return fmt::format(", at {}:{}", path.substr(path.find_last_of('/') + 1), line);
}

/// Makes each row of a table, which has a `name`, a test of the suite in which this stands.
class Cases {
  public:
    template <class Row>
    Cases(const std::vector<Row>& table, void (*check)(const Row&), const char* file = __builtin_FILE(),
          std::size_t line = __builtin_LINE()) {
        for (const Row& row : table)
            boost::unit_test::framework::current_auto_test_suite().add(
                boost::unit_test::make_test_case([row, check] { check(row); }, row.name, file, line));
    }
};

} // namespace test
