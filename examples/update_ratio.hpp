#pragma once

#include <optional>
#include <span>

#include <xgrad/xgrad.hpp>

namespace examples {

/// Two more outputs of a step: the Euclidean norms of the update of these parameters, all together, and of the
/// parameters before it.
void add_norms(xgrad::Step& step, std::span<const xgrad::Var> parameters);

/// |update| / |parameters|, from the last two results of such a step; nothing if all parameters were 0.
std::optional<double> update_ratio(const xgrad::Results& results);

/// Of those ratios that there are.
class MeanRatio {
  public:
    void add(std::optional<double> ratio) {
        if (ratio) sum_ += *ratio, ++count_;
    }
    std::optional<double> value() const { return count_ == 0 ? std::nullopt : std::optional(sum_ / count_); }

  private:
    double sum_ = 0, count_ = 0;
};

} // namespace examples
