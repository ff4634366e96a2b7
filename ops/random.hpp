#pragma once
// Random numbers from a counter-based generator (Philox 4x32-10; Salmon et al. 2011): what is drawn depends on the key,
// the counter and the place in the array alone, so it is the same for any number of threads and on every machine.

#include <string>

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// A source of random numbers on a tape. Its key (the seed) and its counter are states "random.key" and
/// "random.counter" (under its name), so a checkpoint holds them. Every call of a program that draws moves the counter
/// on: each call draws afresh, from where the last one stopped. Every draw that is recorded is independent of the
/// others. Var::value looks at numbers without moving on. Draws have no derivative; differentiate through loc + scale *
/// random.normal(...).
class Random {
  public:
    explicit Random(Tape& tape, std::uint64_t seed = 0, const std::string& name = "random",
                    Location where = Location::current());

    /// Evenly distributed on [low, high).
    [[nodiscard]] Var uniform(const Shape& shape, double low = 0, double high = 1, DType dtype = DType::float32,
                              Location where = Location::current());
    /// Normally distributed (Box and Muller).
    [[nodiscard]] Var normal(const Shape& shape, double mean = 0, double standard_deviation = 1,
                             DType dtype = DType::float32, Location where = Location::current());
    /// A mask (uint8) of ones with a probability.
    [[nodiscard]] Var bernoulli(const Shape& shape, double probability = 0.5, Location where = Location::current());
    /// With a probability for each element.
    [[nodiscard]] Var bernoulli(Operand probabilities);
    /// Integers (int64) from low to high - 1.
    [[nodiscard]] Var integers(const Shape& shape, std::int64_t low, std::int64_t high,
                               Location where = Location::current());

    [[nodiscard]] Var key() const { return key_; }
    [[nodiscard]] Var counter() const { return counter_; }

  private:
    [[nodiscard]] Var draw(const Shape& shape, DType dtype, Location where);
    Var key_, counter_;
};

/// x with elements set to 0 with probability `rate`, the others divided by 1 - rate; x itself when not training.
/// Srivastava et al. 2014; torch's dropout.
[[nodiscard]] Var dropout(Operand x, double rate, Random& random, bool training = true);
/// The same with the elements that stay given by a mask (uint8) that broadcasts with x, as dropout_mask draws it: for
/// several arrays, or the steps of a sequence.
[[nodiscard]] Var dropout(Operand x, double rate, Operand mask);
/// A mask (uint8) with ones for the elements that stay: each is 0 with probability `rate`.
[[nodiscard]] Var dropout_mask(const Shape& shape, double rate, Random& random, Location where = Location::current());

} // namespace xgrad
#pragma GCC visibility pop
