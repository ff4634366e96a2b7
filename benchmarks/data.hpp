#pragma once
// What all contenders are given: the same numbers, in memory of the same kind.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "contender.hpp"

namespace bench {

/// Aligned to cache lines; large blocks ask for huge pages, as careful programs do.
void* allocate(std::size_t bytes);

template <class T>
struct Aligned {
    using value_type = T;
    Aligned() = default;
    template <class U>
    Aligned(const Aligned<U>&) {}
    T* allocate(std::size_t n) { return static_cast<T*>(bench::allocate(n * sizeof(T))); }
    void deallocate(T* p, std::size_t) { std::free(p); }
    bool operator==(const Aligned&) const { return true; }
};

template <class T>
using Array = std::vector<T, Aligned<T>>;
using Floats = Array<float>;

/// Numbers between -scale and scale.
Floats uniform(std::size_t n, std::uint64_t seed, double scale = 1);
/// Whole numbers below `classes`.
Array<std::int64_t> random_labels(std::size_t n, std::size_t classes);

/// The weights of a layer, inputs x outputs.
inline Floats initial_weights(std::size_t inputs, std::size_t outputs, std::uint64_t seed) {
    return uniform(inputs * outputs, seed, std::sqrt(6.0 / static_cast<double>(inputs)));
}

/// Images as bytes, and what each byte stands for.
Array<std::uint8_t> pixels(std::size_t n);
constexpr float pixel_scale = 1 / 255.0f;

/// Images, as pixels times their scale, and their labels. Contenders that live at the same time share them.
struct Examples {
    Floats features;
    Array<std::int64_t> labels;

    static std::shared_ptr<const Examples> get(std::size_t n, std::size_t width, std::size_t classes);
};

// What the cases are made of, beside their sizes.
namespace linear { // A, B, C
constexpr std::size_t inputs = 3072, classes = 10;
constexpr float rate = 1e-3f, l2 = 1e-4f;
} // namespace linear
namespace mlp { // D
constexpr std::size_t inputs = 3072, hidden = 128, classes = 10;
// So small that a thousand steps leave the work as it is.
constexpr float rate = 1e-6f, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
} // namespace mlp
namespace convnet { // J
constexpr std::size_t extent = 28, window = 5, channels[] = {6, 16}, features = 16 * 4 * 4, classes = 10;
constexpr float rate = 1e-2f;
} // namespace convnet
namespace deep { // K
constexpr std::size_t width = 64, layers = 16;
constexpr float rate = 1e-2f;
} // namespace deep
namespace jacobian { // V
constexpr std::size_t layers = 2;
}
namespace scores { // E
constexpr std::size_t classes = 1000;
}
namespace chain { // F
constexpr float a = 1.5f, b = 0.5f;
}
namespace adam { // I
constexpr float rate = 1e-3f, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
}

/// (from - to) / factor: the gradient that a step of plain descent has followed.
template <class A, class B>
std::vector<double> change(const A& from, const B& to, double factor = 1) {
    std::vector<double> result(from.size());
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = (static_cast<double>(from[i]) - static_cast<double>(to[i])) / factor;
    return result;
}

/// rows x columns turned over.
template <class A>
A transposed(const A& x, std::size_t rows, std::size_t columns) {
    A result(x.size());
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j)
            result[j * rows + i] = x[i * columns + j];
    return result;
}

} // namespace bench
