#pragma once
// Kernels for AVX-512 written by hand for one case each: about as fast as this processor can.

#include "../contender.hpp"

namespace bench::bespoke {

/// For A, B, C, E, F and I; empty where the compiler or the processor has no AVX-512.
Makers makers();

} // namespace bench::bespoke
