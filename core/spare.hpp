#pragma once

#include <cstddef>
#include <vector>

#include <xgrad/core/memory.hpp>

namespace xgrad {

/// Vectors that a compilation or a program leaves to the next one on its thread: their memory need not come from the system again.
template <class T>
class Spare {
  public:
    static LargeVector<T> take() {
        if (gone() || list().empty()) return {};
        LargeVector<T> result = std::move(list().back());
        list().pop_back();
        return result;
    }
    static void give(LargeVector<T>& vector) {
        const std::size_t bytes = vector.capacity() * sizeof(T);
        if (gone() || bytes < least || bytes > most || list().size() == 4) return;
        vector.clear();
        list().push_back(std::move(vector));
    }

  private:
    static constexpr std::size_t least = 4 << 10, most = 8 << 20;
    static std::vector<LargeVector<T>>& list() {
        static thread_local struct Spares {
            std::vector<LargeVector<T>> vectors;
            ~Spares() { gone() = true; }
        } spares;
        return spares.vectors;
    }
    /// At the end of a thread, or of the program: what is destroyed later keeps to itself.
    static bool& gone() {
        static thread_local bool value = false;
        return value;
    }
};

} // namespace xgrad
