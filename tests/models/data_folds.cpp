// Splits of a set: every example once, in parts of equal size, with equal shares of each class.

#include <algorithm>
#include <map>

#include "../support.hpp"

using namespace test;
using namespace xgrad::data;

namespace {

using Places = std::vector<std::size_t>;

/// Examples of classes 0, 1 and 2; every fifth, and one more of every seventh, are of the rare ones.
ArraySet labelled(std::size_t size) {
    std::vector<std::int64_t> labels(size);
    for (std::size_t i = 0; i < size; ++i) labels[i] = i % 7 == 0 ? 2 : i % 5 == 0;
    return {filled<float>({size, 1}, 0), std::move(labels)};
}

std::map<std::int64_t, std::size_t> classes(const ArraySet& set, const Places& places) {
    std::map<std::int64_t, std::size_t> count{{0, 0}, {1, 0}, {2, 0}};
    for (const std::int64_t label : set.subset(places).labels()) ++count[label];
    return count;
}

/// That the two parts are in order and have each example once.
void check_whole(const Split& split, std::size_t size) {
    BOOST_TEST(std::ranges::is_sorted(split.train));
    BOOST_TEST(std::ranges::is_sorted(split.validation));
    Places all;
    std::ranges::merge(split.train, split.validation, std::back_inserter(all));
    BOOST_TEST_REQUIRE(all.size() == size);
    for (std::size_t i = 0; i < size; ++i) BOOST_TEST(all[i] == i);
}

} // namespace

BOOST_AUTO_TEST_SUITE(data_folds)

BOOST_AUTO_TEST_CASE(hold_out_a_share) {
    for (const bool stratified : {false, true})
        for (const auto& [size, share, expected] : {std::tuple(10u, 0.2, 2u), {103u, 0.2, 21u}, {7u, 0.5, 4u}, {2u, 0.5, 1u}, {100u, 0.99, 99u}}) {
            const ArraySet set = labelled(size);
            const Split split = train_validation_split(set, share, {.seed = 5, .stratified = stratified});
            check_whole(split, size);
            BOOST_TEST(split.validation.size() == expected);
            if (stratified)
                for (const auto& [label, count] : classes(set, split.validation))
                    BOOST_TEST(std::abs(static_cast<double>(count) - share * static_cast<double>(classes(set, split.train)[label] + count)) <= 1);
        }
}

BOOST_AUTO_TEST_CASE(make_folds) {
    for (const bool stratified : {false, true})
        for (const auto& [size, folds] : {std::pair<std::size_t, std::size_t>(10, 5), {103, 5}, {7, 2}, {9, 9}, {64, 10}}) {
            const ArraySet set = labelled(size);
            const std::vector<Split> splits = k_fold(set, folds, {.seed = 2, .stratified = stratified});
            BOOST_TEST_REQUIRE(splits.size() == folds);
            std::vector<int> seen(size);
            std::map<std::int64_t, std::pair<std::size_t, std::size_t>> extremes{{0, {size, 0}}, {1, {size, 0}}, {2, {size, 0}}};
            for (const Split& split : splits) {
                check_whole(split, size);
                BOOST_TEST(split.validation.size() >= size / folds);
                BOOST_TEST(split.validation.size() <= (size + folds - 1) / folds);
                for (const std::size_t place : split.validation) ++seen[place];
                for (const auto& [label, count] : classes(set, split.validation)) {
                    auto& [least, most] = extremes[label];
                    least = std::min(least, count), most = std::max(most, count);
                }
            }
            for (const int times : seen) BOOST_TEST(times == 1);
            if (stratified)
                for (const auto& [label, counts] : extremes) BOOST_TEST(counts.second - counts.first <= 1u);
        }
}

BOOST_AUTO_TEST_CASE(follow_from_the_seed) {
    const ArraySet set = labelled(40);
    BOOST_TEST(k_fold(set, 4, {.seed = 1})[0].validation == k_fold(set, 4, {.seed = 1})[0].validation);
    BOOST_TEST(k_fold(set, 4, {.seed = 1})[0].validation != k_fold(set, 4, {.seed = 2})[0].validation);
    BOOST_TEST(train_validation_split(set, 0.25, {.seed = 1}).validation != train_validation_split(set, 0.25, {.seed = 2}).validation);
    // Ten examples in the order 5 4 2 6 7 8 3 1 9 0 (see data_batches), dealt to three folds.
    BOOST_TEST(k_fold(labelled(10), 3)[0].validation == (Places{0, 3, 5, 6}));
    BOOST_TEST(k_fold(labelled(10), 3)[2].validation == (Places{2, 8, 9}));
}

BOOST_AUTO_TEST_CASE(say_what_is_wrong) {
    const ArraySet set = labelled(10), unlabelled(filled<float>({10, 1}, 0));
    for (const double share : {0.0, 1.0, -0.5, 0.01, 0.99, std::nan("")})
        BOOST_TEST(error_of([&] { (void)train_validation_split(set, share); }).starts_with("train_validation_split: a share of "), share);
    for (const std::size_t folds : {0u, 1u, 11u})
        BOOST_TEST(error_of([&] { (void)k_fold(set, folds); }).starts_with(fmt::format("k_fold: {} folds of 10 examples", folds)));
    std::string error = error_of([&] { (void)k_fold(unlabelled, 2, {.stratified = true}); });
    BOOST_TEST(error == "k_fold: the set has features alone; make it with targets, ArraySet(features, targets)" + at(__LINE__ - 1));
}

BOOST_AUTO_TEST_SUITE_END()
