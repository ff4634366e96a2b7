// What stands on the tape after an expression: equal nodes once, identities and numbers folded, numbers weakly typed.

#include "../support.hpp"

using namespace test;
using xg::DType;
using xg::Var;

namespace {

struct Fixture {
    xg::Tape tape;
    Var x = tape.input<float>({3, 4}, "x"), y = tape.input<float>({3, 4}, "y");
    Var d = tape.input<double>({3, 4}), n = tape.input<std::int64_t>({3, 4}), b = tape.input<std::uint8_t>({3, 4});

    /// How many nodes f records.
    template <class F>
    std::size_t recorded(F f) {
        const std::size_t before = tape.size();
        f();
        return tape.size() - before;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(record, Fixture)

BOOST_AUTO_TEST_CASE(the_same_expression_is_the_same_node) {
    BOOST_TEST((x + y).is(x + y));
    BOOST_TEST(exp(x * y).is(exp(x * y)));
    BOOST_TEST(sum(x, {0}).is(sum(x, {-2})));
    BOOST_TEST(sum(x).is(sum(x, {1, 0})));
    BOOST_TEST(transpose(x).is(transpose(x, {1, 0})));
    BOOST_TEST(reshape(x, {2, -1}).is(reshape(x, {2, 6})));
    BOOST_TEST(slice(x, 0, 0, 2).is(slice(x, {{0, -1}})));
    BOOST_TEST(matmul(x, y, false, true).is(matmul(x, y, false, true)));
    BOOST_TEST(clip(x, 0, 1).is(clip(x, 0, 1)));
    BOOST_TEST((x > y).is(y < x));
    BOOST_TEST(xg::concatenate({x, y}).is(xg::concatenate({x, y})));
    BOOST_TEST(pick(x, sum(n, 1)).is(pick(x, sum(n, 1))));
    BOOST_TEST(softmax(x).is(softmax(x)));
    BOOST_TEST(gradient(sum(x * y), x).is(gradient(sum(x * y), x)));
    BOOST_TEST(recorded([&] { return tanh(exp(x + y)) * 2 + tanh(exp(x + y)) * 2; }) == 5u); // exp, tanh, 2, *, +: the sum stands
}

BOOST_AUTO_TEST_CASE(what_differs_is_another_node) {
    BOOST_TEST(!(x + y).is(y + x));
    BOOST_TEST(!(x - y).is(x + y));
    BOOST_TEST(!sum(x, 0).is(sum(x, 1)));
    BOOST_TEST(!sum(x, 0).is(sum(x, 0, xg::keepdims)));
    BOOST_TEST(!sum(x, 0).is(max(x, 0)));
    BOOST_TEST(!clip(x, 0, 1).is(clip(x, 0, 2)));
    BOOST_TEST(!matmul(x, y, false, true).is(matmul(x, y, true, false)));
    BOOST_TEST(!slice(x, 0, 0, 2).is(slice(x, 0, 1, 3)));
    BOOST_TEST(!cast(x, DType::float64).is(cast(x, DType::int64)));
    BOOST_TEST(!xg::concatenate({x, y}, 0).is(xg::concatenate({x, y}, 1)));
    BOOST_TEST(!tape.input<float>({3, 4}).is(tape.input<float>({3, 4})));
    BOOST_TEST(!tape.parameter(filled({2}, 1.0)).is(tape.parameter(filled({2}, 1.0))));
    xg::Tape other;
    BOOST_TEST(!other.input<float>({3, 4}).is(tape.input<float>({3, 4})));
}

BOOST_AUTO_TEST_CASE(identities_record_nothing) {
    BOOST_TEST((x + 0).is(x));
    BOOST_TEST((0 + x).is(x));
    BOOST_TEST((x - 0.0).is(x));
    BOOST_TEST((x * 1).is(x));
    BOOST_TEST((1.0 * x).is(x));
    BOOST_TEST((x / 1).is(x));
    BOOST_TEST((-(-x)).is(x));
    BOOST_TEST(pow(x, 1).is(x));
    BOOST_TEST(pow(x, 2).is(square(x)));
    BOOST_TEST((n + 0).is(n));
    BOOST_TEST((b * 1).is(b));
    BOOST_TEST((x + tape.constant(0.0f)).is(x));
    BOOST_TEST(reshape(x, {3, 4}).is(x));
    BOOST_TEST(reshape(reshape(x, {12}), {3, -1}).is(x));
    BOOST_TEST(transpose(x, {0, 1}).is(x));
    BOOST_TEST(broadcast_to(x, {3, 4}).is(x));
    BOOST_TEST(slice(x, {{0, 3}}).is(x));
    BOOST_TEST(slice(x, 1, 0, 100).is(x));
    BOOST_TEST(cast(x, DType::float32).is(x));
    BOOST_TEST(squeeze(expand_dims(x, 1)).is(x));
    BOOST_TEST(xg::concatenate({x}).is(x));
}

BOOST_AUTO_TEST_CASE(what_is_no_identity_stays) {
    BOOST_TEST(!(x * 0).is(tape.constant(0.0f))); // 0 * infinity is NaN
    BOOST_TEST(!(0 - x).is(x));
    BOOST_TEST(!(1 / x).is(x));
    BOOST_TEST((tape.constant(filled<float>({3, 4}, 0)) + x).shape() == x.shape());
    BOOST_TEST((x + tape.constant(filled<float>({2, 1, 1}, 0))).shape() == xg::Shape(2, 3, 4));
}

BOOST_AUTO_TEST_CASE(numbers_fold) {
    const Var two = tape.constant(2.0), three = tape.constant(3.0);
    BOOST_TEST((two + three).is(tape.constant(5.0)));
    BOOST_TEST((two * three - 1).is(tape.constant(5.0)));
    BOOST_TEST((two + 3).is(tape.constant(5.0)));
    BOOST_TEST((1 / two).is(tape.constant(0.5)));
    BOOST_TEST((-two).is(tape.constant(-2.0)));
    BOOST_TEST(sqrt(two * 2).is(two));
    BOOST_TEST(square(three).is(tape.constant(9.0)));
    BOOST_TEST(maximum(two, three).is(three));
    BOOST_TEST((two < three).is(tape.constant(true)));
    BOOST_TEST(cast(two, DType::int64).is(tape.constant(2)));
    BOOST_TEST((tape.constant(7) / 2).is(tape.constant(3)));
    BOOST_TEST(exp(tape.constant(0.0)).is(tape.constant(1.0)));
    BOOST_TEST(tape.constant(2.0f).is(tape.constant(2.0f)));
    BOOST_TEST(!tape.constant(2.0f).is(tape.constant(2.0)));
    BOOST_TEST(!tape.constant(2).is(tape.constant(2.0)));
    BOOST_TEST(!tape.constant(0.0).is(tape.constant(-0.0)));
}

BOOST_AUTO_TEST_CASE(zero_adjoints_record_no_arithmetic) {
    const Var p = tape.parameter(filled({3}, 1.0)), q = tape.parameter(filled({2}, 1.0));
    const Var loss = sum(p * p);
    BOOST_TEST(recorded([&] { (void)gradient(loss, q); }) <= 3u); // 1, 0, its broadcast
    BOOST_TEST(same(gradient(loss, q).value<double>(), xt::xarray<double>{0, 0}));
}

BOOST_AUTO_TEST_CASE(numbers_take_the_dtype_beside_them) {
    BOOST_TEST((2.0 * x).dtype() == DType::float32);
    BOOST_TEST((x + 1).dtype() == DType::float32);
    BOOST_TEST((1 - d).dtype() == DType::float64);
    BOOST_TEST((n * 2).dtype() == DType::int64);
    BOOST_TEST((b + 1).dtype() == DType::uint8);
    BOOST_TEST(maximum(0, x).dtype() == DType::float32);
    BOOST_TEST(where(x > 0, 1, x).dtype() == DType::float32);
    BOOST_TEST(where(x > 0, d, 2).dtype() == DType::float64);
    BOOST_TEST((x < 0.5).dtype() == DType::uint8);
    BOOST_TEST((x * tape.constant(2.0f)).dtype() == DType::float32);
    BOOST_TEST((2.0 * x).is(2 * x));
}

BOOST_AUTO_TEST_CASE(shapes_and_dtypes_are_known_before_anything_runs) {
    BOOST_TEST((x + tape.input<float>({2, 1, 4})).shape() == xg::Shape(2, 3, 4));
    BOOST_TEST(sum(x, 0).shape() == xg::Shape(4));
    BOOST_TEST(sum(x, {0, 1}, xg::keepdims).shape() == xg::Shape(1, 1));
    BOOST_TEST(mean(x).shape() == xg::Shape());
    BOOST_TEST(matmul(x, tape.input<float>({4, 5})).shape() == xg::Shape(3, 5));
    BOOST_TEST(matmul(x, tape.input<float>({7, 4, 5})).shape() == xg::Shape(7, 3, 5));
    BOOST_TEST(matmul(tape.input<float>({3}), x).shape() == xg::Shape(4));
    BOOST_TEST(reshape(x, {2, -1, 2}).shape() == xg::Shape(2, 3, 2));
    BOOST_TEST(slice(x, {{.step = 2}, {.step = -3}}).shape() == xg::Shape(2, 2));
    BOOST_TEST(xg::concatenate({x, x}, -1).shape() == xg::Shape(3, 8));
    BOOST_TEST(one_hot(n, 7).shape() == xg::Shape(3, 4, 7));
    BOOST_TEST(sum(b).dtype() == DType::int64);
    BOOST_TEST((b == b).dtype() == DType::uint8);
    BOOST_TEST(x.rank() == 2u);
    BOOST_TEST((&x.tape() == &tape));
}

BOOST_AUTO_TEST_SUITE_END()
