#include "rules.hpp"

#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include <xgrad/datasets/digits.hpp>

#include "descent.hpp"
#include "training.hpp"

using namespace examples;

BOOST_AUTO_TEST_SUITE(rules_by_name)

BOOST_AUTO_TEST_CASE(are_found_by_their_names) {
    std::set<std::string> names;
    for (const NamedRule& rule : rules()) {
        names.insert(rule.name);
        BOOST_TEST(find_rule(rule.name) == &rule);
    }
    BOOST_TEST(names.size() == rules().size());
    BOOST_TEST(!find_rule("nothing"));
    BOOST_TEST(rule_names().starts_with("gd|sgd|momentum|nesterov|"));
}

BOOST_AUTO_TEST_CASE(have_a_default_rate_that_learns_on_any_scale) {
    Dataset data = xgrad::datasets::draw_digits({.train = 1000, .test = 10}).train;
    auto pixels = xt::xarray<float>::from_shape({data.size(), data.width()});
    for (std::size_t i = 0; i < data.size(); ++i) std::ranges::copy(data.examples.row<std::uint8_t>(i), pixels.data() + i * data.width());
    pixels /= 255;
    const auto labels = data.examples.labels();
    for (const float scale : {1.0f, 20.0f}) {
        pixels *= scale;
        data.examples = {pixels, labels};
        for (const NamedRule& rule : rules())
            BOOST_TEST_CONTEXT(rule.name << " scale " << scale) {
                const double rate = default_learning_rate({.optimizer = rule.name}, data);
                const Descent descent = learn(data, rule, rate, {.steps = 100, .measure_every = 100});
                BOOST_TEST(!descent.diverged);
                BOOST_TEST(descent.reached() < 2.0); // from 2.3
            }
    }
}

BOOST_AUTO_TEST_CASE(go_down_on_the_surfaces) {
    for (const Surface* surface : {&saddle(), &beale(), &rosenbrock()}) {
        BOOST_TEST(surface->shows(surface->start));
        for (const Point minimum : surface->minima) {
            Surface from_there = *surface;
            from_there.start = minimum;
            const Descent stays = descend(from_there, *find_rule("gd"), 1e-3, 2);
            BOOST_TEST(stays.losses.front().y == surface->lowest);
            BOOST_TEST(stays.path.back().x == minimum.x);
        }
        const Descent best = best_descent(*surface, *find_rule("adam"), 150);
        BOOST_TEST(best.path.size() == 151u);
        BOOST_TEST(best.reached() - surface->lowest < 0.1);
        BOOST_TEST(best.losses.front().y > surface->lowest + 1);
    }
}

BOOST_AUTO_TEST_CASE(notice_when_a_run_diverges) {
    const Descent descent = descend(beale(), *find_rule("gd"), 1, 100);
    BOOST_TEST(descent.diverged.has_value());
    BOOST_TEST(describe_steps(descent, 0.1).starts_with("diverged at step "));
    Descent calm{.rule = "", .losses = {{0, 3}, {1, 1}, {2, 3}, {3, 1}, {4, 0}}};
    BOOST_TEST(*calm.steps_to(2) == 3.0);
    BOOST_TEST(!calm.steps_to(0));
}

BOOST_AUTO_TEST_SUITE_END()
