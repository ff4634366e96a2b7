#include <cstdlib>
#include <string_view>

#include <xgrad/core/machine_kernels.hpp>
#include <xgrad/core/op.hpp>

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
MoveKernels make(std::size_t element_bytes) {
#ifndef XGRAD_ONLY_BASELINE
    if (cpu() == Cpu::avx512) return MoveKernelsFor<simd::Avx512>::make(element_bytes);
    if (cpu() == Cpu::avx2) return MoveKernelsFor<simd::Avx2>::make(element_bytes);
#endif
    return MoveKernelsFor<simd::Baseline>::make(element_bytes);
}
} // namespace

const MoveKernels& move_kernels(std::size_t element_bytes) {
    static const MoveKernels one = make(1), four = make(4), eight = make(8);
    return element_bytes == 1 ? one : element_bytes == 4 ? four : eight;
}

} // namespace xgrad
