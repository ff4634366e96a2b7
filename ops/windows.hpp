#pragma once
// The windows that slide over the last axes of an array: the options of convolutions and pools.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#pragma GCC visibility push(default)
namespace xgrad {

/// A number for each of N axes; one number means all.
template <std::size_t N>
class PerAxis {
  public:
    constexpr PerAxis(std::int64_t all) { each_.fill(all); }
    template <std::integral... I>
        requires(N > 1 && sizeof...(I) == N)
    constexpr PerAxis(I... each) : each_{static_cast<std::int64_t>(each)...} {}

    constexpr std::int64_t operator[](std::size_t axis) const { return each_[axis]; }
    constexpr std::int64_t& operator[](std::size_t axis) { return each_[axis]; }
    constexpr std::int64_t least() const { return *std::min_element(each_.begin(), each_.end()); }
    constexpr std::int64_t most() const { return *std::max_element(each_.begin(), each_.end()); }
    std::span<const std::int64_t, N> each() const { return each_; }
    bool operator==(const PerAxis&) const = default;

  private:
    std::array<std::int64_t, N> each_;
};

/// Height and width.
using HeightWidth = PerAxis<2>;

/// What is added before and after an axis; one number means both.
struct Sides {
    std::int64_t before, after;
    constexpr Sides(std::int64_t both) : before(both), after(both) {}
    constexpr Sides(std::int64_t before, std::int64_t after) : before(before), after(after) {}
    bool operator==(const Sides&) const = default;
};

/// So much padding that there is a window for each stride, ceil(extent / stride) of them; where it is odd, one more
/// after than before ("SAME" of JAX and TensorFlow).
struct SamePadding {};
inline constexpr SamePadding same_padding{};

/// The padding of N axes: 1, {2, 1} for each axis, {{0, 1}, {2, 2}} for both sides of each axis, or same_padding.
template <std::size_t N>
class Padding {
  public:
    constexpr Padding(std::int64_t all) : Padding(PerAxis<N>(all)) {}
    constexpr Padding(PerAxis<N> each) : Padding(each, std::make_index_sequence<N>()) {}
    constexpr Padding(Sides length) requires(N == 1) : sides_{length} {}
    constexpr Padding(Sides height, Sides width) requires(N == 2) : sides_{height, width} {}
    constexpr Padding(Sides depth, Sides height, Sides width) requires(N == 3) : sides_{depth, height, width} {}
    constexpr Padding(SamePadding) : Padding(0) { is_same_ = true; }

    bool is_same() const { return is_same_; }
    const Sides& operator[](std::size_t axis) const { return sides_[axis]; }
    std::span<const Sides, N> each() const { return sides_; }

  private:
    template <std::size_t... I>
    constexpr Padding(const PerAxis<N>& each, std::index_sequence<I...>) : sides_{Sides(each[I])...} {}
    std::array<Sides, N> sides_;
    bool is_same_ = false;
};

} // namespace xgrad
#pragma GCC visibility pop
