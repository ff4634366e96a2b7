#include <cstdlib>
#include <string_view>

#include <xgrad/core/machine_kernels.hpp>
#include <xgrad/core/narrow_kernels.hpp>
#include <xgrad/core/op.hpp>
#include <xgrad/core/pair_kernels.hpp>

namespace xgrad {

Cpu cpu() {
    static const Cpu chosen = [] {
        Cpu best = Cpu::baseline;
#if !defined(XGRAD_ONLY_BASELINE) && defined(__x86_64__)
        __builtin_cpu_init();
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) best = Cpu::avx2;
        if (best == Cpu::avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
            best = Cpu::avx512;
#endif
        if (const char* wanted = std::getenv("XGRAD_CPU")) {
            const std::string_view name = wanted;
            if (name == "baseline") return Cpu::baseline;
            if (name == "avx2" && best == Cpu::avx512) return Cpu::avx2;
        }
        return best;
    }();
    return chosen;
}

namespace {

template <template <class> class Kernels, class A>
auto make(A argument) {
#ifndef XGRAD_ONLY_BASELINE
    if (cpu() == Cpu::avx512) return Kernels<simd::Avx512>::make(argument);
    if (cpu() == Cpu::avx2) return Kernels<simd::Avx2>::make(argument);
#endif
    return Kernels<simd::Baseline>::make(argument);
}

} // namespace

const MoveKernels& move_kernels(std::size_t element_bytes) {
    static const MoveKernels one = make<MoveKernelsFor>(1), four = make<MoveKernelsFor>(4),
                             eight = make<MoveKernelsFor>(8);
    return element_bytes == 1 ? one : element_bytes == 4 ? four : eight;
}

const NarrowKernels& narrow_kernels(bool single) {
    static const NarrowKernels of_float = make<NarrowKernelsFor>(true), of_double = make<NarrowKernelsFor>(false);
    return single ? of_float : of_double;
}

const PairKernels& pair_kernels(bool single) {
    static const PairKernels of_float = make<PairKernelsFor>(true), of_double = make<PairKernelsFor>(false);
    return single ? of_float : of_double;
}

} // namespace xgrad
