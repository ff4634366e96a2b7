#pragma once
// Puts members into loops: into one that stands, if its rows are theirs and what they read is there, else into a new one.

#include <unordered_map>

#include <xgrad/core/compiler/draft.hpp>

namespace xgrad {

class LoopBuilder {
  public:
    explicit LoopBuilder(Draft& draft) : draft_(draft) {}

    /// Adds the member to a loop that is not before the step `earliest`, and returns its result, a new value.
    ValueId place(Member& m, DType dtype, std::size_t numel, int earliest = before_all);

  private:
    /// The step the member goes to: the loop that makes what it reads, else the latest loop over the same elements,
    /// else, -1, a new one at the end.
    int choose(const Member& m, int earliest) const;

    /// Whether the rows of the loop can be the member's, and what it reads inside the loop is there row by row.
    bool fits(int s, const Member& m) const;

    Draft& draft_;
    std::unordered_map<std::size_t, int>
        latest_by_space_; // the last loop with a member that goes over so many elements
};

} // namespace xgrad
