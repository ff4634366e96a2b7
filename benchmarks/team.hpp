#pragma once
// Threads for the references. OpenBLAS's own stay off: they would go on spinning while others are timed.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace bench {

class Team {
  public:
    explicit Team(std::size_t threads) : size_(threads) {
        for (std::size_t t = 1; t < threads; ++t)
            workers_.emplace_back([this, t] { serve(t); });
    }
    ~Team() {
        work_ = nullptr;
        call();
        for (std::thread& worker : workers_)
            worker.join();
    }
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    std::size_t size() const { return size_; }

    /// work(thread), on every thread; returns when all are done.
    void run(std::function<void(std::size_t)> work) {
        if (size_ == 1) return work(0);
        work_ = std::move(work);
        busy_ = size_ - 1;
        call();
        work_(0);
        until(busy_, [](std::size_t busy) { return busy == 0; });
    }

    /// work(first, last), for a part of n for each thread; parts begin at multiples of `unit`.
    template <class F>
    void split(std::size_t n, std::size_t unit, F work) {
        const std::size_t units = (n + unit - 1) / unit;
        run([=, this](std::size_t t) {
            const std::size_t first = std::min(n, units * t / size_ * unit);
            const std::size_t last = std::min(n, units * (t + 1) / size_ * unit);
            if (first < last) work(first, last, t);
        });
    }

  private:
    /// Looks again and again for some ten microseconds, then sleeps: the parts of a step follow closely.
    template <class F>
    static void until(const std::atomic<std::size_t>& value, F done) {
        for (int i = 0; i < 20000; ++i)
            if (done(value.load(std::memory_order_acquire))) return;
        for (std::size_t seen; !done(seen = value.load());)
            value.wait(seen);
    }
    void call() {
        ++round_;
        round_.notify_all();
    }
    void serve(std::size_t t) {
        for (std::size_t seen = 0;;) {
            until(round_, [&](std::size_t round) { return round != seen; });
            ++seen;
            if (!work_) return;
            work_(t);
            if (--busy_ == 0) busy_.notify_one();
        }
    }

    std::size_t size_;
    std::function<void(std::size_t)> work_;
    std::atomic<std::size_t> round_ = 0, busy_ = 0;
    std::vector<std::thread> workers_;
};

/// That of the references; made by main.
extern Team* team;

} // namespace bench
