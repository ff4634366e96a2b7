#pragma once
// The processes of an MPI program as a Group: link xgrad::mpi.

#include <xgrad/core/group.hpp>

#pragma GCC visibility push(default)
namespace xgrad::mpi {

/// All processes that mpirun has started, as ranks; one alone without it. The first call initializes MPI, unless the
/// program has, and what is initialized so is finalized when the program ends. While MPI is used from here it must not
/// be used by another thread, unless it was initialized with MPI_THREAD_MULTIPLE.
///
/// What ends one rank, an exception that nobody catches, a call of std::exit that the others do not make, ends all of
/// them. Processes of one machine share its processors: each takes as many threads as fall to it, unless XGRAD_THREADS
/// says how many.
[[nodiscard]] Group world(GroupOptions options = {}, Location where = Location::current());

/// Whether a launcher has started this process as one of several: mpirun, mpiexec or srun. It asks the environment, and
/// does not initialize MPI.
[[nodiscard]] bool launched();

} // namespace xgrad::mpi
#pragma GCC visibility pop
