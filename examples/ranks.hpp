#pragma once

#include <functional>
#include <optional>

#include <xgrad/core/group.hpp>

namespace examples {

/// The processes that mpirun has started this program as; nothing, if it was started by itself. Throws
/// std::runtime_error if it was built without MPI.
std::optional<xgrad::Group> launched_ranks();

/// Runs a program, as run_program does, on each of the ranks. Rank 0 prints for all: the others' standard output is
/// lost, and of what ends them it says one line.
int run_on_ranks(const char* name, const std::function<int(std::optional<xgrad::Group>)>& body);

} // namespace examples
