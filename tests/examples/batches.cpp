#include "batches.hpp"

#include <algorithm>

#include <boost/test/unit_test.hpp>

using namespace examples;

namespace {

/// Row i is (i, 10 i), its label i.
Dataset numbered(std::size_t size) {
    Dataset data("numbered", size, 2);
    data.classes = size;
    for (std::size_t i = 0; i < size; ++i) {
        data.row(i)[0] = static_cast<float>(i);
        data.row(i)[1] = static_cast<float>(10 * i);
        data.labels(i) = static_cast<std::int64_t>(i);
    }
    return data;
}

/// The labels of all batches in turn, after a look at the shapes and at the features.
std::vector<std::int64_t> all_labels(Batches& batches) {
    std::vector<std::int64_t> seen;
    for (std::size_t i = 0; i < batches.count(); ++i)
        batches.visit(i, [&](const auto& features, const auto& labels) {
            BOOST_TEST_REQUIRE(features.dimension() == 2u);
            BOOST_TEST_REQUIRE(labels.dimension() == 1u);
            BOOST_TEST(features.shape()[0] == batches.size(i));
            BOOST_TEST(labels.shape()[0] == batches.size(i));
            for (std::size_t row = 0; row < labels.size(); ++row) {
                BOOST_TEST(features(row, 0) == static_cast<float>(labels(row)));
                BOOST_TEST(features(row, 1) == static_cast<float>(10 * labels(row)));
                seen.push_back(labels(row));
            }
        });
    return seen;
}

} // namespace

BOOST_AUTO_TEST_SUITE(batches)

BOOST_AUTO_TEST_CASE(use_every_example_once) {
    const Dataset data = numbered(23);
    Batches batches(data, 5);
    BOOST_TEST(batches.count() == 5u);
    BOOST_TEST(batches.size(4) == 3u);
    std::vector<std::int64_t> in_order = all_labels(batches);
    BOOST_TEST(in_order.size() == 23u);
    BOOST_TEST(std::ranges::equal(in_order, data.labels));

    Random random(1);
    batches.shuffle(random);
    std::vector<std::int64_t> first = all_labels(batches);
    batches.shuffle(random);
    std::vector<std::int64_t> second = all_labels(batches);
    BOOST_TEST(first != in_order);
    BOOST_TEST(first != second);
    for (auto* order : {&first, &second}) {
        std::ranges::sort(*order);
        BOOST_TEST(*order == in_order);
    }
}

BOOST_AUTO_TEST_CASE(are_shuffled_alike_with_the_same_seed) {
    const Dataset data = numbered(50);
    Batches a(data, 7), b(data, 7);
    Random one(5), same(5);
    a.shuffle(one);
    b.shuffle(same);
    BOOST_TEST(all_labels(a) == all_labels(b));
}

BOOST_AUTO_TEST_CASE(are_no_larger_than_the_data_set) {
    const Dataset data = numbered(3);
    Batches batches(data, 100);
    BOOST_TEST(batches.count() == 1u);
    BOOST_TEST(batches.size(0) == 3u);
    BOOST_TEST(all_labels(batches).size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
