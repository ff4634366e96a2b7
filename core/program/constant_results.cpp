#include <xgrad/core/program/constant_results.hpp>

#include <xgrad/core/program/executable.hpp>

namespace xgrad {

ConstantResults::ConstantResults(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)), versions_(plan_->leaves.size()) {}

bool ConstantResults::up_to_date() const {
    if (!results_) return false;
    for (std::size_t i = 0; i < versions_.size(); ++i)
        if (plan_->leaves[i].second->version != versions_[i]) return false;
    return true;
}

const Results& ConstantResults::get() {
    if (up_to_date()) return *results_;
    results_.reset();
    for (std::size_t i = 0; i < versions_.size(); ++i)
        versions_[i] = plan_->leaves[i].second->version;
    results_ = Executable(plan_).call({});
    return *results_;
}

} // namespace xgrad
