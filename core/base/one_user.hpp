#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include <xgrad/core/error.hpp>

namespace xgrad {

/// Finds out that two threads use at once what belongs to one at a time. To come again costs the same thread nearly
/// nothing; another one is let in while nobody is inside, which takes it some microseconds.
class OneUser {
    struct Visitor {
        const void* thread;
        std::atomic<bool> inside{false}; // written by its thread alone
    };

  public:
    /// While it lives, its thread is inside; it may be so several times over. Throws if another thread is: `what` says
    /// of what.
    class Inside {
      public:
        Inside(OneUser& of, const char* what, Location where = {}) : visitor_(of.enter(before_)) {
            if (!visitor_) visitor_ = of.take_over(before_, what, where);
        }
        /// Only if this thread is the one that came last; else it is not inside.
        explicit Inside(OneUser& of) : visitor_(of.enter(before_)) {}
        ~Inside() {
            if (visitor_ && !before_) visitor_->inside.store(false, std::memory_order_release);
        }
        explicit operator bool() const { return visitor_ != nullptr; }
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;

      private:
        bool before_ = false; // the thread was inside already
        Visitor* visitor_;
    };

    OneUser() : first_{this_thread()}, user_(&first_) {}
    OneUser(const OneUser&) = delete;
    OneUser& operator=(const OneUser&) = delete;

  private:
    /// A thread that comes again says that it is inside, and then looks whether it is still the user. One that takes
    /// over says that it is the user, has all threads' stores seen, and then looks whether the other is inside: one of
    /// the two sees the other.
    Visitor* enter(bool& before) {
        Visitor* const user = user_.load(std::memory_order_acquire); // another one may be new
        if (user->thread != this_thread()) return nullptr;
        before = user->inside.load(std::memory_order_relaxed);
        if (before) return user; // and nobody else is let in
        user->inside.store(true, std::memory_order_relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (user_.load(std::memory_order_relaxed) == user) return user;
        user->inside.store(false, std::memory_order_release);
        return nullptr;
    }
    Visitor* take_over(bool& before, const char* what, Location where);

    /// The address of something that each thread has: of no two threads that live at once the same.
    static const void* this_thread() {
        static thread_local char mark;
        return &mark;
    }

    Visitor first_;
    std::atomic<Visitor*> user_;
    std::mutex taking_over_;
    std::vector<std::unique_ptr<Visitor>> others_; // they stay: their threads may look at them at any time
};

} // namespace xgrad
