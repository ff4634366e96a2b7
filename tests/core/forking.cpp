// A child of fork() has none of its parent's threads; it computes with its own, and exits.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "../support.hpp"

using namespace test;
using xg::Var;

namespace {

/// Large enough for the pool to be used.
struct Work {
    xg::Tape tape;
    Var x = tape.parameter(filled<double>({300000}, 1.0));
    xg::Program program = tape.compile({.outputs = {sum(exp(x) * tanh(x))}, .updates = {}}, {});
    double result() { return program().scalar<double>(); }
};

/// Whether a child that does this, and then ends as programs do, ends well and in time.
bool child(const std::function<bool()>& does) {
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::alarm(60);
        std::exit(does() ? 0 : 1);
    }
    int status = -1;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(forking)

BOOST_AUTO_TEST_CASE(after_threads_were_used) {
    xg::set_num_threads(4);
    Work work;
    const double expected = work.result();
    BOOST_TEST(child([] { return true; }));
    BOOST_TEST(child([&] { return work.result() == expected && xg::num_threads() == 4; }));
    BOOST_TEST(child([&] { return Work().result() == expected; }));
    BOOST_TEST(child([&] {
        for (const std::size_t threads : {2, 1, 3}) {
            xg::set_num_threads(threads);
            if (work.result() != expected) return false;
        }
        return true;
    }));
    BOOST_TEST(work.result() == expected);
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_CASE(in_a_child) {
    xg::set_num_threads(3);
    Work work;
    const double expected = work.result();
    const auto computes = [&] { return work.result() == expected; };
    BOOST_TEST(child([&] { return computes() && child(computes) && computes(); }));
    BOOST_TEST(child([&] { return child(computes) && computes(); }));
    BOOST_TEST(computes());
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_CASE(while_another_thread_computes) {
    xg::set_num_threads(3);
    Work work, of_the_other; // not on its stack, which a child does not have: a leak checker would not see it
    const double expected = work.result();
    std::atomic<bool> stop = false;
    std::thread other([&] {
        while (!stop) of_the_other.result();
    });
    for (int i = 0; i < 20; ++i) BOOST_TEST(child([&] { return work.result() == expected; }));
    stop = true;
    other.join();
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_SUITE_END()
