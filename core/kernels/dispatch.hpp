#pragma once
// Which kernels this processor runs.

#include <xgrad/core/simd/isa.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// The instruction sets that the library has kernels for. XGRAD_CPU=baseline|avx2|avx512 in the environment asks for a
/// lower one than the processor has.
enum class Cpu { baseline, avx2, avx512 };
Cpu cpu();

namespace detail {

/// Kernels<I>::make(arguments...) for the instruction set that is used.
template <template <class> class Kernels, class... A>
auto make_kernels(A... argument) {
#ifndef XGRAD_ONLY_BASELINE
    if (cpu() == Cpu::avx512) return Kernels<simd::Avx512>::make(argument...);
    if (cpu() == Cpu::avx2) return Kernels<simd::Avx2>::make(argument...);
#endif
    return Kernels<simd::Baseline>::make(argument...);
}

} // namespace detail
} // namespace xgrad
#pragma GCC visibility pop
