// Formulas from textbooks, which overflow or lose all digits, are recorded in a stable form, unless the tape was asked not to.

#include "../support.hpp"

using namespace test;
using xg::Var;

namespace {

struct Row {
    std::string name;
    std::function<Var(Var)> textbook, stable;
    xt::xarray<double> hard; // where the textbook formula fails
};

const std::vector<Row> rows = {
    {"log_sum_exp", [](Var x) { return log(sum(exp(x), {1})); }, [](Var x) { return logsumexp(x, 1); }, {{1000, 0}, {-1000, -1001}}},
    {"log_sum_exp_of_all", [](Var x) { return log(sum(exp(x))); }, [](Var x) { return logsumexp(x); }, {{1000, 0}, {-1000, -1001}}},
    {"log_sum_exp_keepdims", [](Var x) { return log(sum(exp(x), {0}, xg::keepdims)); }, [](Var x) { return logsumexp(x, 0, xg::keepdims); }, {{1000, 0}, {-1000, 900}}},
    {"log_of_softmax", [](Var x) { return log(softmax(x)); }, [](Var x) { return log_softmax(x); }, {{1000, 0}, {-1000, 900}}},
    {"log_of_softmax_by_hand", [](Var x) { return log(exp(x) / sum(exp(x), {1}, xg::keepdims)); }, [](Var x) { return log_softmax(x); }, {{1000, 0}, {-1000, 900}}},
    {"log_of_softmax_over_the_first_axis", [](Var x) { return log(exp(x) / sum(exp(x), {0})); }, [](Var x) { return log_softmax(x, 0); }, {{1000, 0}, {-1000, 900}}},
    {"log_1_plus_x", [](Var x) { return log(1 + x); }, [](Var x) { return log1p(x); }, {{1e-20, 1}, {-1e-18, 2}}},
    {"log_x_plus_1", [](Var x) { return log(x + 1); }, [](Var x) { return log1p(x); }, {{1e-20, 1}, {-1e-18, 2}}},
    {"log_1_plus_exp", [](Var x) { return log(1 + exp(x)); }, [](Var x) { return softplus(x); }, {{800, 0}, {-40, 2}}},
    {"log1p_of_exp", [](Var x) { return log1p(exp(x)); }, [](Var x) { return softplus(x); }, {{800, 0}, {-40, 2}}},
    {"log_mean_exp", [](Var x) { return log(mean(exp(x), {1})); }, [](Var x) { return logsumexp(x, 1) - std::log(2.0); }, {{1000, 0}, {-1000, -1001}}},
    {"log_mean_exp_of_all", [](Var x) { return log(mean(exp(x))); }, [](Var x) { return logsumexp(x) - std::log(4.0); }, {{1000, 0}, {-1000, -1001}}},
    {"log_mean_exp_keepdims", [](Var x) { return log(mean(exp(x), {0}, xg::keepdims)); }, [](Var x) { return logsumexp(x, 0, xg::keepdims) - std::log(2.0); }, {{1000, 0}, {-1000, 900}}},
    {"log_of_two_exp", [](Var x) { return log(exp(x) + exp(2 * x)); }, [](Var x) { return logaddexp(x, 2 * x); }, {{800, 0}, {-1000, 2}}},
    {"log_of_two_exp_that_broadcast", [](Var x) { return log(exp(x) + exp(slice(x, 0, 0, 1))); }, [](Var x) { return logaddexp(x, slice(x, 0, 0, 1)); }, {{800, 0}, {-1000, -800}}},
    {"log_of_1_minus_sigmoid", [](Var x) { return log(1 - sigmoid(x)); }, [](Var x) { return -softplus(x); }, {{-1000, 0}, {1000, 3}}},
    {"log_of_1_minus_exp", [](Var x) { return log(1 - exp(x)); }, [](Var x) { return xg::detail::log_one_minus_exp(x); }, {{-1e-20, -1}, {-50, -2}}},
    {"1_minus_exp", [](Var x) { return 1 - exp(x); }, [](Var x) { return -expm1(x); }, {{1e-20, 1}, {-1e-18, 2}}},
    {"exp_minus_1", [](Var x) { return exp(x) - 1; }, [](Var x) { return expm1(x); }, {{1e-20, 1}, {-1e-18, 2}}},
    {"log_of_sigmoid", [](Var x) { return log(sigmoid(x)); }, [](Var x) { return -softplus(-x); }, {{-1000, 0}, {1000, 3}}},
};

void check(const Row& row) {
    xg::Tape tape, plain(xg::TapeOptions{.stabilize = false});
    const auto differ = [&](xg::Tape& on, const xt::xarray<double>& x) {
        const Var v = on.parameter(x);
        const auto slope = [&](Var y) { return gradient(sum(y), v).template value<double>(); };
        const Var textbook = row.textbook(v), stable = row.stable(v);
        BOOST_TEST(textbook.shape() == stable.shape());
        return !same(textbook.value<double>(), stable.value<double>(), 1e-12, 1e-300) || !same(slope(textbook), slope(stable), 1e-12, 1e-14);
    };
    BOOST_TEST(!differ(tape, row.hard));
    BOOST_TEST(differ(plain, row.hard));
    const xt::xarray<double> easy = {{0.5, -0.25}, {0.75, 1.5}};
    BOOST_TEST(!differ(tape, easy));
    BOOST_TEST(!differ(plain, easy));
}

} // namespace

BOOST_AUTO_TEST_SUITE(stabilize)

const Cases cases(rows, check);

BOOST_AUTO_TEST_CASE(what_only_looks_alike_is_left_alone) {
    xg::Tape tape;
    const Var x = tape.parameter(xt::xarray<double>{{1, 2}, {3, 4}}), row = tape.parameter(xt::xarray<double>{5, 6});
    const auto text_ends = [&](Var, const std::string& name) {
        const std::string text = tape.str();
        return text.substr(text.rfind('\n', text.size() - 2)).find(name) != std::string::npos;
    };
    BOOST_TEST(text_ends(log(2 + x), " = log "));
    BOOST_TEST(text_ends(exp(x) - 2, " = subtract "));
    BOOST_TEST(text_ends(log(max(exp(x), {1})), " = log "));
    BOOST_TEST(text_ends(log(sum(x * x)), " = log "));
    BOOST_TEST(text_ends(log(exp(x) / sum(exp(row))), " = log "));
    BOOST_TEST(log(exp(x)).is(log(exp(x))));
    BOOST_TEST(text_ends(2 - exp(x), " = subtract "));
    BOOST_TEST(text_ends(log(exp(x) - exp(row)), " = log "));
    BOOST_TEST(text_ends(log(sum(exp(x)) / -2), " = log "));
}

BOOST_AUTO_TEST_CASE(log_of_1_minus_exp_keeps_its_digits_on_both_ends) {
    xg::Tape tape;
    const xt::xarray<double> x = {-1e-20, -1e-9, -0.5, -0.7, -3, -50, -745}, infinite = {0, -INFINITY};
    const Var v = tape.parameter(x);
    // Of 60 digits.
    const xt::xarray<double> y = {-46.051701859880914, -20.723265837446412, -0.9327521295671886, -0.6863410028083852, -0.05106918094270159, -1.9287498479639178e-22, -4.940656458412465e-324};
    BOOST_TEST(same(log(1 - exp(v)).value<double>(), y, 5e-16));
    const xt::xarray<double> slope = {-1e20, -999999999.4999999, -1.5414940825367982, -0.9864338636344634, -0.05239569649125595, -1.9287498479639178e-22};
    BOOST_TEST(same(slice(gradient(sum(log(1 - exp(v))), v), 0, 0, 6).value<double>(), slope, 1e-15));
    BOOST_TEST(same(log(1 - exp(tape.constant(infinite))).value<double>(), xt::xarray<double>{-INFINITY, 0}));
}

BOOST_AUTO_TEST_CASE(textbook_forms_are_exactly_the_stable_ones) {
    xg::Tape tape;
    const Var x = tape.parameter(xt::xarray<double>{{1, 2}, {3, 4}});
    BOOST_TEST(log(sum(exp(x), {1})).is(logsumexp(x, 1)));
    BOOST_TEST(log(1 + x).is(log1p(x)));
    BOOST_TEST((exp(x) - 1).is(expm1(x)));
    BOOST_TEST(log(sigmoid(x)).is(-softplus(-x)));
    BOOST_TEST(log(1 - sigmoid(x)).is(-softplus(x)));
    BOOST_TEST((1 - exp(x)).is(-expm1(x)));
    BOOST_TEST(log(exp(x) + exp(-x)).is(logaddexp(x, -x)));
    BOOST_TEST(log(1 - exp(x)).is(log(-expm1(x))));
    BOOST_TEST(log(1 - exp(x)).is(log1p(-exp(x))));
}

BOOST_AUTO_TEST_SUITE_END()
