#pragma once

#include <cstddef>

namespace bench {

/// Prints a table of cost against size, with the exponent fitted: cost ~ size^exponent.
void run_scaling(std::size_t rounds, bool quick);

} // namespace bench
