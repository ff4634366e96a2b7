#pragma once
// Which elements depend on which: what sparse derivatives are made by.

#include <cstdint>
#include <span>
#include <vector>

#include <xgrad/core/sparse.hpp>

namespace xgrad {

class Graph;

/// For each of many elements a set of numbers, in ascending order.
class Sets {
  public:
    std::size_t size() const { return starts_.size() - 1; }
    std::size_t count() const { return members_.size(); }
    std::span<const std::uint32_t> operator[](std::size_t i) const {
        return {members_.data() + starts_[i], members_.data() + starts_[i + 1]};
    }
    /// Adds the set of the next element; sorted, each number once.
    void push_back(std::span<const std::uint32_t> set) {
        if (members_.size() + set.size() > most)
            throw Error("so many elements depend on each other that nothing is gained by leaving out the others; use "
                        "jacobian or hessian");
        members_.insert(members_.end(), set.begin(), set.end());
        starts_.push_back(members_.size());
    }

  private:
    static constexpr std::size_t most = std::size_t{1} << 28;
    std::vector<std::size_t> starts_{0};
    std::vector<std::uint32_t> members_;
};

/// For each element of y the elements of x that it may depend on.
Sets dependence(const Graph& graph, std::uint32_t y, std::uint32_t x);

/// For each element of x those of which a second derivative of y, with it, may differ from zero.
Sets interactions(const Graph& graph, std::uint32_t y, std::uint32_t x);

} // namespace xgrad
