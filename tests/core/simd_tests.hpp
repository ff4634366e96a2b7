#pragma once
// Suites of the tests of packs. Compiled with XGRAD_ISA_AVX2 or XGRAD_ISA_AVX512, and the flags of that set, they test
// those packs.

#if !defined(BOOST_TEST_DYN_LINK)
#define BOOST_TEST_DYN_LINK
#endif
#include <boost/test/unit_test.hpp>

#include <functional>
#include <random>
#include <string>

namespace simd_tests {

#if defined(XGRAD_ISA_AVX512)
constexpr const char* suffix = "_avx512";
inline bool can_run() {
    return __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}
#elif defined(XGRAD_ISA_AVX2)
constexpr const char* suffix = "_avx2";
inline bool can_run() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#else
constexpr const char* suffix = "";
inline bool can_run() { return true; }
#endif

/// Makes a suite. It is to be declared at namespace scope.
class Suite {
  public:
    explicit Suite(const std::string& name) : suite_(BOOST_TEST_SUITE(name + suffix)) {
        boost::unit_test::framework::current_auto_test_suite().add(suite_);
    }
    void add(const std::string& name, std::function<void()> test) {
        auto run = [test = std::move(test)] {
            if (can_run()) test();
        };
        suite_->add(boost::unit_test::make_test_case(run, name, __FILE__, __LINE__));
    }

  private:
    boost::unit_test::test_suite* suite_;
};

} // namespace simd_tests
