// Concatenations and reductions whose rows are short: ways of their own through the kernels, and the same values.

#include "../support.hpp"

using namespace test;
using xg::Var;
using Vars = std::vector<Var>;

namespace {

/// The parts along the axis, element by element.
template <class T>
xt::xarray<T> joined(const std::vector<xt::xarray<T>>& parts, std::size_t axis) {
    Extents shape(parts[0].shape().begin(), parts[0].shape().end());
    shape[axis] = 0;
    for (const auto& part : parts) shape[axis] += part.shape()[axis];
    auto result = xt::xarray<T>::from_shape(shape);
    std::size_t first = 0;
    for (const auto& part : parts) {
        for (std::size_t i = 0; i < part.size(); ++i) {
            Extents at(shape.size());
            for (std::size_t d = shape.size(), rest = i; d-- > 0; rest /= part.shape()[d]) at[d] = rest % part.shape()[d];
            at[axis] += first;
            result.element(at.begin(), at.end()) = part.data()[i];
        }
        first += part.shape()[axis];
    }
    return result;
}

template <class T>
void check_joined(const Extents& shape, std::size_t axis, std::size_t parts, std::int64_t most) {
    Random random(shape[0] + axis);
    xg::Tape tape;
    std::vector<xt::xarray<T>> arrays;
    Vars vars;
    for (std::size_t i = 0; i < parts; ++i) {
        Extents its = shape;
        its[axis] = static_cast<std::size_t>(random.integer(0, most));
        arrays.push_back(random_array<T>(its, random, 0, 100));
        vars.push_back(tape.parameter(arrays.back()));
    }
    BOOST_TEST(same(xg::concatenate(vars, static_cast<std::int64_t>(axis)).value<T>(), joined(arrays, axis)),
               fmt::format("{} parts along {} of {}", parts, axis, xg::Shape(shape).str()));
}

template <class T>
void check_rows(std::size_t rows, std::size_t cols) {
    Random random(cols);
    xg::Tape tape;
    const auto x = random_array<T>({rows, cols}, random, 0, 9);
    const Var v = tape.parameter(x);
    const auto sums = sum(v, 1).template value<double>(), tops = max(v, 1).template value<double>(), lows = min(v, 1).template value<double>();
    for (std::size_t r = 0; r < rows; ++r) {
        double total = 0, top = x(r, 0), low = x(r, 0);
        for (std::size_t c = 0; c < cols; ++c) {
            total += static_cast<double>(x(r, c));
            top = std::max(top, static_cast<double>(x(r, c)));
            low = std::min(low, static_cast<double>(x(r, c)));
        }
        if (std::abs(sums(r) - total) > 1e-5 * total || tops(r) != top || lows(r) != low)
            BOOST_FAIL(fmt::format("row {} of {} x {}: {} {}, {} {}, {} {}", r, rows, cols, sums(r), total, tops(r), top, lows(r), low));
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(short_rows)

BOOST_AUTO_TEST_CASE(are_concatenated) {
    for (const Extents& shape : {Extents{1200, 1}, {7, 1}, {3, 40, 2}, {33, 5}, {2, 3, 4, 5}, {600, 3, 2}, {0, 3}, {1, 1}})
        for (std::size_t axis = 0; axis < shape.size(); ++axis)
            for (const std::int64_t most : {1, 3, 20}) {
                check_joined<float>(shape, axis, 5, most);
                check_joined<double>(shape, axis, 2, most);
                check_joined<std::uint8_t>(shape, axis, 15, most);
            }
}

BOOST_AUTO_TEST_CASE(are_put_among_zeros) {
    Random random(7);
    xg::Tape tape;
    const auto x = random_array<float>({700, 3, 2}, random);
    const Var v = tape.parameter(x);
    const Var padded = pad(v, {{1, 2}, {1, 0}, {0, 1}});
    BOOST_TEST(same(xg::slice(padded, {{1, 701}, {1, 4}, {0, 2}}).value<float>(), x));
    BOOST_TEST(sum(padded).scalar<double>() == sum(v).scalar<double>(), boost::test_tools::tolerance(1e-5));
    // The adjoint of a slice that goes backwards by steps.
    const Var g = gradient(sum(xg::slice(v, {{xg::Range::open, xg::Range::open, -3}, {2, 0, -1}, {1, 2}})), v);
    const auto values = g.value<float>();
    for (std::size_t i = 0; i < 700; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            for (std::size_t k = 0; k < 2; ++k) {
                const float expected = (699 - i) % 3 == 0 && j > 0 && k == 1 ? 1 : 0;
                if (values(i, j, k) != expected) BOOST_FAIL(fmt::format("({}, {}, {}) is {}", i, j, k, values(i, j, k)));
            }
}

BOOST_AUTO_TEST_CASE(are_reduced) {
    for (std::size_t cols = 1; cols <= 40; ++cols)
        for (const std::size_t rows : {1, 3, 4, 5, 150}) {
            check_rows<float>(rows, cols);
            check_rows<double>(rows, cols);
            check_rows<std::int64_t>(rows, cols);
            check_rows<std::uint8_t>(rows, cols);
        }
}

BOOST_AUTO_TEST_CASE(are_reduced_to_the_same_bits_wherever_they_stand) {
    Random random(9);
    for (const std::size_t cols : {2, 3, 5, 8, 10, 15, 16, 17, 24}) {
        const auto row = random_array<float>({1, cols}, random);
        xg::Tape tape;
        const Var x = broadcast_to(tape.parameter(row), xg::Shape(20011, cols)) * 1.0f;
        for (const std::size_t threads : {1, 2, 4}) {
            xg::set_num_threads(threads);
            const auto sums = sum(x * x, 1).value<float>();
            for (std::size_t r = 1; r < sums.size(); ++r)
                if (sums(r) != sums(0)) BOOST_FAIL(fmt::format("row {} of {} columns: {} and {}", r, cols, sums(r), sums(0)));
        }
    }
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_CASE(with_a_nan_have_a_nan) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    xg::Tape tape;
    for (std::size_t cols = 2; cols <= 20; ++cols)
        for (std::size_t at = 0; at < cols; ++at) {
            auto x = filled<float>({5, cols}, 1.0f);
            x(2, at) = nan;
            const Var v = tape.parameter(x);
            for (const Var& y : {sum(v, 1), max(v, 1), min(v, 1)}) {
                const auto values = y.value<float>();
                for (std::size_t r = 0; r < 5; ++r) BOOST_TEST(std::isnan(values(r)) == (r == 2));
            }
        }
}

BOOST_AUTO_TEST_CASE(are_differentiated) {
    Random random(10);
    const auto report = xg::gradcheck(
        [](Var a, Var b) {
            const Var joint = xg::concatenate({a, tanh(b), a * b}, 1);
            return Vars{sum(square(joint), 1) * max(joint, 1), sum(exp(xg::concatenate({joint, joint}, 0)), 1)};
        },
        {random_array<double>({20, 2}, random), random_array<double>({20, 2}, random)});
    BOOST_TEST(bool(report), report.str());
}

BOOST_AUTO_TEST_SUITE_END()
