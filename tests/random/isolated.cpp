// A process for what may crash.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <new>

#include <fmt/format.h>

#include "check.hpp"

namespace test {
namespace {

constexpr unsigned seconds_until_it_hangs = 60;

/// What both processes see.
struct Shared {
    Outcome::Kind kind;
    xg::CompileOptions options;
    std::size_t threads;
    std::uint64_t progress;
    char text[4000];
};

Shared& shared() {
    static Shared* const memory = [] {
        void* const pages = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) throw std::bad_alloc();
        return ::new (pages) Shared;
    }();
    return *memory;
}

void tell(Outcome::Kind kind, const Failure& failure) {
    Shared& s = shared();
    s.kind = kind;
    s.options = failure.options;
    s.threads = failure.threads;
    const std::size_t n = std::min(failure.text.size(), sizeof(s.text) - 1);
    std::memcpy(s.text, failure.text.data(), n);
    s.text[n] = 0;
}

[[noreturn]] void work(const std::function<std::optional<Failure>(std::uint64_t&)>& f) {
    alarm(seconds_until_it_hangs);
    try {
        if (const auto failure = f(shared().progress)) tell(Outcome::Kind::failed, *failure);
    } catch (const xg::Error& error) {
        tell(Outcome::Kind::invalid, {error.what()});
    } catch (const std::exception& error) {
        tell(Outcome::Kind::failed, {error.what()});
    }
    _exit(0); // neither threads nor destructors of what is static
}

} // namespace

Outcome isolated(const std::function<std::optional<Failure>(std::uint64_t& progress)>& f) {
    Shared& s = shared();
    tell(Outcome::Kind::fine, {});
    s.progress = 0;
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child == 0) work(f);
    int status = 0;
    waitpid(child, &status, 0);
    Outcome outcome{s.kind, {s.text, s.options, s.threads}, s.progress};
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        outcome.kind = Outcome::Kind::failed;
        outcome.failure.text = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "it does not end"
                               : WIFSIGNALED(status)
                                   ? fmt::format("it crashes: {}", strsignal(WTERMSIG(status)))
                                   : fmt::format("it ends with status {}", WEXITSTATUS(status));
    }
    return outcome;
}

} // namespace test
