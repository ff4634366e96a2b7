#include <xgrad/core/threads.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace xgrad {
namespace {

using detail::Task;

/// One pool for loops and products. A ticket says what is left to do, and who takes a task by counting it down has its word
/// that the run has not ended. So nobody waits for workers that sleep. They look around for a moment before they do: the steps of a
/// program follow closely.
class Pool {
  public:
    ~Pool() { stop(); }

    void resize(std::size_t threads) {
        const std::lock_guard lock(busy_);
        stop();
        wanted_ = std::min(threads, most_threads);
    }
    std::size_t size() const { return wanted_.load(std::memory_order_relaxed); }

    void run(std::size_t count, std::size_t limit, bool wake, Task task, void* context) {
        std::unique_lock lock(busy_, std::try_to_lock);
        if (!lock.owns_lock() || size() == 1 || count == 1 || count > most_tasks || inside_) {
            for (std::size_t i = 0; i < count; ++i)
                task(context, i, 0);
            return;
        }
        if (workers_.empty()) start();
        task_ = task, context_ = context, count_ = count;
        done_.store(0, std::memory_order_relaxed);
        const std::uint64_t run = (ticket_.load(std::memory_order_relaxed) >> run_shift) + 1;
        ticket_.store(run << run_shift | std::min(limit, most_threads) << limit_shift | count);
        if (sleeping_.load() != 0 && (wake || ++alone_ == patience)) {
            alone_ = 0;
            const std::lock_guard signal(mutex_);
            wake_.notify_all();
        }
        const std::size_t own = work(0);
        while (done_.load(std::memory_order_acquire) + own != count)
            pause();
        if (own != count) alone_ = 0;
    }

  private:
    static constexpr int limit_shift = 28, run_shift = 40; // of the ticket: tasks left, threads that may take one, run
    static constexpr std::size_t most_tasks = (1u << limit_shift) - 1,
                                 most_threads = (1u << (run_shift - limit_shift)) - 1;
    static constexpr int patience = 32; // small runs in a row that nobody has helped with

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
                task_(context_, count_ - (ticket & most_tasks), thread);
                ++tasks;
                if (thread != 0) done_.fetch_add(1, std::memory_order_release);
                ticket = ticket_.load();
            }
        inside_ = false;
        return tasks;
    }

    void start() {
        stopping_ = false;
        for (std::size_t t = 1; t < size(); ++t)
            workers_.emplace_back([this, t] { loop(t); });
    }

    void loop(std::size_t thread) {
        while (!stopping_) {
            const std::uint64_t seen = ticket_.load();
            if (has_task(seen, thread)) {
                work(thread);
                continue;
            }
            auto nothing_new = [&] { return ticket_.load() >> run_shift == seen >> run_shift && !stopping_; };
            int looks = 4000;
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
        if (workers_.empty()) return;
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        for (std::thread& worker : workers_)
            worker.join();
        workers_.clear();
    }

    static std::size_t default_size() {
        if (const char* wanted = std::getenv("XGRAD_THREADS"))
            if (const long n = std::strtol(wanted, nullptr, 10); n > 0)
                return std::min(static_cast<std::size_t>(n), most_threads);
        return std::max(1u, std::thread::hardware_concurrency());
    }

    std::mutex busy_, mutex_;
    std::condition_variable wake_;
    std::atomic<std::size_t> wanted_{default_size()}, done_{0}, sleeping_{0}; // done by workers
    std::atomic<std::uint64_t> ticket_{0};
    std::atomic<bool> stopping_{false};
    std::vector<std::thread> workers_;
    Task task_ = nullptr;
    void* context_ = nullptr;
    std::size_t count_ = 0;
    int alone_ = 0;
    static thread_local bool inside_;
};

thread_local bool Pool::inside_ = false;

Pool& pool() {
    static Pool instance;
    return instance;
}

} // namespace

void set_num_threads(std::size_t threads) { pool().resize(std::max<std::size_t>(1, threads)); }
std::size_t num_threads() { return pool().size(); }

namespace detail {
void parallel_for(std::size_t count, std::size_t limit, bool wake, Task task, void* context) {
    pool().run(count, limit, wake, task, context);
}
} // namespace detail

} // namespace xgrad
