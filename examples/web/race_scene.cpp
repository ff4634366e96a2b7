#include "race_scene.hpp"

#include <fmt/format.h>

#include "formula.hpp"

namespace web {

namespace {

/// What the page offers: a window that shows the surface, and a start.
struct Surface {
    const char *name, *formula;
    double left, right, bottom, top, x, y;
};

constexpr Surface known[] = {
    {"saddle", "x^2 - y^2 + 0.1 y^4", -2.5, 2.5, -3, 3, 2, 0.01},
    {"Beale", "(1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2", -4.5, 4.5, -4.5, 4.5, 1, 1.5},
    {"Rosenbrock", "(1 - x)^2 + 100 (y - x^2)^2", -2, 2, -1, 3, -1.2, 1},
    {"ravine", "0.05 x^2 + y^2", -6, 6, -4, 4, -5, 2},
};

} // namespace

RaceScene::Racer::Racer(const std::string& text, double at_x, double at_y, std::string rule_name, double rate_now)
    : formula(text), rule(std::move(rule_name)), x(tape.parameter(at_x, "x")), y(tape.parameter(at_y, "y")),
      rate(tape.training_state(rate_now, "rate")), step([this] {
          const xg::Var h = height();
          return tape.compile({.outputs = {h, x, y}, .updates = xg::optim::minimize(make_rule(rule, rate), h, {x, y})},
                              {});
      }()) {}

xg::Var RaceScene::Racer::height() const { return record_formula(formula, x, y); }

RaceScene::RaceScene() { set_surface(known[0].formula); }

/// A formula that is wrong changes nothing.
void RaceScene::set_surface(const std::string& formula) {
    const xg::Mark mark = tape_.mark();
    const xg::Var x = tape_.input<double>({}), y = tape_.input<double>({});
    try {
        (void)record_formula(formula, x, y);
    } catch (...) {
        tape_.rewind(mark);
        throw;
    }
    tape_.rewind(mark);
    height_ = std::make_unique<xg::Function>(tape_.function([formula](xg::Var x, xg::Var y) {
        return xg::broadcast_to(record_formula(formula, x, y), x.shape()); // it may be of one of them, or of none
    }));
    formula_ = formula;
    racers_.clear();
}

/// x y, and for each racer a rule and a rate.
void RaceScene::begin(Request& request) {
    const double x = request.number("x"), y = request.number("y");
    std::vector<std::unique_ptr<Racer>> racers;
    while (!request.at_end()) {
        if (racers.size() == most_racers)
            throw RequestError(fmt::format("more than {} rules are too many", most_racers));
        const std::string rule(request.word("the rule"));
        racers.push_back(std::make_unique<Racer>(formula_, x, y, rule, request.number("the rate")));
    }
    racers_ = std::move(racers);
}

Reply RaceScene::answer(std::string_view action, Request& request) {
    if (action == "surfaces") return surfaces();
    if (action == "heights") return heights(request);
    if (action == "step") return steps(request.count("the number of steps", 100000));
    Reply reply;
    if (action == "surface")
        set_surface(std::string(request.rest()));
    else if (action == "begin")
        begin(request);
    else if (action == "rate") {
        const std::size_t i = request.count("the racer", most_racers);
        if (i >= racers_.size()) throw RequestError(fmt::format("there are {} racers, from 0 on", racers_.size()));
        racers_[i]->tape.assign(racers_[i]->rate, request.number("the rate"));
    } else
        throw RequestError(fmt::format("the race knows no {}", action));
    return reply;
}

Reply RaceScene::surfaces() const {
    std::vector<std::string> names, formulas;
    std::vector<double> windows;
    for (const Surface& s : known) {
        names.emplace_back(s.name);
        formulas.emplace_back(s.formula);
        windows.insert(windows.end(), {s.left, s.right, s.bottom, s.top, s.x, s.y});
    }
    Reply reply;
    reply.texts("names", names);
    reply.texts("formulas", formulas);
    reply.numbers("windows", windows);
    return reply;
}

/// The heights of n x n points from the left to the right and from the top to the bottom of a window.
Reply RaceScene::heights(Request& request) {
    const std::size_t n = request.count("the number of points along a side", 400);
    const std::vector<double> window = request.numbers("a side of the window", 4); // left, right, bottom, top
    auto x = xt::xarray<double>::from_shape({n, n}), y = x;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < n; ++k) {
            const auto between = [&](double from, double to, std::size_t j) {
                return n == 1 ? from : from + (to - from) * static_cast<double>(j) / static_cast<double>(n - 1);
            };
            x(i, k) = between(window[0], window[1], k);
            y(i, k) = between(window[3], window[2], i);
        }
    Reply reply;
    reply.array("heights", (*height_)(x, y).array<double>());
    return reply;
}

/// The way of each racer: where it stood before each step, and how high.
Reply RaceScene::steps(std::size_t count) {
    auto ways = xt::xarray<double>::from_shape({racers_.size(), count, 3});
    std::vector<std::string> problems;
    for (std::size_t r = 0; r < racers_.size(); ++r) {
        Racer& racer = *racers_[r];
        for (std::size_t i = 0; i < count; ++i) {
            const xg::Results before = racer.step();
            ways(r, i, 0) = before.scalar<double>(1);
            ways(r, i, 1) = before.scalar<double>(2);
            ways(r, i, 2) = before.scalar<double>(0);
        }
        const double height = count == 0 ? 0 : ways(r, count - 1, 2);
        problems.push_back(
            explanation(racer.tape, height, [&] { (void)racer.tape.compile({.outputs = {racer.height()}}, {})(); }));
    }
    Reply reply;
    reply.array("ways", ways);
    reply.texts("problems", problems);
    return reply;
}

} // namespace web
