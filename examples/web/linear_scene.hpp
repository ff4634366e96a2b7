#pragma once
// Scene 1, the lecture's page: three classes of points in a plane, told apart by three linear scores.

#include <memory>
#include <string>
#include <vector>

#include "reply.hpp"
#include "training.hpp"

namespace web {

class LinearScene {
  public:
    LinearScene();
    /// Throws RequestError, or xgrad's own errors; see page/engine.js for what there is to ask.
    Reply answer(std::string_view action, Request& request);

  private:
    static constexpr std::size_t classes = 3, most_points = 2000;

    struct Point {
        double x, y;
        std::int64_t label;
    };
    struct Settings {
        std::string loss = "weston-watkins", penalty = "l2", rule = "gd";
        double strength = 0.1, rate = 0.1;
    };
    /// The tape of the present settings. What the sliders move are states on it, so nothing is compiled anew for them.
    struct Model {
        Model(const Settings& settings, const xt::xarray<double>& weights, const xt::xarray<double>& bias);
        xg::Var penalty() const;
        xg::Var loss_of_each(xg::Var scores, xg::Var labels) const;
        xg::Step look(xg::Var points, xg::Var labels) const;
        xg::Step learn(xg::Var points, xg::Var labels) const;
        std::vector<double> memory() const;
        void set_memory(const std::vector<double>& numbers);

        Settings settings;
        xg::Tape tape;
        xg::models::Linear classify;
        xg::Var strength, rate;
        xg::optim::Transformation rule;
        xg::Function look_at, value, step, predict;
        std::vector<xg::Var> slots; // what the rule keeps between its steps, such as a momentum
    };

    void set(Request& request);
    void set_points(Request& request);
    void rebuild(const Settings& settings, const xt::xarray<double>& weights, const xt::xarray<double>& bias);
    void place_points();
    Reply steps(std::size_t count);
    Reply look();
    Reply check();
    std::vector<double> numerical_gradient(double h);

    std::vector<Point> points_;
    xt::xarray<double> places_; // (N, 2)
    std::vector<std::int64_t> labels_;
    std::unique_ptr<Model> model_;
};

} // namespace web
