// Accuracy and confusion, by cases that are counted by hand and against plain loops.

#include "../support.hpp"

using namespace test;
using namespace xgrad::models;
using xg::Var;
using Labels = xt::xarray<std::int64_t>;

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(by_hand) {
    xg::Tape tape;
    const Var scores = tape.constant(xt::xarray<float>{{1, 3, 2}, {5, 4, 6}, {0, -1, -2}, {1, 2, 3}});
    const Var labels = tape.constant(Labels{1, 0, 0, 0});
    BOOST_TEST(accuracy(scores, labels).scalar<double>() == 0.5);
    BOOST_TEST(accuracy(scores, labels).dtype() == xg::DType::float64);
    BOOST_TEST(top_k_accuracy(scores, labels, 1).scalar<double>() == 0.5);
    BOOST_TEST(top_k_accuracy(scores, labels, 2).scalar<double>() == 0.75);
    BOOST_TEST(top_k_accuracy(scores, labels, 3).scalar<double>() == 1);
    const Var matrix = confusion_matrix(labels, argmax(scores, 1), 3);
    BOOST_TEST(matrix.dtype() == xg::DType::int64);
    BOOST_TEST(same(matrix.value<std::int64_t>(), Labels{{1, 0, 2}, {0, 1, 0}, {0, 0, 0}}));
}

BOOST_AUTO_TEST_CASE(of_ties_the_first_counts) {
    xg::Tape tape;
    const Var scores = tape.constant(xt::xarray<double>{{2, 2, 2, 2}, {1, 3, 3, 0}, {NAN, 5, NAN, 9}});
    const auto check = [&](const Labels& labels, double first, double second, double third) {
        const Var l = tape.constant(labels);
        BOOST_TEST(accuracy(scores, l).scalar<double>() * 3 == first);
        BOOST_TEST(top_k_accuracy(scores, l, 1).scalar<double>() * 3 == first);
        BOOST_TEST(top_k_accuracy(scores, l, 2).scalar<double>() * 3 == second);
        BOOST_TEST(top_k_accuracy(scores, l, 3).scalar<double>() * 3 == third);
    };
    check({0, 1, 0}, 3, 3, 3);
    check({1, 2, 2}, 0, 3, 3);
    check({2, 0, 3}, 0, 0, 3); // a NaN is higher than every number
    check({3, 3, 1}, 0, 0, 0);
}

BOOST_AUTO_TEST_CASE(against_loops) {
    Random random(6);
    const std::size_t n = 200, classes = 7;
    const auto scores = random_array<float>({n, classes}, random);
    const auto labels = random_array<std::int64_t>({n}, random, 0, 6), predictions = random_array<std::int64_t>({n}, random, 0, 6);
    std::vector<double> right(classes + 1);
    Labels counts = filled<std::int64_t>({classes, classes}, 0);
    for (std::size_t i = 0; i < n; ++i) {
        const auto label = static_cast<std::size_t>(labels(i));
        std::size_t above = 0;
        for (std::size_t c = 0; c < classes; ++c) above += scores(i, c) > scores(i, label);
        for (std::size_t k = above + 1; k <= classes; ++k) right[k] += 1.0 / n;
        ++counts(label, static_cast<std::size_t>(predictions(i)));
    }
    xg::Tape tape;
    auto measure = tape.function([&](Var s, Var l, Var p) {
        std::vector<Var> all{accuracy(s, l), confusion_matrix(l, p, classes)};
        for (std::int64_t k = 1; k <= 7; ++k) all.push_back(top_k_accuracy(s, l, k));
        return all;
    });
    const xg::Results results = measure(scores, labels, predictions);
    BOOST_TEST(results.scalar<double>(0) == right[1], boost::test_tools::tolerance(1e-12));
    BOOST_TEST(same(results.array<std::int64_t>(1), counts));
    for (std::size_t k = 1; k <= classes; ++k) BOOST_TEST(results.scalar<double>(k + 1) == right[k], boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(of_places_and_of_nothing) {
    xg::Tape tape;
    Random random(7);
    const Var pixels = tape.constant(random_array<float>({2, 3, 4, 5}, random)), labels = tape.constant(random_array<std::int64_t>({2, 4, 5}, random, 0, 2));
    const Var rows = reshape(moveaxis(pixels, 1, -1), {-1, 3}), row_labels = reshape(labels, {-1});
    BOOST_TEST(accuracy(pixels, labels).scalar<double>() == accuracy(rows, row_labels).scalar<double>());
    BOOST_TEST(top_k_accuracy(pixels, labels, 2).scalar<double>() == top_k_accuracy(rows, row_labels, 2).scalar<double>());
    BOOST_TEST(sum(confusion_matrix(labels, argmax(pixels, 1), 3)).scalar<std::int64_t>() == 40);
    BOOST_TEST(trace(confusion_matrix(labels, argmax(pixels, 1), 3)).scalar<double>() / 40 == accuracy(pixels, labels).scalar<double>());
    const Var none = tape.constant(filled<float>({0, 3}, 0)), no_labels = tape.constant(filled<std::int64_t>({0}, 0));
    BOOST_TEST(std::isnan(accuracy(none, no_labels).scalar<double>()));
    BOOST_TEST(std::isnan(top_k_accuracy(none, no_labels, 2).scalar<double>()));
    BOOST_TEST(same(confusion_matrix(no_labels, no_labels, 2).value<std::int64_t>(), Labels{{0, 0}, {0, 0}}));
}

BOOST_AUTO_TEST_CASE(labels_that_are_no_class) {
    xg::Tape tape;
    const Var scores = tape.constant(xt::xarray<float>{{1, 3, 2}, {5, 4, 6}}), good = tape.constant(Labels{0, 2});
    const auto check = [](const std::string& text, const std::string& begin, int line) { BOOST_TEST((text.starts_with(begin) && text.ends_with(at(line))), text); };
    for (const std::int64_t wrong : {-1, 3}) {
        const Var labels = tape.constant(Labels{0, wrong});
        const std::string fault = fmt::format("pick: label {} at position (1) is out of range; there are 3 classes, labels go from 0 to 2", wrong);
        check(error_of([&] { (void)accuracy(scores, labels).scalar<double>(); }), fault, __LINE__);
        check(error_of([&] { (void)top_k_accuracy(scores, labels, 2).scalar<double>(); }), fault, __LINE__);
        check(error_of([&] { (void)confusion_matrix(labels, good, 3).value<double>(); }), fault, __LINE__);
        check(error_of([&] { (void)confusion_matrix(good, labels, 3).value<double>(); }), fault, __LINE__);
    }
    check(error_of([&] { (void)top_k_accuracy(scores, good, 4); }), "top_k_accuracy: k is 4; there are 3 classes, so it must be from 1 to 3", __LINE__);
    check(error_of([&] { (void)accuracy(good, scores); }), "accuracy: takes scores (N, C) and labels (N,) int64", __LINE__);
    check(error_of([&] { (void)confusion_matrix(good, scores, 3); }), "confusion_matrix: takes labels and predictions of one shape", __LINE__);
}

BOOST_AUTO_TEST_SUITE_END()
