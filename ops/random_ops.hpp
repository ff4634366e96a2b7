#pragma once

#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/structural.hpp>
#include <xgrad/ops/random.hpp>

namespace xgrad {

/// With `shard` or without, see ShardBits.
Kernel random_kernel(DType dtype, bool shard = false);

/// Numbers on [0, 1) from the stream of one draw: key, counter -> shape.
struct UniformBits {
    static constexpr auto name = "random";
    static constexpr unsigned whole = 3; // both
    static constexpr int state_input = 1;
    Shape to;
    DType type;
    std::uint64_t stream;

    Shape shape(Types) const { return to; }
    DType dtype(Types) const { return type; }
    static std::size_t row_count(Types) { return 0; } // any
    Kernel kernel(Types) const { return random_kernel(type); }
    static Var advance(Var counter) { return counter + 1; }
    Var vmap(const BatchedInputs& in) const { // the examples take their numbers from one stream, one after the other
        if (in.batched[0] || in.batched[1]) return {};
        return record(UniformBits{in.batch_of(to), type, stream}, in.x[0], in.x[1]);
    }
    std::size_t hash() const { return to.hash() ^ static_cast<std::size_t>(stream * 0x9E3779B97F4A7C15ull); }
    std::string str() const { return fmt::format("stream {}", stream); }
    bool operator==(const UniformBits&) const = default;
};

/// The same of one shard of a batch: key, counter, number of the shard -> shape. The shards together draw what
/// UniformBits draws of an array that has all of their rows.
struct ShardBits {
    static constexpr auto name = "random";
    static constexpr unsigned whole = 7; // all
    static constexpr int state_input = 1;
    UniformBits bits;

    Shape shape(Types in) const { return bits.shape(in); }
    DType dtype(Types in) const { return bits.dtype(in); }
    static std::size_t row_count(Types) { return 0; }
    Kernel kernel(Types) const { return random_kernel(bits.type, true); }
    static Var advance(Var counter) { return UniformBits::advance(counter); }
    std::size_t hash() const { return ~bits.hash(); }
    std::string str() const { return bits.str() + " of a shard"; }
    bool operator==(const ShardBits&) const = default;
};

} // namespace xgrad
