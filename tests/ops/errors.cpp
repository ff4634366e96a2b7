// What a wrong expression says: the op, what was given, what is required, and the line of this file that is wrong.

#include "../support.hpp"

using namespace test;
using xg::DType;
using xg::Var;

namespace {

struct Fixture {
    xg::Tape tape;
    Var m = tape.input<float>({3, 4}), v = tape.input<float>({5}), wide = tape.input<float>({3, 5}), d = tape.input<double>({3, 4});
    Var n = tape.input<std::int64_t>({3}), b = tape.input<std::uint8_t>({3, 4}), cube = tape.input<float>({2, 3, 4});
};

} // namespace

/// Two statements on one line, so that both mean this line.
#define ERROR_IS(expression, text) BOOST_TEST(error_of([&] { (void)(expression); }) == std::string(text) + at(__LINE__))

BOOST_FIXTURE_TEST_SUITE(errors, Fixture)

BOOST_AUTO_TEST_CASE(shapes_that_do_not_broadcast) {
    const std::string advice = "; extents must be equal or 1, counted from the last axis";
    ERROR_IS(m + v, "add: shapes (3, 4) and (5,) do not broadcast" + advice);
    ERROR_IS(v - m, "subtract: shapes (5,) and (3, 4) do not broadcast" + advice);
    ERROR_IS(m * wide, "multiply: shapes (3, 4) and (3, 5) do not broadcast" + advice);
    ERROR_IS(m / cube / wide, "divide: shapes (2, 3, 4) and (3, 5) do not broadcast" + advice);
    ERROR_IS(maximum(m, v), "maximum: shapes (3, 4) and (5,) do not broadcast" + advice);
    ERROR_IS(pow(m, v), "pow: shapes (3, 4) and (5,) do not broadcast" + advice);
    ERROR_IS(m < v, "less: shapes (3, 4) and (5,) do not broadcast" + advice);
    ERROR_IS(where(m > 0, m, v), "where: shapes (3, 4) and (5,) do not broadcast" + advice);
    ERROR_IS(where(wide > 0, m, m), "where: shapes (3, 5) and (3, 4) do not broadcast" + advice);
    ERROR_IS(2 * exp(m * 0.5f + 1) - sum(v * wide) * tanh(v) + m, "subtract: shapes (3, 4) and (5,) do not broadcast" + advice);
    ERROR_IS(broadcast_to(m, {3, 5}), "broadcast_to: shape (3, 4) does not broadcast to (3, 5); each extent must be equal or 1, counted from the last axis");
    ERROR_IS(broadcast_to(m, {4}), "broadcast_to: shape (3, 4) does not broadcast to (4,); each extent must be equal or 1, counted from the last axis");
}

BOOST_AUTO_TEST_CASE(the_line_is_that_of_the_wrong_operator) {
    std::string text;
    const int line = __LINE__ + 4;
    try {
        const Var fine = m * 2;
        (void)(fine +
               v); // the operands stand on these two lines
    } catch (const xg::Error& error) {
        text = error.what();
        BOOST_TEST((static_cast<int>(error.where().line) == line || static_cast<int>(error.where().line) == line - 1));
    }
    BOOST_TEST(text.starts_with("add: "));
}

BOOST_AUTO_TEST_CASE(dtypes) {
    ERROR_IS(m + d, "add: dtypes differ, float32 (3, 4) and float64 (3, 4); cast the float32 one: cast(x, xg::DType::float64)");
    ERROR_IS(m > d, "greater: dtypes differ, float32 (3, 4) and float64 (3, 4); cast the float32 one: cast(x, xg::DType::float64)");
    ERROR_IS(m >= tape.input<float>({2, 5}), "greater_equal: shapes (3, 4) and (2, 5) do not broadcast; extents must be equal or 1, counted from the last axis");
    ERROR_IS(where(m > 0, m, d), "where: dtypes differ, float32 (3, 4) and float64 (3, 4); cast the float32 one: cast(x, xg::DType::float64)");
    ERROR_IS(where(m, m, m), "where: the mask is float32, it must be uint8 (a comparison gives one)");
    ERROR_IS(exp(n), "exp: is not defined for int64 (3,); cast it to float32 or float64");
    ERROR_IS(log(b), "log: is not defined for uint8 (3, 4); cast it to float32 or float64");
    ERROR_IS(matmul(m, d), "matmul: dtypes differ, float32 (3, 4) x float64 (3, 4); cast the float32 one: cast(x, xg::DType::float64)");
    ERROR_IS(xg::concatenate({m, d}), "concatenate: dtypes differ, float32 and float64; cast the float32 one: cast(x, xg::DType::float64)");
}

BOOST_AUTO_TEST_CASE(matrix_products) {
    ERROR_IS(matmul(m, m), "matmul: inner extents differ, (3, 4) x (3, 4)");
    ERROR_IS(matmul(m, wide, true, true), "matmul: inner extents differ, (3, 4) transposed x (3, 5) transposed");
    ERROR_IS(matmul(m, v), "matmul: inner extents differ, (3, 4) x (5,)");
    ERROR_IS(matmul(tape.input<float>({5, 3, 4}), tape.input<float>({2, 4, 3})), "matmul: leading axes do not broadcast, (5, 3, 4) x (2, 4, 3); their extents must be equal or 1");
    ERROR_IS(matmul(sum(m), m), "matmul: takes matrices and vectors, was given () x (3, 4); each needs at least one axis");
}

BOOST_AUTO_TEST_CASE(axes) {
    ERROR_IS(sum(m, 2), "sum: axis 2 does not exist in shape (3, 4); axes go from -2 to 1");
    ERROR_IS(sum(m, {0, -3}), "sum: axis -3 does not exist in shape (3, 4); axes go from -2 to 1");
    ERROR_IS(max(m, {0, -2}), "max: axis -2 is given twice in (0, -2)");
    ERROR_IS(mean(m, {5}), "mean: axis 5 does not exist in shape (3, 4); axes go from -2 to 1");
    ERROR_IS(logsumexp(m, 7), "logsumexp: axis 7 does not exist in shape (3, 4); axes go from -2 to 1");
    ERROR_IS(softmax(m, 3), "softmax: axis 3 does not exist in shape (3, 4); axes go from -2 to 1");
    ERROR_IS(max(tape.input<float>({3, 0}), 1), "max: shape (3, 0) has no elements along axis 1; there is no max of nothing");
    ERROR_IS(transpose(m, {0, 0}), "transpose: axis 0 is given twice in (0, 0)");
    ERROR_IS(transpose(m, {0}), "transpose: (0,) names 1 axes, and shape (3, 4) has 2; name each once");
    ERROR_IS(transpose(m, {0, 2}), "transpose: axis 2 does not exist for shape (3, 4); axes go from -2 to 1");
    ERROR_IS(expand_dims(m, 3), "expand_dims: axis 3 does not exist for shape (3, 4); axes go from -3 to 2");
    ERROR_IS(squeeze(m, 0), "squeeze: axis 0 of shape (3, 4) has extent 3; it must be 1");
}

BOOST_AUTO_TEST_CASE(changes_of_shape) {
    ERROR_IS(reshape(m, {5, 2}), "reshape: shape (3, 4) has 12 elements, (5, 2) has 10; they must be equal");
    ERROR_IS(reshape(m, {5, -1}), "reshape: shape (3, 4) has 12 elements, which (5, -1) cannot divide evenly");
    ERROR_IS(reshape(m, {-1, -1}), "reshape: (-1, -1) is no shape; extents are not negative, and at most one is -1");
    ERROR_IS(reshape(m, {-3, 4}), "reshape: (-3, 4) is no shape; extents are not negative, and at most one is -1");
    ERROR_IS(xg::concatenate({m, wide}), "concatenate: shapes (3, 4) and (3, 5) differ in more than axis 0; all other extents must be equal");
    ERROR_IS(xg::concatenate({m, v}), "concatenate: shapes (3, 4) and (5,) differ in more than axis 0; all other extents must be equal");
    ERROR_IS(xg::concatenate({m, m}, 2), "concatenate: axis 2 does not exist for shape (3, 4); axes go from -2 to 1");
    ERROR_IS(xg::concatenate({}), "concatenate: no arrays were given");
    ERROR_IS(slice(m, {{}, {}, {}}), "slice: 3 ranges were given for shape (3, 4), which has 2 axes");
    ERROR_IS(slice(m, {{.step = 0}}), "slice: the step along axis 0 of shape (3, 4) is 0");
    ERROR_IS(slice(m, 2, 0, 1), "slice: axis 2 does not exist for shape (3, 4); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(labels) {
    ERROR_IS(pick(m, m), "pick: labels are float32 (3, 4); they must be int64");
    ERROR_IS(pick(cube, n), "pick: one label is needed for each row: x is (2, 3, 4), labels are (3,), they must be (2, 3)");
    ERROR_IS(pick(sum(m), n), "pick: one label is needed for each row: x is (), labels are (3,), they must be ()");
    ERROR_IS(one_hot(m, 3), "one_hot: labels are float32 (3, 4); they must be int64");
    ERROR_IS(xg::models::softmax_loss(m, v), "softmax_loss: takes scores (N, C) and labels (N,) int64, or (N, C, d...) and (N, d...), was given float32 (3, 4) and float32 (5,)");
    ERROR_IS(xg::models::svm_loss(v, n), "svm_loss: takes scores (N, C) and labels (N,) int64, was given float32 (5,) and int64 (3,)");
}

BOOST_AUTO_TEST_CASE(vars_of_different_tapes) {
    xg::Tape other;
    const Var foreign = other.input<float>({3, 4});
    ERROR_IS(m + foreign, "add: its operands are Vars of different tapes");
    ERROR_IS(matmul(m, foreign), "matmul: its operands are Vars of different tapes");
    ERROR_IS(where(m > 0, m, foreign), "where: its operands are Vars of different tapes");
    ERROR_IS(xg::concatenate({m, foreign}), "concatenate: its operands are Vars of different tapes");
    ERROR_IS(pick(m, other.input<std::int64_t>({3})), "pick: its operands are Vars of different tapes");
}

BOOST_AUTO_TEST_CASE(numbers_alone) {
    ERROR_IS(exp(xg::Operand(2.0)), "exp: none of its operands is a Var; make one with tape.constant(...)");
    ERROR_IS(sum(xg::Operand(2.0)), "sum: its operand is a number; it must be a Var");
    ERROR_IS(max(xg::Operand(2.0)), "max: its operand is a number; it must be a Var");
    for (const std::string& text : {error_of([] { (void)xg::reshape(2.0, {1}); }), error_of([] { (void)xg::transpose(2.0); }), error_of([] { (void)xg::squeeze(2.0); }),
                                    error_of([] { (void)xg::mean(2.0); }), error_of([] { (void)xg::softmax(2.0); }), error_of([] { (void)xg::logsumexp(2.0); }),
                                    error_of([] { (void)xg::matmul(2.0, 3.0); }), error_of([] { (void)xg::pick(2.0, 1); }), error_of([] { (void)xg::cast(2.0, DType::float32); }),
                                    error_of([] { (void)xg::models::softmax_loss(2.0, 1); }), error_of([] { (void)xg::models::l2(2.0); }), error_of([] { (void)xg::sum_to(2.0, {}); })})
        BOOST_TEST((text != "no error" && text.find(".cpp:") != std::string::npos), text);
}

BOOST_AUTO_TEST_CASE(what_stands_stays_usable_after_an_error) {
    BOOST_CHECK_THROW((void)(m + v), xg::Error);
    BOOST_CHECK_THROW((void)softmax(m, 9), xg::Error);
    ERROR_IS(m + v, "add: shapes (3, 4) and (5,) do not broadcast; extents must be equal or 1, counted from the last axis");
    BOOST_TEST((m + 1).shape() == m.shape());
}

BOOST_AUTO_TEST_CASE(composites_name_the_line_of_their_caller) {
    const xg::models::Linear layer(tape, 7, 2);
    ERROR_IS(layer(m), "Linear: inner extents differ, (3, 4) x (7, 2)");
    ERROR_IS(log_softmax(m, -3), "log_softmax: axis -3 does not exist in shape (3, 4); axes go from -2 to 1");
    ERROR_IS(xg::models::Linear(tape, 7, 2, {.dtype = DType::int64}), "Linear: the dtype of \"linear.weights\" is int64; it must be float32 or float64");
}

BOOST_AUTO_TEST_SUITE_END()
