#include <xgrad/ops/random_ops.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <xgrad/core/base/split_mix.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/core/tape.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementary.hpp>
#include <xgrad/ops/rounding.hpp>
#include <xgrad/ops/trigonometry.hpp>

namespace xgrad {
namespace {

constexpr std::size_t lanes = 16;
using Lanes = std::array<std::uint32_t, lanes>;

/// Ten rounds for `lanes` blocks at once, the first of number `block`. A block's four words are its number, the counter
/// and, mixed into the key, the stream.
void philox(std::uint64_t key, std::uint64_t counter, std::uint64_t block, std::array<Lanes, 4>& x) {
    for (std::size_t i = 0; i < lanes; ++i) {
        x[0][i] = static_cast<std::uint32_t>(block + i);
        x[1][i] = static_cast<std::uint32_t>((block + i) >> 32);
        x[2][i] = static_cast<std::uint32_t>(counter);
        x[3][i] = static_cast<std::uint32_t>(counter >> 32);
    }
    auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
        for (std::size_t i = 0; i < lanes; ++i) {
            const std::uint64_t a = 0xD2511F53ull * x[0][i], b = 0xCD9E8D57ull * x[2][i];
            x[0][i] = static_cast<std::uint32_t>(b >> 32) ^ x[1][i] ^ k0;
            x[1][i] = static_cast<std::uint32_t>(b);
            x[2][i] = static_cast<std::uint32_t>(a >> 32) ^ x[3][i] ^ k1;
            x[3][i] = static_cast<std::uint32_t>(a);
        }
}

template <class T, class Op>
void random_rows(const Tile& t) {
    constexpr bool shard = std::is_same_v<Op, ShardBits>;
    const UniformBits& op = [&]() -> auto& {
        if constexpr (shard)
            return static_cast<const Op*>(t.op)->bits;
        else
            return *static_cast<const Op*>(t.op);
    }
    ();
    std::uint64_t key, counter;
    std::memcpy(&key, t.in[0], 8);
    std::memcpy(&counter, t.in[1], 8);
    key = split_mix(key + (op.stream + 1) * split_mix_step); // the seed and the number of the draw as one key

    // float32 takes 24 bits of a word, four elements from a block; float64 53 bits of two words, two elements.
    constexpr std::size_t per_block = sizeof(T) == 4 ? 4 : 2, batch = lanes * per_block;
    std::array<Lanes, 4> x;
    std::array<T, batch> numbers;
    std::size_t i = t.first_row * t.cols;
    if constexpr (shard) { // those before it have as many elements each
        std::uint64_t number;
        std::memcpy(&number, t.in[2], 8);
        i += number * op.to.numel();
    }
    const std::size_t end = i + t.rows * t.cols;
    for (T* out = static_cast<T*>(t.out); i < end;) {
        const std::size_t first = i / batch * batch;
        philox(key, counter, first / per_block, x);
        for (std::size_t lane = 0; lane < lanes; ++lane)
            for (std::size_t k = 0; k < per_block; ++k)
                if constexpr (sizeof(T) == 4)
                    numbers[lane * per_block + k] = static_cast<T>(static_cast<std::int32_t>(x[k][lane] >> 8)) *
                                                    0x1p-24f;
                else {
                    const std::uint64_t word = static_cast<std::uint64_t>(x[2 * k][lane]) << 32 | x[2 * k + 1][lane];
                    numbers[lane * per_block + k] = static_cast<T>(static_cast<std::int64_t>(word >> 11)) * 0x1p-53;
                }
        const std::size_t count = std::min(first + batch, end) - i;
        std::copy_n(numbers.data() + (i - first), count, out);
        out += count;
        i += count;
    }
}

} // namespace

Kernel random_kernel(DType dtype, bool shard) {
    if (shard) return dtype == DType::float32 ? random_rows<float, ShardBits> : random_rows<double, ShardBits>;
    return dtype == DType::float32 ? random_rows<float, UniformBits> : random_rows<double, UniformBits>;
}

Random::Random(Tape& tape, std::uint64_t seed, const std::string& name, Location where) {
    const Call call("Random", where);
    key_ = tape.training_state(static_cast<std::int64_t>(seed), name + ".key", where);
    counter_ = tape.training_state(std::int64_t{0}, name + ".counter", where);
}

Var Random::draw(const Shape& shape, DType dtype, Location where) {
    if (!is_floating(dtype))
        throw Error(fmt::format("numbers of {} were asked for; float32 or float64, or integers(...)", name(dtype)),
                    where);
    const GraphUse graph(key_, where);
    const Var numbers = record(UniformBits{shape, dtype, graph->draws}, Operand(key_, where), Operand(counter_, where));
    ++graph->draws;
    return numbers;
}

Var Random::uniform(const Shape& shape, double low, double high, DType dtype, Location where) {
    const Call call("uniform", where);
    if (!(low <= high) || !std::isfinite(high - low))
        throw Error(
            fmt::format("uniform numbers from {} to {} were asked for; both must be finite, the first not greater", low,
                        high),
            where);
    const Var u = draw(shape, dtype, where);
    return low == 0 && high == 1 ? u : low + (high - low) * u;
}

Var Random::normal(const Shape& shape, double mean, double standard_deviation, DType dtype, Location where) {
    const Call call("normal", where);
    if (!(standard_deviation >= 0) || !std::isfinite(standard_deviation))
        throw Error(fmt::format("a standard deviation of {} was asked for; it must be finite and not negative",
                                standard_deviation),
                    where);
    const Var u = draw(shape, dtype, where), v = draw(shape, dtype, where);
    const Var z = sqrt(-2 * log(1 - u)) * cos(2 * std::numbers::pi * v);
    return mean == 0 && standard_deviation == 1 ? z : mean + standard_deviation * z;
}

Var Random::bernoulli(const Shape& shape, double probability, Location where) {
    const Call call("bernoulli", where);
    if (!(probability >= 0 && probability <= 1))
        throw Error(fmt::format("a probability of {} was asked for; it must be from 0 to 1", probability), where);
    return draw(shape, DType::float32, where) < probability;
}

Var Random::bernoulli(Operand probabilities) {
    const Call call("bernoulli", probabilities.where);
    return draw(probabilities.shape(), probabilities.dtype(), probabilities.where) < probabilities;
}

Var Random::integers(const Shape& shape, std::int64_t low, std::int64_t high, Location where) {
    const Call call("integers", where);
    constexpr std::uint64_t most = std::uint64_t{1} << 53;
    if (low >= high || static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) > most)
        throw Error(
            fmt::format("from {} up to {} were asked for; the range must hold from 1 to 2^53 of them", low, high),
            where);
    return low + cast(floor(static_cast<double>(high - low) * draw(shape, DType::float64, where)), DType::int64);
}

namespace {

void check_rate(const char* op, double rate, Location where) {
    if (!(rate >= 0 && rate <= 1))
        throw Error(fmt::format("{}: a rate of {} was given; it must be from 0 to 1", op, rate), where);
}

void check_dropout(const Operand& x, double rate) {
    check_rate("dropout", rate, x.where);
    detail::require_floating("dropout", x);
}

} // namespace

Var dropout_mask(const Shape& shape, double rate, Random& random, Location where) {
    const Call call("dropout_mask", where);
    check_rate("dropout_mask", rate, where);
    return random.bernoulli(shape, 1 - rate, where);
}

Var dropout(Operand x, double rate, Operand mask) {
    const Call call("dropout", x.where);
    check_dropout(x, rate);
    if (!mask.var.valid() || mask.dtype() != DType::uint8)
        throw Error(fmt::format("dropout: the mask is {}; it must be uint8, as dropout_mask or a comparison gives it",
                                mask.var.valid() ? name(mask.dtype()) : "a number"),
                    x.where);
    return where(mask, x * (rate == 1 ? 0 : 1 / (1 - rate)), 0);
}

Var dropout(Operand x, double rate, Random& random, bool training) {
    const Call call("dropout", x.where);
    check_dropout(x, rate);
    if (!training || rate == 0) return x.var;
    if (rate == 1) return x * 0;
    return dropout(x, rate, random.bernoulli(x.shape(), 1 - rate, x.where));
}

} // namespace xgrad
