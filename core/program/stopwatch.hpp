#pragma once
// What takes the times for a Profile, and where they are kept.

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <xgrad/core/profile.hpp>
#include <xgrad/core/program/plan.hpp>

namespace xgrad {

/// What a Profile has counted.
class Profile::Times {
  public:
    using Clock = std::chrono::steady_clock;

    struct Event {
        std::uint32_t subject; // in the list of plans, or of spans
        std::uint32_t step;    // an item of the plan, the one after the last for its copies, or one of these:
        static constexpr std::uint32_t call = ~0u, span = ~0u - 1;
        Clock::time_point begin, end;
    };

    explicit Times(ProfileOptions options) : options_(options) {}

    void add(const std::shared_ptr<const Plan>& plan, std::span<Event> events);
    void add(const char* span, Location where, Clock::time_point begin, Clock::time_point end);

    std::string str() const;
    std::string chrome_trace() const;

    std::atomic<bool> ended{false}; // its Profile is gone
    std::size_t depth = 0;          // what its thread has begun and not ended

  private:
    struct Count {
        std::size_t times = 0;
        Clock::duration all{};
        void add(Clock::duration one) { ++times, all += one; }
    };
    /// Of a step of a plan, or of what is no step: its kind, what it is called, and its ops with their lines.
    struct Label {
        const char* kind;
        std::string name, ops = {};
    };
    struct OfStep {
        Label label;
        Count count = {};
    };
    /// No plan is kept, since it keeps arrays.
    struct OfPlan {
        std::string title;
        std::vector<OfStep> steps; // its items, and in the end what it copies
        Count calls = {};
    };
    struct OfSpan {
        const char* name;
        Location where;
        Count count;
    };
    void keep(const Event& event);
    static std::string title_of(const Plan& plan);
    static Label label_of(const Plan& plan, std::size_t item);
    std::string table_of(const OfPlan& of, double seconds) const;

    const ProfileOptions options_;
    const Clock::time_point start_ = Clock::now();
    mutable std::mutex mutex_;
    std::vector<OfPlan> plans_;
    std::map<std::weak_ptr<const Plan>, std::uint32_t, std::owner_less<>> index_;
    std::vector<OfSpan> spans_;
    std::vector<Event> events_;
    std::size_t left_out_ = 0;
    Count programs_, preparation_; // what was no part of something else
};

/// Whether this thread has Profiles: all that a call of a program needs to know if it has none.
extern constinit thread_local bool has_profiles;
/// The Times of this thread's newest Profile, or null.
std::shared_ptr<Profile::Times> times_of_thread();

/// A call of a plan. Without a Profile it does nothing.
class Stopwatch {
  public:
    explicit Stopwatch(const std::shared_ptr<const Plan>& plan) {
        if (has_profiles) start(plan);
    }
    ~Stopwatch() {
        if (running_) stop();
    }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

    /// The first item begins.
    void begin_items() {
        if (running_) running_->began = Profile::Times::Clock::now();
    }
    /// An item ends, and the next one begins.
    void end_item(std::size_t item) {
        if (running_) end(static_cast<std::uint32_t>(item));
    }
    void end_copies() {
        if (running_ && !running_->plan->copies.empty()) end(static_cast<std::uint32_t>(running_->plan->items.size()));
    }

  private:
    struct Running {
        std::shared_ptr<Profile::Times> times;
        std::shared_ptr<const Plan> plan;
        Profile::Times::Clock::time_point began;   // an item
        std::vector<Profile::Times::Event> events; // the call, and its items so far
    };
    void start(const std::shared_ptr<const Plan>& plan);
    void stop();
    void end(std::uint32_t step);
    std::unique_ptr<Running> running_;
};

/// What is no call of a plan, from its construction to its end.
class SpanStopwatch {
  public:
    SpanStopwatch(const char* name, Location where);
    ~SpanStopwatch();
    SpanStopwatch(const SpanStopwatch&) = delete;
    SpanStopwatch& operator=(const SpanStopwatch&) = delete;

  private:
    const std::shared_ptr<Profile::Times> times_;
    const char* name_;
    Location where_;
    Profile::Times::Clock::time_point began_;
};

} // namespace xgrad
