#pragma once
// The results of a program's constant part, worked out when they are first asked for.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <xgrad/core/program.hpp>
#include <xgrad/core/program/plan.hpp>

namespace xgrad {

class ConstantResults {
  public:
    explicit ConstantResults(std::shared_ptr<const Plan> plan);
    /// Computes them at the first call, and again after a constant was assigned. What is kept are the results alone;
    /// what they are worked out in is given back.
    const Results& get();
    const Plan& plan() const { return *plan_; }
    std::shared_ptr<const Plan> shared_plan() const { return plan_; }

  private:
    bool up_to_date() const;
    std::shared_ptr<const Plan> plan_;
    std::vector<std::uint64_t> versions_; // of the leaves that were read
    std::optional<Results> results_;
};

} // namespace xgrad
