#include "data.hpp"

#include <map>
#include <new>
#include <tuple>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace bench {

void* allocate(std::size_t bytes) {
    constexpr std::size_t line = 64, huge = std::size_t(1) << 21;
    const std::size_t unit = bytes < huge ? line : huge;
    void* p = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
    if (!p) throw std::bad_alloc();
#if defined(__linux__)
    if (unit == huge) madvise(p, bytes, MADV_HUGEPAGE);
#endif
    return p;
}

namespace {

/// SplitMix64: the same numbers everywhere.
std::uint64_t random_bits(std::uint64_t seed, std::uint64_t i) {
    std::uint64_t z = (seed << 40) + (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

std::uint8_t pixel(std::size_t i) { return static_cast<std::uint8_t>(random_bits(1, i)); }

Floats features(std::size_t n) {
    Floats result(n);
    for (std::size_t i = 0; i < n; ++i)
        result[i] = static_cast<float>(pixel(i)) * pixel_scale;
    return result;
}

} // namespace

Array<std::uint8_t> pixels(std::size_t n) {
    Array<std::uint8_t> result(n);
    for (std::size_t i = 0; i < n; ++i)
        result[i] = pixel(i);
    return result;
}

Floats uniform(std::size_t n, std::uint64_t seed, double scale) {
    Floats result(n);
    for (std::size_t i = 0; i < n; ++i)
        result[i] = static_cast<float>(scale * (static_cast<double>(random_bits(seed, i) >> 11) * 0x1p-52 - 1));
    return result;
}

Array<std::int64_t> random_labels(std::size_t n, std::size_t classes) {
    Array<std::int64_t> result(n);
    for (std::size_t i = 0; i < n; ++i)
        result[i] = static_cast<std::int64_t>(random_bits(99, i) % classes);
    return result;
}

std::shared_ptr<const Examples> Examples::get(std::size_t n, std::size_t width, std::size_t classes) {
    static std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::weak_ptr<const Examples>> known;
    auto& entry = known[{n, width, classes}];
    std::shared_ptr<const Examples> examples = entry.lock();
    if (!examples) {
        examples = std::make_shared<const Examples>(Examples{bench::features(n * width), random_labels(n, classes)});
        entry = examples;
    }
    return examples;
}

} // namespace bench
