// Pads with elements of the array itself, and einsum of several operands: against NumPy's results.

#include "../reference.hpp"

using namespace test;
using xg::PadMode;
using xg::Var;

namespace {

using Integers = xt::xarray<std::int64_t>;

template <class T>
xt::xarray<T> numbers(const Extents& shape) {
    auto result = xt::xarray<T>::from_shape(shape);
    for (std::size_t i = 0; i < result.size(); ++i) result.data()[i] = static_cast<T>(i);
    return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(pads_as_numpy_has_them) {
    const auto padded = [](PadMode mode, const Integers& x, std::int64_t before, std::int64_t after) {
        return run<std::int64_t>([&](Var v) { return pad(v, {{before, after}}, mode); }, x);
    };
    const Integers x = {0, 1, 2};
    BOOST_TEST(same(padded(PadMode::edge, x, 4, 5), Integers{0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2}));
    BOOST_TEST(same(padded(PadMode::reflect, x, 4, 5), Integers{0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1}));
    BOOST_TEST(same(padded(PadMode::symmetric, x, 4, 5), Integers{2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1}));
    BOOST_TEST(same(padded(PadMode::wrap, x, 4, 5), Integers{2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1}));
    for (const PadMode mode : {PadMode::edge, PadMode::reflect, PadMode::symmetric, PadMode::wrap})
        BOOST_TEST(same(padded(mode, {5}, 1, 2), Integers{5, 5, 5, 5}));

    xg::Tape tape;
    const Var table = tape.parameter(xt::xarray<double>{{1, 2, 3}, {4, 5, 6}});
    const Var y = pad(table, {{1, 0}, {0, 2}}, PadMode::reflect);
    BOOST_TEST(same(y.value<double>(), xt::xarray<double>{{4, 5, 6, 5, 4}, {1, 2, 3, 2, 1}, {4, 5, 6, 5, 4}}));
    BOOST_TEST(same(gradient(sum(y), table).value<double>(), xt::xarray<double>{{2, 2, 1}, {4, 4, 2}}));
    BOOST_TEST(pad(table, {{0, 0}}, PadMode::wrap).is(table));
    BOOST_TEST(pad(tape.constant(xt::xarray<double>::from_shape({0, 2})), {{0, 0}, {1, 1}}, PadMode::edge).shape() == xg::Shape(0, 4));
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)pad(tape.input<float>({0, 2}), {{1, 0}}, PadMode::edge); }) == "pad: shape (0, 2) has no elements along axis 0 to continue; pad with a value instead" + at(line));
    BOOST_TEST(error_of([&] { (void)pad(table, {{0, -1}}, PadMode::edge); }) == "pad: widths 0 and -1 were given for axis 0 of shape (2, 3); they are not negative (slice cuts off)" + at(line + 1));
}

BOOST_AUTO_TEST_CASE(einsum_of_several) {
    xg::Tape tape;
    const Var a = tape.constant(numbers<double>({2, 3})), b = tape.constant(numbers<double>({3, 4})), c = tape.constant(numbers<double>({4, 2}));
    const xt::xarray<double> chain = {{324, 422}, {1008, 1304}};
    BOOST_TEST(same(einsum("ij,jk,kl->il", a, b, c).value<double>(), chain));
    BOOST_TEST(same(xg::einsum("ij,jk,kl", {a, b, c}).value<double>(), chain));
    BOOST_TEST(same(xg::einsum("kl,ij,jk->il", std::vector<Var>{c, a, b}).value<double>(), chain));
    const Var u = tape.constant(xt::xarray<double>{1, 2}), v = tape.constant(xt::xarray<double>{1, 0, 2});
    BOOST_TEST(einsum("i,ij,j->", u, a, v).scalar<double>() == 30);
    BOOST_TEST(einsum("i,ij,j", u, a, v).scalar<double>() == 30);
    BOOST_TEST(same(xg::einsum("i,j,k,i->jk", {u, v, u, u}).value<double>(), xt::xarray<double>{{5, 10}, {0, 0}, {10, 20}})); // sum u^2 = 5
    BOOST_TEST(same(einsum("ij,ij,ij->ij", a, a, a).value<double>(), pow(a, 3).value<double>()));
    // An extent of 1 broadcasts against any other operand.
    const Var one = tape.constant(filled<double>({1, 1}, 10));
    BOOST_TEST(same(einsum("ij,ij,j->i", a, one, v).value<double>(), xt::xarray<double>{40, 130}));
    const Var n = tape.constant(numbers<std::int64_t>({2, 3}));
    BOOST_TEST(same(einsum("ij,ij,ij->j", n, n, n).value<std::int64_t>(), Integers{27, 65, 133}));
    // The cheapest product goes first: no product of the two matrices, however it is written.
    const Var big = tape.constant(filled<double>({200, 200}, 1)), x = tape.constant(filled<double>({200}, 1));
    for (const char* equation : {"ij,jk,k->i", "jk,ij,k->i"}) {
        const auto mark = tape.mark();
        const std::string before = tape.str();
        BOOST_TEST(einsum(equation, big, big, x).value<double>()(7) == 40000);
        const std::string recorded = tape.str().substr(before.size());
        BOOST_TEST(recorded.find("matmul %") != std::string::npos);
        BOOST_TEST(recorded.find("float64 (200, 200)") == std::string::npos, recorded);
        tape.rewind(mark);
    }
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)einsum("ij,jk->ik", a, b, c); }) == "einsum: \"ij,jk->ik\": 2 operands are named, 3 were given" + at(line));
    BOOST_TEST(error_of([&] { (void)einsum("ij,jk,kj->i", a, b, c); }) == "einsum: \"ij,jk,kj->i\": 'j' is 3 in one operand, (2, 3), and 2 in the other, (4, 2); the extents must be equal or 1" + at(line + 1));
    BOOST_TEST(error_of([&] { (void)xg::einsum("->", std::vector<Var>{}); }) == "einsum: \"->\": no operands were given" + at(line + 2));
}

BOOST_AUTO_TEST_SUITE_END()
