#pragma once
// Contenders in a process of their own, which is told by lines on its standard input what to do.
//
//     make ID SIZE [VARIANT]   ->  ok, or none
//     outcome                  ->  the loss, how many elements the gradient has, and some of them
//     time STEPS               ->  seconds
//     memory                   ->  the most bytes that the process has held so far
//
// An answer that begins with "error" says what went wrong.

#include <cstddef>
#include <string>
#include <vector>

#include "contender.hpp"

namespace bench {

/// At most about 4096 elements, evenly spread: what of a gradient is sent from process to process.
std::vector<double> sample(const std::vector<double>& all);

/// Answers until its input ends.
void serve(const Makers& makers);

/// The most bytes that this process has held so far; 0 where nobody tells.
double peak_memory();

} // namespace bench
