#pragma once
// A scenario runs again and again, while the first allocation in it fails, then the second, and so on until all are there.

#include <exception>
#include <string>
#include <thread>

#include "count_allocations.hpp"
#include "support.hpp"

namespace test {

/// Within a scenario, where Boost's own checks would allocate.
inline void require(bool good, const std::string& what) {
    if (!good) throw std::runtime_error(what);
}

/// `make` gives a pointer to what `run` works on; what run may not leave behind, whether it failed or not, is for `check` to find.
/// Each time is on a thread of its own: what the library keeps for a thread goes with it, and as much memory stands as before.
/// How many allocations there are to fail.
template <class Make, class Run, class Check>
std::size_t fail_each_allocation(Make make, Run run, Check check) {
    std::string problem;
    const auto once = [&](std::size_t k) {
        bool reached = false;
        std::thread([&] {
            try {
                const auto its = make();
                fail_allocation(k);
                try {
                    run(*its);
                } catch (const std::bad_alloc&) {}
                reached = stop_failing();
                check(*its);
            } catch (const std::exception& error) {
                stop_failing();
                problem = fmt::format("allocation {}: {}", k, error.what());
            }
        }).join();
        return reached;
    };
    for (int warm = 0; warm < 2; ++warm) // what is made once for the whole program
        once(0);
    std::size_t k = 0;
    for (bool reached = true; reached && problem.empty();) {
        const std::size_t before = live_allocations();
        reached = once(++k);
        const std::size_t after = live_allocations();
        if (after != before && problem.empty())
            problem = fmt::format("allocation {}: {} allocations stood before, and {} do now", k, before, after);
    }
    BOOST_TEST(problem.empty(), problem);
    return k - 1;
}

} // namespace test
