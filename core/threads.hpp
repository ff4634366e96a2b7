#pragma once

#include <cstddef>

#pragma GCC visibility push(default)
namespace xgrad {

/// How many threads programs may use, the caller's among them. Results do not depend on it. Where the system gives
/// fewer threads, programs run on those; a child of fork() has threads of its own.
/// The default is the number of processors, or XGRAD_THREADS of the environment.
void set_num_threads(std::size_t threads);
std::size_t num_threads();

namespace detail {

using Task = void (*)(void* context, std::size_t i, std::size_t thread);

/// Calls task(context, i, thread) for i in [0, count), spread over at most `limit` threads; thread < limit. Returns
/// when all are done.
/// If tasks throw, then what the first of them threw, first by its i, and those after it need not be done.
/// Nested calls and calls while another tape has the pool run on the caller. Small work need not `wake` threads that
/// sleep.
void parallel_for(std::size_t count, std::size_t limit, bool wake, Task task, void* context);

/// The same for any callable task(i, thread), on all threads.
template <class F>
void for_each_task(std::size_t count, F task) {
    parallel_for(
        count, num_threads(), true,
        [](void* f, std::size_t i, std::size_t thread) { (*static_cast<F*>(f))(i, thread); }, &task);
}

} // namespace detail
} // namespace xgrad
#pragma GCC visibility pop
