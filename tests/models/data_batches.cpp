// Sets of arrays, the mini-batches cut from them, and the thread that fills them ahead.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include <xgrad/models/data/prefetch.hpp>

#include "../support.hpp"

using namespace test;
using namespace xgrad::data;
using xg::Var;

namespace {

using Places = std::vector<std::size_t>;

/// Row i is (i, 10 i) mod 256 as bytes, its target i.
ArraySet numbered(std::size_t size) {
    auto features = xt::xarray<std::uint8_t>::from_shape({size, 2});
    auto targets = xt::xarray<std::int64_t>::from_shape({size});
    for (std::size_t i = 0; i < size; ++i) {
        features(i, 0) = static_cast<std::uint8_t>(i);
        features(i, 1) = static_cast<std::uint8_t>(10 * i);
        targets(i) = static_cast<std::int64_t>(i);
    }
    return {std::move(features), std::move(targets)};
}

/// The places of all batches in turn, after a look at their arrays.
Places all_places(const Batches& batches, std::size_t epoch, std::size_t first = 0) {
    Places seen;
    std::size_t count = 0;
    for (const Batch& batch : batches.epoch(epoch, first)) {
        ++count;
        BOOST_TEST((batch.features().type() == xg::Type{xg::DType::uint8, {batch.size(), std::size_t{2}}}));
        BOOST_TEST((batch.targets().type() == xg::Type{xg::DType::int64, xg::Shape(batch.size())}));
        const auto* features = static_cast<const std::uint8_t*>(batch.features().data());
        const auto* targets = static_cast<const std::int64_t*>(batch.targets().data());
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const std::size_t place = batch.places()[i];
            BOOST_TEST(targets[i] == static_cast<std::int64_t>(place));
            BOOST_TEST(features[2 * i] == static_cast<std::uint8_t>(place));
            BOOST_TEST(features[2 * i + 1] == static_cast<std::uint8_t>(10 * place));
            seen.push_back(place);
        }
    }
    BOOST_TEST(count == batches.count() - first);
    return seen;
}

Places sorted(Places places) {
    std::ranges::sort(places);
    return places;
}

Places counted(std::size_t size) {
    Places places(size);
    for (std::size_t i = 0; i < size; ++i) places[i] = i;
    return places;
}

} // namespace

BOOST_AUTO_TEST_SUITE(data_batches)

BOOST_AUTO_TEST_CASE(use_every_example_once) {
    for (const bool prefetch : {false, true}) {
        const Batches in_order(numbered(23), {.batch_size = 5, .shuffle = false, .prefetch = prefetch});
        BOOST_TEST(in_order.count() == 5u);
        BOOST_TEST(all_places(in_order, 0) == counted(23));
        BOOST_TEST(all_places(in_order, 7) == counted(23));
        const Batches shuffled(numbered(23), {.batch_size = 5, .prefetch = prefetch});
        const Places first = all_places(shuffled, 0), second = all_places(shuffled, 1);
        BOOST_TEST(first != counted(23));
        BOOST_TEST(first != second);
        BOOST_TEST(sorted(first) == counted(23));
        BOOST_TEST(sorted(second) == counted(23));
        BOOST_TEST(first == shuffled.order(0));
    }
    BOOST_TEST(all_places(Batches(numbered(3), {.batch_size = 100}), 0).size() == 3u);
}

BOOST_AUTO_TEST_CASE(leave_out_a_small_last_batch_if_asked_to) {
    const Batches batches(numbered(23), {.batch_size = 5, .drop_last = true});
    BOOST_TEST(batches.count() == 4u);
    const Places seen = all_places(batches, 3);
    BOOST_TEST(seen.size() == 20u);
    BOOST_TEST(std::set<std::size_t>(seen.begin(), seen.end()).size() == 20u);
    BOOST_TEST(Batches(numbered(20), {.batch_size = 5, .drop_last = true}).count() == 4u);
}

BOOST_AUTO_TEST_CASE(draw_with_replacement) {
    const Batches batches(numbered(50), {.batch_size = 8, .with_replacement = true, .seed = 4});
    std::vector<int> drawn(50);
    for (std::size_t epoch = 0; epoch < 400; ++epoch)
        for (const std::size_t place : batches.order(epoch)) ++drawn.at(place);
    // 20000 draws: 400 of each, and a standard deviation of 20.
    BOOST_TEST(*std::ranges::min_element(drawn) > 300);
    BOOST_TEST(*std::ranges::max_element(drawn) < 500);
    const Places one = all_places(batches, 0);
    BOOST_TEST(std::set<std::size_t>(one.begin(), one.end()).size() < 50u);
}

BOOST_AUTO_TEST_CASE(follow_from_the_seed_and_the_epoch) {
    const auto order = [](std::uint64_t seed, std::size_t epoch) { return Batches(numbered(10), {.seed = seed}).order(epoch); };
    // Worked out by another program from the definition of SplitMix64: the same on every machine.
    BOOST_TEST(order(0, 0) == (Places{5, 4, 2, 6, 7, 8, 3, 1, 9, 0}));
    BOOST_TEST(order(7, 2) == (Places{9, 6, 3, 8, 7, 0, 5, 1, 4, 2}));
    BOOST_TEST(order(7, 2) == order(7, 2));
    BOOST_TEST(order(7, 2) != order(7, 3));
    BOOST_TEST(order(7, 2) != order(8, 2));

    // Of six orders of three examples each comes as often as the others: 1000 times, and a standard deviation of 29.
    std::map<Places, int> counts;
    for (std::size_t epoch = 0; epoch < 6000; ++epoch) ++counts[Batches(numbered(3), {}).order(epoch)];
    BOOST_TEST(counts.size() == 6u);
    for (const auto& [places, count] : counts) BOOST_TEST(std::abs(count - 1000) < 150);
}

BOOST_AUTO_TEST_CASE(are_the_same_with_and_without_a_second_thread) {
    for (const bool with_replacement : {false, true}) {
        BatchesOptions options{.batch_size = 7, .with_replacement = with_replacement, .prefetch = false, .seed = 3};
        const Batches plain(numbered(200), options);
        options.prefetch = true;
        const Batches ahead(numbered(200), options);
        for (std::size_t epoch = 0; epoch < 3; ++epoch) BOOST_TEST(all_places(plain, epoch) == all_places(ahead, epoch));
    }
}

BOOST_AUTO_TEST_CASE(go_on_where_a_run_stopped) {
    const Batches batches(numbered(23), {.batch_size = 5, .prefetch = true, .seed = 9});
    const Places all = all_places(batches, 2), rest = all_places(batches, 2, 3);
    BOOST_TEST(rest == Places(all.begin() + 15, all.end()));
    BOOST_TEST(all_places(batches, 2, 5).empty());
}

BOOST_AUTO_TEST_CASE(are_read_where_they_lie_if_they_are_in_order) {
    const xt::xarray<float> features{{1, 2}, {3, 4}, {5, 6}};
    const Batches in_order(ArraySet(features), {.batch_size = 2, .shuffle = false});
    const float* expected = features.data();
    for (const Batch& batch : in_order.epoch(0)) {
        BOOST_TEST(batch.features().data() == expected);
        expected += 4;
    }
    for (const Batch& batch : Batches(ArraySet(features), {}).epoch(0)) BOOST_TEST(batch.features().data() != features.data());
    BOOST_TEST(ArraySet(features).row<float>(1).data() == features.data() + 2);
}

BOOST_AUTO_TEST_CASE(of_subsets_and_of_all_dtypes) {
    const ArraySet set(xt::xarray<double>{{1.5, 2.5}, {3.5, 4.5}, {5.5, 6.5}, {7.5, 8.5}}, std::vector<float>{1, 2, 3, 4});
    const Places odd{3, 1}, first{1};
    const ArraySet part = set.subset(odd);
    BOOST_TEST(part.size() == 2u);
    const Batches batches(part, {.shuffle = false});
    xg::Tape tape;
    auto both = tape.function([](Var x, Var y) { return std::vector<Var>{x, y}; });
    for (const Batch& batch : batches.epoch(0)) {
        const xg::Results results = both(batch.features(), batch.targets());
        BOOST_TEST(same(results.array<double>(0), xt::xarray<double>{{7.5, 8.5}, {3.5, 4.5}}));
        BOOST_TEST(same(results.array<float>(1), xt::xarray<float>{4, 2}));
    }
    BOOST_TEST(part.subset(first).row<double>(0)[0] == 3.5); // of the part, not of the whole
}

BOOST_AUTO_TEST_CASE(train_a_model) {
    // Points on a plane: least squares finds it.
    Random random(3);
    const xt::xarray<double> x = random_array<double>({64, 3}, random);
    auto y = xt::xarray<double>::from_shape({64});
    for (std::size_t i = 0; i < 64; ++i) y(i) = 2 * x(i, 0) - x(i, 1) + 0.5 * x(i, 2);
    xg::Tape tape;
    const Var w = tape.parameter(xt::xarray<double>{0, 0, 0}, "w");
    auto train = tape.function([&](Var a, Var b) {
        const Var loss = mean(square(matmul(a, w) - b));
        return xg::Step{.outputs = {loss}, .updates = xg::optim::GD{.learning_rate = 0.1}.minimize(loss)};
    });
    const Batches batches({x, y}, {.batch_size = 16, .prefetch = true, .seed = 1});
    for (std::size_t epoch = 0; epoch < 200; ++epoch)
        for (const Batch& batch : batches.epoch(epoch)) train(batch.features(), batch.targets());
    BOOST_TEST(same(w.value<double>(), xt::xarray<double>{2, -1, 0.5}, 1e-6));
}

BOOST_AUTO_TEST_CASE(keep_what_was_moved_in) {
    std::optional<Epoch> epoch;
    {
        const Batches batches(numbered(40), {.batch_size = 4, .prefetch = true, .seed = 2});
        epoch.emplace(batches.epoch(0));
    }
    std::size_t seen = 0;
    while (const Batch* batch = epoch->next()) seen += batch->size();
    BOOST_TEST(seen == 40u);
    BOOST_TEST(!epoch->next());
}

BOOST_AUTO_TEST_CASE(say_what_is_wrong) {
    const xt::xarray<float> four = filled<float>({4, 2}, 1);
    const std::vector<std::int64_t> three{1, 2, 3};
    const Places beyond{4};
    std::string error = error_of([&] { ArraySet(four, three); });
    BOOST_TEST(error == "ArraySet: there are features of 4 examples and targets of 3; each example must have its target" + at(__LINE__ - 1));
    BOOST_TEST(error_of([&] { ArraySet(2.5); }).starts_with("ArraySet: the features are a single number; "));
    BOOST_TEST(error_of([&] { (void)ArraySet(four).subset(beyond); }).starts_with("subset: example 4 was asked for, and the set has 4"));
    BOOST_TEST(error_of([&] { (void)ArraySet(four).row<float>(4); }).starts_with("row: example 4 was asked for, and the set has 4"));
    BOOST_TEST(error_of([&] { (void)ArraySet(four).row<double>(0); }).starts_with("row: the features are float32, and were asked for as float64"));
    BOOST_TEST(error_of([&] { (void)ArraySet(four).labels(); }).starts_with("labels: the set has features alone"));
    BOOST_TEST(error_of([&] { (void)ArraySet(four, four).labels(); }).starts_with("labels: the targets are float32 (2,) each"));
    BOOST_TEST(error_of([&] { Batches(numbered(3), {.batch_size = 0}); }).starts_with("Batches: batches of 0 examples"));
    BOOST_TEST(error_of([&] { Batches(numbered(0), {}); }).starts_with("Batches: the set has no examples"));
    BOOST_TEST(error_of([&] { Batches(numbered(3), {.drop_last = true}); }).starts_with("Batches: a set of 3 examples has no whole batch of 32"));
    BOOST_TEST(error_of([&] { Batches(numbered(3), {.shuffle = false, .with_replacement = true}); }).starts_with("Batches: drawing with_replacement"));
    const Batches batches{ArraySet(four), {.batch_size = 2}};
    BOOST_TEST(error_of([&] { (void)batches.epoch(0, 3); }) == "epoch: batch 3 was asked for, and an epoch has 2 of them" + at(__LINE__));
    for (const Batch& batch : batches.epoch(0))
        BOOST_TEST(error_of([&] { (void)batch.targets(); }).starts_with("targets: the set has features alone"));
    // A batch that does not fit the program: the error is of the loop's line.
    xg::Tape tape;
    auto f = tape.function([&](Var x) { return matmul(x, tape.constant(filled<float>({3, 1}, 1))); });
    for (const Batch& batch : batches.epoch(0)) BOOST_TEST(error_of([&] { f(batch.features()); }).starts_with("matmul: "));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(data_prefetch)

BOOST_AUTO_TEST_CASE(hands_out_every_item_once_and_in_order) {
    for (const std::size_t count : {0u, 1u, 2u, 3u, 100u}) {
        std::array<std::size_t, Prefetch::slots> made{};
        Prefetch prefetch(0, count, [&](std::size_t item, std::size_t slot) { made[slot] = item; });
        for (std::size_t i = 0; i < count; ++i) {
            const auto slot = prefetch.next();
            BOOST_TEST_REQUIRE(slot.has_value());
            if (i % 7 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1)); // the other thread would overtake
            BOOST_TEST(made[*slot] == i);
        }
        BOOST_TEST(!prefetch.next().has_value());
        BOOST_TEST(!prefetch.next().has_value());
    }
}

BOOST_AUTO_TEST_CASE(is_at_most_two_items_ahead) {
    std::atomic<std::size_t> made = 0;
    Prefetch prefetch(10, 50, [&](std::size_t, std::size_t) { ++made; });
    for (std::size_t taken = 0; taken < 40; ++taken) {
        while (made < std::min<std::size_t>(taken + 2, 40)) std::this_thread::yield(); // it gets as far by itself
        if (taken % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
        BOOST_TEST(made <= taken + 2);
        prefetch.next();
    }
}

BOOST_AUTO_TEST_CASE(what_the_thread_throws_reaches_the_caller) {
    Prefetch prefetch(0, 10, [&](std::size_t item, std::size_t) {
        if (item == 3) throw std::runtime_error("item 3");
    });
    for (int i = 0; i < 3; ++i) BOOST_TEST(prefetch.next().has_value()); // what was made before
    for (int i = 0; i < 2; ++i)
        BOOST_CHECK_EXCEPTION(prefetch.next(), std::runtime_error, [](const auto& e) { return std::string(e.what()) == "item 3"; });
}

BOOST_AUTO_TEST_CASE(may_be_left_at_any_time) {
    for (std::size_t taken = 0; taken < 6; ++taken)
        for (int turn = 0; turn < 20; ++turn) {
            Prefetch prefetch(0, 1000, [](std::size_t, std::size_t) {});
            for (std::size_t i = 0; i < taken; ++i) prefetch.next();
        }
    const Batches batches(numbered(1000), {.batch_size = 2, .prefetch = true});
    for (const Batch& batch : batches.epoch(0))
        if (batch.size() == 2) break;
    BOOST_TEST(all_places(batches, 0).size() == 1000u);
}

BOOST_AUTO_TEST_SUITE_END()
