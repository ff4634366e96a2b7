#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace xgrad::data {

/// A second thread that makes items first, first + 1, ... up to `end` in slots, at most two ahead of the caller.
class Prefetch {
  public:
    /// One slot is the caller's, two are in the queue.
    static constexpr std::size_t slots = 3;

    /// `make(item, slot)` is called in the thread, for one item after the other. What it throws, next() throws.
    Prefetch(std::size_t first, std::size_t end, std::function<void(std::size_t item, std::size_t slot)> make);
    /// Stops; an item that is being made is finished first.
    ~Prefetch();
    Prefetch(const Prefetch&) = delete;
    Prefetch& operator=(const Prefetch&) = delete;

    /// Waits for the next item and gives its slot, which is the caller's until the call after; nothing after the last.
    std::optional<std::size_t> next();

  private:
    void work();

    const std::size_t end_;
    std::function<void(std::size_t item, std::size_t slot)> make_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t made_, taken_; // how far each side has come
    bool stopped_ = false;
    std::exception_ptr error_;
    std::thread thread_; // last: it starts when all that it uses is there
};

} // namespace xgrad::data
