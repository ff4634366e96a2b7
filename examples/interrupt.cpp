#include "interrupt.hpp"

#include <csignal>

namespace examples {

namespace {

volatile std::sig_atomic_t raised = 0;

extern "C" void on_interrupt(int) {
    raised = 1;
    std::signal(SIGINT, SIG_DFL);
}

} // namespace

void catch_interrupt() { std::signal(SIGINT, on_interrupt); }

bool interrupted() { return raised != 0; }

} // namespace examples
