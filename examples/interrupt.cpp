#include "interrupt.hpp"

#include <csignal>

namespace examples {

namespace {

volatile std::sig_atomic_t raised = 0;

extern "C" void on_interrupt(int signal) {
    raised = signal;
    std::signal(signal, SIG_DFL);
}

} // namespace

void catch_interrupt() {
    std::signal(SIGINT, on_interrupt);
    std::signal(SIGTERM, on_interrupt);
}

int interrupted() { return raised; }

} // namespace examples
