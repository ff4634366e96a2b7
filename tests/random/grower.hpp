#pragma once
// What the parts of the generator share: the program so far, recorded on a tape that knows the shapes, and random
// choices.

#include <cmath>
#include <optional>

#include "../random_numbers.hpp"
#include "program.hpp"

namespace test {

using Extents = std::vector<std::int64_t>;

/// Thrown when a choice leads nowhere, as an array that is too large; another one is made then.
struct Unwanted {};

class Grower {
  public:
    explicit Grower(std::uint64_t seed, bool smooth = false);
    Program run();

  private:
    // --- Choices (grower.cpp) ---
    std::int64_t integer(std::int64_t low, std::int64_t high) { return random_.integer(low, high); }
    /// With a probability of so many in a hundred.
    bool chance(std::int64_t percent) { return integer(0, 99) < percent; }
    template <class E>
    E one_of(const std::vector<E>& all) {
        return all[static_cast<std::size_t>(integer(0, static_cast<std::int64_t>(all.size()) - 1))];
    }
    /// An index by weights.
    std::size_t weighted(const std::vector<int>& weights);
    Extents random_shape();
    Extents extents(std::size_t node) const;
    std::int64_t random_axis(const Extents& shape);

    // --- Nodes ---
    std::size_t add(Node node);
    std::size_t add(std::string_view name, std::vector<std::size_t> in, std::vector<std::int64_t> at = {},
                    double number = 0);
    std::size_t number(double value) { return add({.kind = &kind("number"), .number = value}); }
    std::size_t leaf(const Extents& shape, bool positive = false);
    std::size_t integers(const Extents& shape, std::int64_t below, xg::DType dtype = xg::DType::int64);
    std::size_t cast(std::size_t x);
    bool floating(std::size_t x) const;
    bool exact(std::size_t x) const { return exact_[x]; }
    /// A node of this shape (of any, if there is none), rather a late one, or none.
    std::optional<std::size_t> known(const Extents* shape = nullptr);
    std::vector<std::size_t> ancestors(std::size_t node) const;

    // --- Operands (grow_operands.cpp) ---
    /// What broadcasts against an array of this shape, and is of the program's dtype.
    std::size_t operand(const Extents& shape);
    std::size_t spread(const Extents& shape);
    std::size_t bytes(const Extents& shape);
    /// Arithmetic of integers, and then a cast.
    std::size_t counted(const Extents& shape);
    /// A number that is shown in all places.
    std::size_t number_everywhere(const Extents& shape);
    /// A result of exactly this shape, mostly of arithmetic.
    std::size_t source(const Extents& shape);
    /// A view, or what else moves elements, of another result, that broadcasts against this shape.
    std::size_t view_onto(const Extents& shape);
    /// What shows or reduces elements of x itself, and broadcasts against it.
    std::size_t view_of_itself(std::size_t x);
    std::size_t slice_onto(const Extents& shape);
    std::size_t turned_onto(const Extents& shape);
    std::size_t diagonal_onto(const Extents& shape);
    std::size_t chosen_onto(const Extents& shape);
    std::size_t joined_onto(const Extents& shape);
    std::size_t computed_onto(const Extents& shape);
    /// What one can divide by, or draw the root of.
    std::size_t positive(std::size_t x);

    // --- Moves (grow.cpp) ---
    /// A new result made of x in some way.
    std::size_t move(std::size_t x);
    std::size_t there_and_back(std::size_t x);
    std::size_t looped(std::size_t x);
    std::size_t arithmetic(std::size_t x);
    /// In braces, so that what makes them runs in this order with every compiler.
    struct Pair {
        std::size_t a, b;
    };
    std::size_t combined(char f, Pair x);
    std::size_t either(char f, Pair x); // x.a f x.b or x.b f x.a
    std::size_t adam(std::size_t p);
    std::size_t unary(std::size_t x);
    std::size_t reduction(std::size_t x);
    std::size_t rearranged(std::size_t x);
    std::size_t reshaped(std::size_t x);
    std::size_t view(std::size_t x);
    std::size_t slice_of(std::size_t x);
    std::size_t product(std::size_t x);
    std::size_t product_of_bytes();
    std::size_t kinked(std::size_t x);
    std::size_t loss(std::size_t x);
    std::size_t derivative(std::size_t x);
    std::size_t transformed(std::size_t x);
    // --- Results (grow_results.cpp) ---
    void take_results();
    void take_updates();
    std::size_t next_of(std::size_t leaf);

    Random random_;
    xg::Tape tape_;
    Program program_;
    std::vector<xg::Operand> values_;
    std::vector<bool> exact_;
    std::vector<Program::Update> planned_; // of leaves that may be updated
    std::vector<std::size_t> pool_;        // results of moves, and leaves
    xg::DType dtype_ = xg::DType::float64;
    Extents base_;
    std::vector<std::int64_t> sizes_;
    std::int64_t most_elements_ = 0;
    std::int64_t moves_ = 0;
    bool smooth_ = false;     // see grow_smooth
};

} // namespace test
