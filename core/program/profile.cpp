// Profiles: who takes times, and what is counted.

#include <algorithm>
#include <new>
#include <utility>

#include <xgrad/core/program/stopwatch.hpp>

namespace xgrad {

constinit thread_local bool has_profiles = false;

namespace {

using Times = Profile::Times;

/// Those of this thread, the newest one last. One that ended in another thread stays until the next look.
thread_local std::vector<std::shared_ptr<Times>> profiles;

} // namespace

std::shared_ptr<Times> times_of_thread() {
    if (!has_profiles) return nullptr;
    std::erase_if(profiles, [](const auto& times) { return times->ended.load(std::memory_order_relaxed); });
    has_profiles = !profiles.empty();
    return has_profiles ? profiles.back() : nullptr;
}

Profile::Profile(ProfileOptions options) : times_(std::make_shared<Times>(options)) {
    profiles.push_back(times_);
    has_profiles = true;
}
Profile::~Profile() {
    times_->ended.store(true, std::memory_order_relaxed);
    times_of_thread();
}
std::string Profile::str() const { return times_->str(); }
std::string Profile::chrome_trace() const { return times_->chrome_trace(); }

void Times::keep(const Event& event) {
    if (events_.size() < options_.most_events)
        events_.push_back(event);
    else
        ++left_out_;
}

void Times::add(const std::shared_ptr<const Plan>& plan, std::span<Event> events) {
    const std::lock_guard lock(mutex_);
    const auto [found, is_new] = index_.try_emplace(plan, static_cast<std::uint32_t>(plans_.size()));
    if (is_new) {
        OfPlan& of = plans_.emplace_back(OfPlan{.title = title_of(*plan), .steps = {}});
        for (std::size_t i = 0; i < plan->items.size() + !plan->copies.empty(); ++i)
            of.steps.push_back({label_of(*plan, i)});
    }
    OfPlan& of = plans_[found->second];
    for (Event& event : events) {
        event.subject = found->second;
        const bool is_call = event.step == Event::call;
        (is_call ? of.calls : of.steps[event.step].count).add(event.end - event.begin);
        if (is_call && depth == 0) programs_.add(event.end - event.begin);
        keep(event);
    }
}

void Times::add(const char* span, Location where, Clock::time_point begin, Clock::time_point end) {
    const std::lock_guard lock(mutex_);
    auto of = std::find_if(spans_.begin(), spans_.end(), [&](const OfSpan& known) {
        return known.name == span && known.where.file == where.file && known.where.line == where.line;
    });
    if (of == spans_.end()) of = spans_.insert(of, {span, where, {}});
    of->count.add(end - begin);
    if (depth == 0) preparation_.add(end - begin);
    keep({static_cast<std::uint32_t>(of - spans_.begin()), Event::span, begin, end});
}

void Stopwatch::start(const std::shared_ptr<const Plan>& plan) {
    std::shared_ptr<Times> times = times_of_thread();
    if (!times) return;
    running_ = std::make_unique<Running>(Running{.times = std::move(times), .plan = plan, .began = {}, .events = {}});
    running_->events.reserve(2 + plan->items.size());
    running_->events.push_back({0, Times::Event::call, Times::Clock::now(), {}});
    ++running_->times->depth;
}

void Stopwatch::end(std::uint32_t step) {
    const Times::Clock::time_point now = Times::Clock::now();
    running_->events.push_back({0, step, running_->began, now});
    running_->began = now;
}

void Stopwatch::stop() {
    running_->events[0].end = Times::Clock::now();
    --running_->times->depth;
    try {
        running_->times->add(running_->plan, running_->events);
    } catch (const std::bad_alloc&) {} // there is no memory to count in, which is no reason to stop the program
}

SpanStopwatch::SpanStopwatch(const char* name, Location where) : times_(times_of_thread()), name_(name), where_(where) {
    if (!times_) return;
    ++times_->depth;
    began_ = Times::Clock::now();
}

SpanStopwatch::~SpanStopwatch() {
    if (!times_) return;
    --times_->depth;
    try {
        times_->add(name_, where_, began_, Times::Clock::now());
    } catch (const std::bad_alloc&) {}
}

} // namespace xgrad
