#include <xgrad/models/data/prefetch.hpp>

#include <utility>

namespace xgrad::data {

Prefetch::Prefetch(std::size_t first, std::size_t end, std::function<void(std::size_t, std::size_t)> make)
    : end_(end), make_(std::move(make)), made_(first), taken_(first), thread_([this] { work(); }) {}

Prefetch::~Prefetch() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Prefetch::work() {
    try {
        for (std::size_t item = made_; item < end_; ++item) {
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [&] { return stopped_ || item < taken_ + slots - 1; });
                if (stopped_) return;
            }
            make_(item, item % slots);
            const std::lock_guard lock(mutex_);
            made_ = item + 1;
            changed_.notify_all();
        }
    } catch (...) {
        const std::lock_guard lock(mutex_);
        error_ = std::current_exception();
        changed_.notify_all();
    }
}

std::optional<std::size_t> Prefetch::next() {
    std::unique_lock lock(mutex_);
    if (taken_ == end_) return std::nullopt;
    changed_.wait(lock, [&] { return taken_ < made_ || error_; });
    if (taken_ == made_) std::rethrow_exception(error_);
    changed_.notify_all();
    return taken_++ % slots;
}

} // namespace xgrad::data
