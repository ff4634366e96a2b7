// An error that advises something: whoever does what it says has a right program.

#include "../support.hpp"

using namespace test;
using xg::DType;
using xg::Var;

namespace {

using Floats = xt::xarray<float>;
using Doubles = xt::xarray<double>;
using Integers = xt::xarray<std::int64_t>;
namespace models = xg::models;

struct Fixture {
    xg::Tape tape;
    Var m = tape.constant(Floats{{1, 2}, {3, 4}}), d = tape.constant(Doubles{{1, 2}, {3, 4}}), n = tape.constant(Integers{0, 1});
    Var bytes = m > 2;
};

/// That the error of `wrong` has the words, and that the program made by following them gives the elements.
template <class F, class T>
void check_advice(F wrong, const std::string& words, Var right, const xt::xarray<T>& elements) {
    const std::string text = error_of(wrong);
    BOOST_TEST(text.find(words) != std::string::npos, text);
    BOOST_TEST(same(right.value<T>(), elements, 1e-5));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(advice, Fixture)

BOOST_AUTO_TEST_CASE(casts) {
    check_advice([&] { (void)(m + d); }, "cast the float32 one: cast(x, xg::DType::float64)", cast(m, DType::float64) + d, Doubles{{2, 4}, {6, 8}});
    check_advice([&] { (void)(d * n); }, "cast the int64 one: cast(x, xg::DType::float64)", d * cast(n, DType::float64), Doubles{{0, 2}, {0, 4}});
    check_advice([&] { (void)matmul(m, d); }, "cast the float32 one: cast(x, xg::DType::float64)", matmul(cast(m, DType::float64), d), Doubles{{7, 10}, {15, 22}});
    check_advice([&] { (void)outer(n, m[0]); }, "cast the int64 one: cast(x, xg::DType::float32)", outer(cast(n, DType::float32), m[0]), Floats{{0, 0}, {1, 2}});
    check_advice([&] { (void)xg::concatenate(m, d); }, "cast the float32 one: cast(x, xg::DType::float64)", xg::concatenate(cast(m, DType::float64), d), Doubles{{1, 2}, {3, 4}, {1, 2}, {3, 4}});
    check_advice([&] { (void)exp(n); }, "cast it to float32 or float64", exp(cast(n, DType::float64)), Doubles{1, std::exp(1.0)});
    check_advice([&] { (void)(n * 0.5); }, "cast them: cast(x, xg::DType::float64)", cast(n, DType::float64) * 0.5, Doubles{0, 0.5});
    check_advice([&] { (void)(n * 2.0); }, "or write 2", n * 2, Integers{0, 2});
    check_advice([&] { (void)pad(n, {{1, 0}}, 0.5); }, "cast x first: cast(x, xg::DType::float64)", pad(cast(n, DType::float64), {{1, 0}}, 0.5), Doubles{0.5, 0, 1});
    check_advice([&] { (void)pad(bytes, {{1, 0}}, 300); }, "cast x first: cast(x, xg::DType::int64)", pad(cast(bytes, DType::int64), {{1, 0}}, 300),
                 Integers{{300, 300}, {0, 0}, {1, 1}});
    check_advice([&] { (void)models::softmax_loss(bytes, n); }, "they must be float32 or float64, cast them", models::softmax_loss(cast(bytes, DType::float32), n),
                 Floats(std::log(2.f)));
}

BOOST_AUTO_TEST_CASE(masks) {
    check_advice([&] { (void)where(m, m, -m); }, "a comparison gives one", where(m != 0, m, -m), Floats{{1, 2}, {3, 4}});
    check_advice([&] { (void)(n & n); }, "compare it with a number first", (n != 0) & (n != 0), xt::xarray<std::uint8_t>{0, 1});
    check_advice([&] { (void)(n | n); }, "or use logical_or", logical_or(n, n), xt::xarray<std::uint8_t>{0, 1});
    check_advice([&] { (void)dropout(m, 0.5, m); }, "as dropout_mask or a comparison gives it", dropout(m, 0.5, m > 2), Floats{{0, 0}, {6, 8}});
}

/// A cast would make the wrong program run.
BOOST_AUTO_TEST_CASE(arguments_in_the_wrong_order) {
    const Var targets = tape.constant(xt::xarray<std::uint8_t>{{1, 0}, {0, 1}});
    const auto softmax = models::softmax_loss(m, n).value<float>(), svm = models::svm_loss(m, n).value<float>();
    check_advice([&] { (void)models::softmax_loss(n, m); }, "softmax_loss(scores, labels)", models::softmax_loss(m, n), softmax);
    check_advice([&] { (void)models::svm_loss(n, m); }, "svm_loss(scores, labels)", models::svm_loss(m, n), svm);
    check_advice([&] { (void)models::binary_loss(targets, m); }, "binary_loss(scores, targets)", models::binary_loss(m, targets),
                 models::binary_loss(m, cast(targets, DType::float32)).value<float>());
    check_advice([&] { (void)models::kl_divergence(targets, log_softmax(m)); }, "kl_divergence(log_probabilities, targets)", models::kl_divergence(log_softmax(m), targets),
                 models::kl_divergence(log_softmax(m), cast(targets, DType::float32)).value<float>());
    check_advice([&] { (void)pick(n, m); }, "pick(x, labels)", pick(m, n), Floats{1, 4});
    check_advice([&] { (void)take(n, m, 0); }, "the array comes first, and the indices second", take(m, n, 0), Floats{{1, 2}, {3, 4}});
    check_advice([&] { (void)embedding(n, m); }, "embedding(table, indices)", embedding(m, n), Floats{{1, 2}, {3, 4}});
}

BOOST_AUTO_TEST_CASE(layouts_of_convolutions) {
    Random random(1);
    const auto images = random_array<float>({5, 4, 4}, random), kernel = random_array<float>({2, 1, 3, 3}, random);
    const Var x = tape.constant(images), w = tape.constant(kernel);
    Floats first = images;
    first.reshape({std::size_t{5}, std::size_t{1}, std::size_t{4}, std::size_t{4}});
    check_advice([&] { (void)conv2d(x, w); }, "several of one channel need an axis for it: expand_dims(x, 1)", conv2d(expand_dims(x, 1), w),
                 conv2d(tape.constant(first), w).value<float>());
    const Var first_channels = tape.constant(random_array<float>({2, 3, 4, 5}, random)), last = moveaxis(first_channels, 1, -1),
              w3 = tape.constant(random_array<float>({2, 3, 2, 2}, random));
    check_advice([&] { (void)conv2d(last, w3); }, "where the channels stand last, moveaxis(x, -1, 1) puts them first", conv2d(moveaxis(last, -1, 1), w3),
                 conv2d(first_channels, w3).value<float>());
    // Which of the two is wrong, only the user knows: no weights are advised.
    BOOST_TEST(error_of([&] { (void)conv2d(tape.input<float>({2, 8, 6, 6}), w3); }).starts_with(
        "conv2d: x has 8 channels as (N, C, H, W), and the weights (K, C / groups, ...) are for 3; x is float32 (2, 8, 6, 6)"));
    check_advice([&] { (void)conv2d(first_channels, w3, tape.constant(Doubles{1, 2})); }, "it must be float32 (2,)",
                 conv2d(first_channels, w3, tape.constant(Floats{1, 2})) - conv2d(first_channels, w3), broadcast_to(reshape(tape.constant(Floats{1, 2}), {2, 1, 1}), {2, 2, 3, 4}).value<float>());
}

BOOST_AUTO_TEST_CASE(other_functions) {
    check_advice([&] { (void)xg::split(m, 3, 1); }, "split_sizes takes any sizes", xg::split_sizes(m, {0, 2}, 1)[1], Floats{{1, 2}, {3, 4}});
    check_advice([&] { (void)pad(slice(m, 0, 0, 0), {{1, 0}}, xg::PadMode::edge); }, "pad with a value instead", pad(slice(m, 0, 0, 0), {{1, 0}}, 7), Floats{{7, 7}});
    check_advice([&] { (void)pad(m, {{0, -1}}); }, "slice cuts off", slice(m, 0, 0, 1), Floats{{1, 2}});
    check_advice([&] { (void)xg::exp(0.0); }, "make one with tape.constant(...)", exp(tape.constant(0.0)), Doubles(1.0));
    check_advice([&] { (void)xg::reshape(2.0, {1}); }, "make one with tape.constant(...)", reshape(tape.constant(2.0), {1}), Doubles{2});
    check_advice([&] { (void)xg::full(tape, {2}, 0.5, DType::int64); }, "ask for float32 or float64", xg::full(tape, {2}, 0.5, DType::float32), Floats{0.5f, 0.5f});
    check_advice([&] { (void)xg::arange(tape, 0, 1, 0.5, DType::int64); }, "ask for float64 instead of int64", xg::arange(tape, 0, 1, 0.5, DType::float64), Doubles{0, 0.5});
    check_advice([&] { (void)transpose(m, {0}); }, "name each once", transpose(m, {1, 0}), Floats{{1, 3}, {2, 4}});
    check_advice([&] { (void)moveaxis(m, {0, 1}, 0); }, "name a place for each", moveaxis(m, {0, 1}, {1, 0}), Floats{{1, 3}, {2, 4}});
    check_advice([&] { (void)xg::einsum("i->i", m); }, "name each axis", xg::einsum("ij->i", m), Floats{3, 7});
    check_advice([&] { (void)group_norm(m, 2); }, "use more values or fewer groups", group_norm(m, 1, {}, {}, 0), Floats{{-1, 1}, {-1, 1}});
}

/// Of a number nothing is chosen, and it has no axes.
BOOST_AUTO_TEST_CASE(where_there_is_nothing) {
    const Var number = tape.constant(2.0), empty = tape.constant(Floats(std::vector<std::size_t>{0, 2}));
    BOOST_TEST(error_of([&] { (void)sum(number, 0); }) == "sum: axis 0 does not exist in shape (); a number has no axes" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)argmax(number, 0); }) == "argmax: axis 0 does not exist in shape (); a number has no axes" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)transpose(number, {0}); }) == "transpose: axis 0 does not exist for shape (); a number has no axes" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)argmax(empty); }) == "argmax: shape (0, 2) has no elements; there is no argmax of nothing" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)empty[0]; }) == "[]: place 0 lies outside of axis 0 of shape (0, 2); there is nothing to choose from" + at(__LINE__));
    BOOST_TEST(error_of([&] { take(empty, n, 0).value<float>(); }) == "take: index 0 at position (0) is out of range; axis 0 has extent 0, there is nothing to choose from" + at(__LINE__));
    BOOST_TEST(error_of([&] { pick(tape.constant(Floats(std::vector<std::size_t>{2, 0})), n).value<float>(); }) == "pick: label 0 at position (0) is out of range; there are no classes to choose from" + at(__LINE__));
}

/// Shapes are those that were given, not those that they have on the way.
BOOST_AUTO_TEST_CASE(shapes_as_given) {
    const Var v = tape.input<float>({8}), w = tape.input<double>({8}), number = tape.input<float>({});
    BOOST_TEST(error_of([&] { (void)matmul(v, number); }) == "matmul: takes matrices and vectors, was given (8,) x (); each needs at least one axis" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)matmul(v, m); }) == "matmul: inner extents differ, (8,) x (2, 2)" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)dot(v, w); }) == "dot: dtypes differ, float32 (8,) x float64 (8,); cast the float32 one: cast(x, xg::DType::float64)" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)outer(v, w); }) == "outer: dtypes differ, float32 (8,) and float64 (8,); cast the float32 one: cast(x, xg::DType::float64)" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)xg::einsum("i,i->", v, w); }) == "einsum: \"i,i->\": dtypes differ, float32 and float64 (8,); cast the float32 one: cast(x, xg::DType::float64)" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)repeat(m, -1); }) == "repeat: a count of -1 was given for shape (2, 2); counts are not negative" + at(__LINE__));
}

BOOST_AUTO_TEST_SUITE_END()
