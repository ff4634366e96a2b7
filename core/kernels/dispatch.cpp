#include <xgrad/core/kernels/dispatch.hpp>

#include <cstdlib>
#include <string_view>

#include <xgrad/core/kernels/move.hpp>
#include <xgrad/core/kernels/narrow.hpp>
#include <xgrad/core/kernels/small_product.hpp>
#include <xgrad/core/kernels/superinstructions.hpp>

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

const MoveKernels& move_kernels(std::size_t element_bytes) {
    static const MoveKernels one = detail::make_kernels<MoveKernelsFor>(1),
                             four = detail::make_kernels<MoveKernelsFor>(4),
                             eight = detail::make_kernels<MoveKernelsFor>(8);
    return element_bytes == 1 ? one : element_bytes == 4 ? four : eight;
}

const NarrowKernels& narrow_kernels(bool single) {
    static const NarrowKernels of_float = detail::make_kernels<NarrowKernelsFor>(true),
                               of_double = detail::make_kernels<NarrowKernelsFor>(false);
    return single ? of_float : of_double;
}

SmallProductKernel small_product(bool single) {
    static const SmallProductKernel of_float = detail::make_kernels<SmallProductFor>(true),
                                    of_double = detail::make_kernels<SmallProductFor>(false);
    return single ? of_float : of_double;
}

std::span<const Superinstruction> superinstructions() {
    static const auto table = detail::make_kernels<SuperinstructionsFor>();
    return table;
}

} // namespace xgrad
