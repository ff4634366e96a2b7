#pragma once
// What is printed and written.

#include <map>

#include "cases.hpp"
#include "measure.hpp"

namespace bench {

struct Measured {
    Row row;
    std::vector<Entry> entries;           // ours is the first
    std::map<std::string, double> memory; // bytes at the peak of a process, where that was asked
};

std::string heading();
std::string line(const Measured& measured);
/// 12.3 us
std::string duration(double seconds);

void write_json(const std::string& path, const std::vector<Measured>& all, std::size_t threads,
                std::size_t repetitions);

} // namespace bench
