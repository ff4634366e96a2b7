#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <xgrad/core/base/memory.hpp>

namespace xgrad {

/// Vectors that a compilation or a program leaves to the next one on its thread: their memory need not come from the system again.
template <class T>
class Spare {
  public:
    static LargeVector<T> take() {
        if (gone() || list().size == 0) return {};
        return std::move(list().vectors[--list().size]);
    }
    /// Called by destructors, so it must not fail: it allocates nothing.
    static void give(LargeVector<T>& vector) {
        const std::size_t bytes = vector.capacity() * sizeof(T);
        if (gone() || bytes < least || bytes > most || list().size == list().vectors.size()) return;
        vector.clear();
        list().vectors[list().size++] = std::move(vector);
    }

  private:
    static constexpr std::size_t least = 4 << 10, most = 8 << 20;
    struct List {
        std::array<LargeVector<T>, 4> vectors;
        std::size_t size = 0;
        ~List() { gone() = true; }
    };
    static List& list() {
        static thread_local List instance;
        return instance;
    }
    /// At the end of a thread, or of the program: what is destroyed later keeps to itself.
    static bool& gone() {
        static thread_local bool value = false;
        return value;
    }
};

} // namespace xgrad
