#include <xgrad/core/threads.hpp>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace xgrad {
namespace {

using detail::Task;

constexpr int limit_shift = 28, run_shift = 40; // of a ticket: tasks left, threads that may take one, run
constexpr std::size_t most_tasks = (1u << limit_shift) - 1, most_threads = (1u << (run_shift - limit_shift)) - 1;

std::size_t default_threads() {
    if (const char* wanted = std::getenv("XGRAD_THREADS"))
        if (const long n = std::strtol(wanted, nullptr, 10); n > 0)
            return std::min(static_cast<std::size_t>(n), most_threads);
    return std::max(1u, std::thread::hardware_concurrency());
}

/// How many are wanted, by all that this process and its children do.
std::atomic<std::size_t>& wanted_threads() {
    static std::atomic<std::size_t> wanted{default_threads()};
    return wanted;
}

/// One pool for loops and products.
///
/// A ticket is one word: the number of the run, how many threads may take part, how many tasks are left. A worker
/// claims a task by counting the ticket down (compare and exchange), and whoever has claimed one is counted: run()
/// returns when those that it did and those that are done make all. So while a task is claimed and not done, the run
/// has not ended, and `task_` and `context_` are valid; and run() never waits for a worker that has claimed nothing, as
/// one that sleeps.
///
/// Workers look for a new run some thousand times before they sleep, as the steps of a program follow closely. A small
/// run does not wake sleepers, until some such runs in a row had no help.
class Pool {
  public:
    ~Pool() { stop(); }

    void resize(std::size_t threads) {
        const std::lock_guard lock(busy_);
        stop();
        wanted_threads() = std::min(threads, most_threads);
    }

    void run(std::size_t count, std::size_t limit, bool wake, Task task, void* context) {
        std::unique_lock lock(busy_, std::try_to_lock);
        if (!lock.owns_lock() || num_threads() == 1 || count == 1 || count > most_tasks || inside_) {
            for (std::size_t i = 0; i < count; ++i)
                task(context, i, 0);
            return;
        }
        if (!started_) start();
        task_ = task, context_ = context, count_ = count;
        failed_.store(nothing_failed, std::memory_order_relaxed);
        done_.store(0, std::memory_order_relaxed);
        const std::uint64_t run = (ticket_.load(std::memory_order_relaxed) >> run_shift) + 1;
        ticket_.store(run << run_shift | std::uint64_t{std::min(limit, most_threads)} << limit_shift | count);
        if (sleeping_.load() != 0 && (wake || ++alone_ == patience)) {
            alone_ = 0;
            const std::lock_guard signal(mutex_);
            wake_.notify_all();
        }
        const std::size_t own = work(0);
        while (done_.load(std::memory_order_acquire) + own != count)
            pause();
        if (own != count) alone_ = 0;
        if (failed_.load(std::memory_order_relaxed) != nothing_failed) std::rethrow_exception(std::move(error_));
    }

    Pool* of_parent = nullptr; // see begin_child

  private:
    static constexpr std::size_t nothing_failed = ~std::size_t{0};
    static constexpr int patience = 32; // small runs in a row that nobody has helped with
    static constexpr int looks_before_sleep = 4000;

    static void pause() {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#else
        std::this_thread::yield();
#endif
    }

    static bool has_task(std::uint64_t ticket, std::size_t thread) {
        return (ticket & most_tasks) != 0 && thread < (ticket >> limit_shift & most_threads);
    }

    /// How many tasks it did.
    std::size_t work(std::size_t thread) {
        inside_ = true;
        std::size_t tasks = 0;
        for (std::uint64_t ticket = ticket_.load(); has_task(ticket, thread);)
            if (ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel)) {
                attempt(count_ - (ticket & most_tasks), thread);
                ++tasks;
                if (thread != 0) done_.fetch_add(1, std::memory_order_release);
                ticket = ticket_.load();
            }
        inside_ = false;
        return tasks;
    }

    /// Of the tasks that throw the first one counts, whatever the threads do; those after it need not be done any more.
    void attempt(std::size_t i, std::size_t thread) {
        if (i > failed_.load(std::memory_order_relaxed)) return;
        try {
            task_(context_, i, thread);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (i > failed_.load(std::memory_order_relaxed)) return;
            error_ = std::current_exception();
            failed_.store(i, std::memory_order_relaxed);
        }
    }

    /// Where the system gives fewer threads than are wanted, these do all the work: a program need not fail in its
    /// midst.
    void start() {
        started_ = true;
        stopping_ = false;
        try {
            for (std::size_t t = 1; t < num_threads(); ++t)
                workers_.emplace_back([this, t] { loop(t); });
        } catch (const std::exception&) {}
    }

    void loop(std::size_t thread) {
        while (!stopping_) {
            const std::uint64_t seen = ticket_.load();
            if (has_task(seen, thread)) {
                work(thread);
                continue;
            }
            auto nothing_new = [&] { return ticket_.load() >> run_shift == seen >> run_shift && !stopping_; };
            int looks = looks_before_sleep;
            while (looks-- > 0 && nothing_new())
                pause();
            if (looks >= 0) continue;
            std::unique_lock lock(mutex_);
            ++sleeping_;
            wake_.wait(lock, [&] { return !nothing_new(); });
            --sleeping_;
        }
    }

    void stop() {
        started_ = false;
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        for (std::thread& worker : workers_)
            worker.join();
        workers_.clear();
    }

    std::mutex busy_, mutex_;
    std::condition_variable wake_;
    std::atomic<std::size_t> done_{0}, sleeping_{0}; // done by workers
    std::atomic<std::uint64_t> ticket_{0};
    std::atomic<bool> stopping_{false};
    std::vector<std::thread> workers_;
    bool started_ = false;
    std::atomic<std::size_t> failed_{nothing_failed}; // the first task that threw
    std::exception_ptr error_;                        // what it threw
    Task task_ = nullptr;
    void* context_ = nullptr;
    std::size_t count_ = 0;
    int alone_ = 0;
    static thread_local bool inside_;
};

thread_local bool Pool::inside_ = false;

constinit std::atomic<Pool*> current{nullptr};
constinit Pool* of_parents = nullptr; // and, by Pool::of_parent, of theirs

/// The pool of this process, made when it is first needed; null if there is no memory for it.
Pool* pool() {
    if (Pool* const known = current.load(std::memory_order_acquire)) return known;
    std::unique_ptr<Pool> made(new (std::nothrow) Pool);
    Pool* other = nullptr; // that another thread has made meanwhile
    return current.compare_exchange_strong(other, made.get()) ? made.release() : other;
}

/// A child of fork() has none of its parent's threads, and locks that they held stay locked there. So it leaves its
/// parent's pool as it is, where leak checkers see it, and has one of its own.
void begin_child() {
    if (Pool* const parents = current.exchange(nullptr)) parents->of_parent = std::exchange(of_parents, parents);
}

const struct Lifetime {
    Lifetime() { pthread_atfork(nullptr, nullptr, begin_child); }
    ~Lifetime() { delete current.exchange(nullptr); }
} lifetime;

} // namespace

void set_num_threads(std::size_t threads) {
    Pool* const its = pool();
    if (!its) throw std::bad_alloc();
    its->resize(std::max<std::size_t>(1, threads));
}
std::size_t num_threads() { return wanted_threads().load(std::memory_order_relaxed); }

namespace detail {
void parallel_for(std::size_t count, std::size_t limit, bool wake, Task task, void* context) {
    if (Pool* const its = pool()) return its->run(count, limit, wake, task, context);
    for (std::size_t i = 0; i < count; ++i)
        task(context, i, 0);
}
} // namespace detail

} // namespace xgrad
