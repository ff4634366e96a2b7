#include "ranks.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "command_line.hpp"
#ifdef XGRAD_MPI
#include <xgrad/mpi/world.hpp>
#endif

namespace examples {

std::optional<xgrad::Group> launched_ranks() {
#ifdef XGRAD_MPI
    if (xgrad::mpi::launched()) return xgrad::mpi::world();
#else
    if (std::getenv("OMPI_COMM_WORLD_RANK") || std::getenv("PMI_RANK"))
        throw std::runtime_error(
            "it was built without MPI, and cannot be one of several processes; install libopenmpi-dev "
            "and build it anew");
#endif
    return {};
}

int run_on_ranks(const char* name, const std::function<int(std::optional<xgrad::Group>)>& body) {
    std::optional<xgrad::Group> ranks;
    const int failed = run_program(name, [&] {
        ranks = launched_ranks();
        return 0;
    });
    if (failed || !ranks) return failed ? failed : run_program(name, [&] { return body({}); });
    int status = 1;
    const auto run = [&](const xgrad::Group& rank) { status = body(rank); };
    if (ranks->rank() == 0)
        return run_program(name, [&] {
            xgrad::run(*ranks, run);
            return status;
        });
    if (!std::freopen("/dev/null", "w", stdout)) return 1;
    try {
        xgrad::run(*ranks, run);
        return status;
    } catch (const std::exception& error) {
        // Rank 0 has been told. Where it cannot tell anybody, this one does.
        if (std::string_view(error.what()).starts_with("rank 0 ")) std::fprintf(stderr, "%s: %s\n", name, error.what());
        std::this_thread::sleep_for(std::chrono::seconds(1)); // whoever ends first, ends all
        return dynamic_cast<const OptionError*>(&error) ? 2 : 1;
    }
}

} // namespace examples
