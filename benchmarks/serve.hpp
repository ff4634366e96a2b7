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

/// A line of such a file as /proc/meminfo, in bytes; 0 if it is not there.
double proc_bytes(const std::string& file, const std::string& key);

} // namespace bench
