#include <xgrad/core/threads.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace xgrad {
namespace {

/// One pool for loops and products. Workers spin for a moment before they sleep: the steps of a program follow closely.
class Pool {
  public:
    ~Pool() { stop(); }

    void resize(std::size_t threads) {
        const std::lock_guard lock(busy_);
        stop();
        wanted_ = threads;
    }
    std::size_t size() const { return wanted_.load(std::memory_order_relaxed); }

    void run(std::size_t count, std::size_t limit, void (*task)(void*, std::size_t, std::size_t), void* context) {
        std::unique_lock lock(busy_, std::try_to_lock);
        if (!lock.owns_lock() || size() == 1 || count == 1 || inside_) {
            for (std::size_t i = 0; i < count; ++i)
                task(context, i, 0);
            return;
        }
        if (workers_.empty()) start();
        task_ = task, context_ = context, count_ = count, limit_ = limit;
        next_.store(0, std::memory_order_relaxed);
        left_.store(workers_.size(), std::memory_order_relaxed);
        {
            const std::lock_guard signal(mutex_);
            generation_.fetch_add(1, std::memory_order_release);
        }
        wake_.notify_all();
        work(0);
        while (left_.load(std::memory_order_acquire) != 0)
            pause();
    }

  private:
    static void pause() {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#else
        std::this_thread::yield();
#endif
    }

    void work(std::size_t thread) {
        inside_ = true;
        for (std::size_t i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < count_;)
            task_(context_, i, thread);
        inside_ = false;
    }

    void start() {
        stopping_ = false;
        for (std::size_t t = 1; t < size(); ++t)
            workers_.emplace_back([this, t, seen = generation_.load()] { loop(t, seen); });
    }

    void loop(std::size_t thread, std::size_t seen) {
        for (;;) {
            for (int spin = 0; spin < 4000 && generation_.load(std::memory_order_acquire) == seen; ++spin)
                pause();
            if (generation_.load(std::memory_order_acquire) == seen) {
                std::unique_lock lock(mutex_);
                wake_.wait(lock, [&] { return generation_.load(std::memory_order_relaxed) != seen; });
            }
            seen = generation_.load(std::memory_order_acquire);
            if (stopping_) return;
            if (thread < limit_) work(thread);
            left_.fetch_sub(1, std::memory_order_release);
        }
    }

    void stop() {
        if (workers_.empty()) return;
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            generation_.fetch_add(1, std::memory_order_release);
        }
        wake_.notify_all();
        for (std::thread& worker : workers_)
            worker.join();
        workers_.clear();
    }

    static std::size_t default_size() {
        if (const char* wanted = std::getenv("XGRAD_THREADS"))
            if (const long n = std::strtol(wanted, nullptr, 10); n > 0) return static_cast<std::size_t>(n);
        return std::max(1u, std::thread::hardware_concurrency());
    }

    std::mutex busy_, mutex_;
    std::condition_variable wake_;
    std::atomic<std::size_t> wanted_{default_size()}, generation_{0}, next_{0}, left_{0};
    std::atomic<bool> stopping_{false};
    std::vector<std::thread> workers_;
    void (*task_)(void*, std::size_t, std::size_t) = nullptr;
    void* context_ = nullptr;
    std::size_t count_ = 0, limit_ = 0;
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
void parallel_for(std::size_t count, std::size_t limit, void (*task)(void*, std::size_t, std::size_t), void* context) {
    pool().run(count, limit, task, context);
}
} // namespace detail

} // namespace xgrad
