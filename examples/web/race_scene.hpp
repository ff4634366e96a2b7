#pragma once
// Scene 2: rules on their way down a surface, each from the same start.

#include <memory>
#include <string>
#include <vector>

#include "reply.hpp"
#include "training.hpp"

namespace web {

class RaceScene {
  public:
    RaceScene();
    Reply answer(std::string_view action, Request& request);

  private:
    static constexpr std::size_t most_racers = 20;

    struct Racer {
        Racer(const std::string& formula, double x, double y, std::string rule, double rate);
        xg::Var height() const;

        std::string formula, rule;
        xg::Tape tape;
        xg::Var x, y, rate;
        xg::Program step;
    };

    void set_surface(const std::string& formula);
    void begin(Request& request);
    Reply surfaces() const;
    Reply heights(Request& request);
    Reply steps(std::size_t count);

    std::string formula_;
    xg::Tape tape_; // of the heights
    std::unique_ptr<xg::Function> height_;
    std::vector<std::unique_ptr<Racer>> racers_;
};

} // namespace web
