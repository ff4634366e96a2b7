#pragma once
// Puts statements into loops: into one that stands, if its rows are theirs and what they read is there, else into a new
// one.

#include <unordered_map>

#include <xgrad/core/compiler/ir.hpp>

namespace xgrad {

class LoopBuilder {
  public:
    explicit LoopBuilder(LoopIR& ir) : ir_(ir) {}

    /// Puts the last of all statements into a loop that is not before the nest `earliest`, and returns its result, a
    /// new value.
    ValueId place_last(DType dtype, std::size_t numel, int earliest = before_all);
    ValueId place(const Statement& m, DType dtype, std::size_t numel, int earliest = before_all) {
        ir_.statements.push_back(m);
        return place_last(dtype, numel, earliest);
    }

    /// Once all are placed: the statements of each loop side by side.
    void finish();

  private:
    /// The nest the statement goes to: the loop that makes what it reads, `made_in`, else the latest loop over the same
    /// elements, or of small statements, else, -1, a new one at the end.
    int choose(const Statement& m, bool small, int earliest, int made_in) const {
        if (!ir_.options.fuse) return -1;
        const int first = std::max({0, earliest, made_in});
        return made_in == first && fits(made_in, m, small) ? made_in : choose_latest(m, small, first);
    }
    int choose_latest(const Statement& m, bool small, int first) const;

    /// Whether the rows of the loop can be the statement's, and what it reads inside the loop is there row by row.
    bool fits(int s, const Statement& m, bool small) const {
        return ir_.nests[static_cast<std::size_t>(s)].small ? small
                                                            : fits_rows(s, m); // a small loop has everything at once
    }
    bool fits_rows(int s, const Statement& m) const;

    /// Of a statement among all, loop by loop.
    std::size_t place_of(const Statement& m) const;

    LoopIR& ir_;
    int latest_small_ = -1; // loop
    /// The last loop with a statement that goes over so many elements.
    std::unordered_map<std::size_t, int> latest_by_space_;
};

} // namespace xgrad
