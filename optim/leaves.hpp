#pragma once
// Parameters as one vector of numbers, in float64.

#include <cstddef>
#include <vector>

#include <xgrad/core/program.hpp>

namespace xgrad::optim::detail {

/// All elements, one leaf after the other.
std::vector<double> values_of(const std::vector<Var>& leaves);
/// `values`, as many as the leaves have, into them.
void assign_values(const std::vector<Var>& leaves, const std::vector<double>& values, Location where);
/// The elements of the outputs from `first` on.
std::vector<double> flat(const Results& results, std::size_t first);

/// Whether `y` draws random numbers.
bool draws(Var y, Location where);

} // namespace xgrad::optim::detail
