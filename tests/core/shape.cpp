#include <limits>
#include <sstream>

#include "../support.hpp"

using namespace test;
using xg::Shape;

BOOST_AUTO_TEST_SUITE(shape)

BOOST_AUTO_TEST_CASE(prints_as_numpy_does) {
    BOOST_TEST(Shape().str() == "()");
    BOOST_TEST(Shape(10).str() == "(10,)");
    BOOST_TEST(Shape(256, 3072).str() == "(256, 3072)");
    std::ostringstream out;
    out << Shape(2, 0, 3) << " " << xg::DType::float32;
    BOOST_TEST(out.str() == "(2, 0, 3) float32");
}

BOOST_AUTO_TEST_CASE(extents_have_the_line_that_wrote_them) {
    BOOST_TEST(error_of([] { Shape(2, -3); }) == "Shape: an extent is -3; extents are not negative" + at(__LINE__));
    BOOST_TEST(error_of([] { Shape(std::size_t{2}, 3, 4, -1); }).ends_with(at(__LINE__)));
}

BOOST_AUTO_TEST_CASE(counts_its_elements) {
    BOOST_TEST(Shape().numel() == 1u);
    BOOST_TEST(Shape(3, 4).numel() == 12u);
    BOOST_TEST(Shape(3, 0, 4).numel() == 0u);
    BOOST_TEST(Shape(3, 4).rank() == 2u);
    BOOST_TEST(Shape(3, 4).back() == 4u);
    BOOST_TEST((Shape(std::vector<std::size_t>{3, 4}) == Shape(3, 4)));
    BOOST_TEST((Shape(3, 4) != Shape(4, 3)));
}

BOOST_AUTO_TEST_CASE(has_at_most_eight_axes_and_no_negative_ones) {
    BOOST_TEST(error_of([] { Shape(std::vector<int>(9, 1)); }) == "Shape: more than 8 axes were given; an array has at most 8" + test::at(__LINE__));
    BOOST_TEST(error_of([] { Shape(3, -1); }) == "Shape: an extent is -1; extents are not negative" + at(__LINE__));
    BOOST_TEST(error_of([] { xg::Dims(std::vector<int>(9, 1)); }) == "Dims: more than 8 axes were given; an array has at most 8" + test::at(__LINE__));
}

BOOST_AUTO_TEST_CASE(are_countable) {
    const std::string advice = " is too large; the product of an array's extents, zeros left out, is at most 2^48";
    constexpr std::int64_t wide = std::int64_t{1} << 32;
    BOOST_TEST(Shape(wide, 65536, 0, 1).numel() == 0u);
    BOOST_TEST(Shape(wide, 65536).numel() == xg::max_numel);
    BOOST_TEST(error_of([] { Shape(wide, 65537); }) == "shape (4294967296, 65537)" + advice + at(__LINE__));
    BOOST_TEST(error_of([] { Shape(wide, wide); }) == "shape (4294967296, 4294967296)" + advice + at(__LINE__));
    BOOST_TEST(error_of([] { Shape(wide, 0, wide); }) == "shape (4294967296, 0, 4294967296)" + advice + at(__LINE__));
    BOOST_TEST(error_of([] { Shape(std::int64_t{1} << 62); }) == "shape (4611686018427387904,)" + advice + at(__LINE__));
    BOOST_TEST((error_of([] { Shape(std::vector<std::size_t>{wide, wide}); }) != "no error"));
    Shape changed(2, 3);
    changed[0] = changed[1] = std::size_t{1} << 63;
    BOOST_TEST((error_of([&] { changed.check(); }) != "no error"));
}

BOOST_AUTO_TEST_CASE(saturating_arithmetic) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max(), least = std::numeric_limits<std::int64_t>::min();
    BOOST_TEST(xg::add_sat(2, -3) == -1);
    BOOST_TEST(xg::add_sat(most, 1) == most);
    BOOST_TEST(xg::add_sat(least, -1) == least);
    BOOST_TEST(xg::add_sat(most, least) == -1);
    BOOST_TEST(xg::mul_sat(3, -4) == -12);
    BOOST_TEST(xg::mul_sat(std::int64_t{1} << 32, std::int64_t{1} << 32) == most);
    BOOST_TEST(xg::mul_sat(std::int64_t{1} << 32, -(std::int64_t{1} << 32)) == least);
    BOOST_TEST(xg::mul_sat(least, least) == most);
}

BOOST_AUTO_TEST_CASE(broadcasts) {
    const auto together = [](const Shape& a, const Shape& b) {
        Shape result;
        return broadcast(a, b, result) ? result.str() : "no";
    };
    BOOST_TEST(together(Shape(3, 4), Shape(4)) == "(3, 4)");
    BOOST_TEST(together(Shape(4), Shape(3, 4)) == "(3, 4)");
    BOOST_TEST(together(Shape(3, 1), Shape(1, 4)) == "(3, 4)");
    BOOST_TEST(together(Shape(), Shape(2, 2)) == "(2, 2)");
    BOOST_TEST(together(Shape(0), Shape(1)) == "(0,)");
    BOOST_TEST(together(Shape(2, 1), Shape(2, 0)) == "(2, 0)");
    BOOST_TEST(together(Shape(3), Shape(4)) == "no");
    BOOST_TEST(together(Shape(0), Shape(3)) == "no");
    BOOST_TEST(together(Shape(3, 4), Shape(3, 1, 4)) == "(3, 3, 4)");
}

BOOST_AUTO_TEST_CASE(dtypes) {
    BOOST_TEST(xg::size_of(xg::DType::float64) == 8u);
    BOOST_TEST(xg::is_floating(xg::DType::float32));
    BOOST_TEST(!xg::is_floating(xg::DType::uint8));
    BOOST_TEST((xg::dtype_of<bool>() == xg::DType::uint8));
    BOOST_TEST((xg::dtype_of<int>() == xg::DType::int64));
    BOOST_TEST(xg::name(xg::DType::int64) == std::string("int64"));
}

BOOST_AUTO_TEST_SUITE_END()
