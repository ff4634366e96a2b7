#include <xgrad/core/group.hpp>

#include <exception>
#include <thread>

#include <fmt/format.h>

#include <xgrad/core/group/meeting.hpp>

namespace xgrad {
namespace {

/// One rank, which has nobody to wait for.
class Alone : public GroupEngine {
  public:
    std::size_t rank() const override { return 0; }
    std::size_t size() const override { return 1; }
    std::optional<std::size_t> exchange(std::span<const Outgoing>, std::span<const Incoming>,
                                        std::chrono::milliseconds) override {
        return {};
    }
    void fail(const std::string& text) noexcept override { failure_ = text; }
    std::string failure() const override { return failure_; }

  private:
    std::string failure_;
};

const std::shared_ptr<GroupEngine>& one_alone() {
    static const std::shared_ptr<GroupEngine> engine = std::make_shared<Alone>();
    return engine;
}

/// What is being thrown, as text.
std::string present_error() {
    try {
        throw;
    } catch (const std::exception& error) { return error.what(); } catch (...) {
        return "an exception that is no std::exception";
    }
}

void run_rank(const Group& group, const std::function<void(Group)>& f) {
    try {
        f(group);
    } catch (const GroupError&) { throw; } catch (...) {
        group.fail(fmt::format("rank {}: {}", group.rank(), present_error()));
        throw;
    }
}

} // namespace

Group::Group() : engine_(one_alone()) {}

Group::Group(std::shared_ptr<GroupEngine> engine, GroupOptions options, Location where)
    : engine_(std::move(engine)), options_(options) {
    if (options_.shards < size())
        throw Error(fmt::format("a group of {} ranks with {} shards; there must be at least one shard for each rank",
                                size(), options_.shards),
                    where);
    if (!(options_.deadline > 0))
        throw Error("a group with a deadline of no time; ranks must have some to wait for each other", where);
}

std::size_t Group::rank() const { return engine_->rank(); }
std::size_t Group::size() const { return engine_->size(); }

GroupPart Group::shards_of(std::size_t rank) const {
    const auto first = [&](std::size_t r) { return (r * shards() + size() - 1) / size(); };
    return {first(rank), first(rank + 1) - first(rank)};
}

GroupPart Group::rows(std::size_t batch, Location where) const {
    if (batch % shards() != 0)
        throw Error(
            fmt::format("rows: a batch of {} rows cannot be cut into {} equal shards; take a multiple of {}, or "
                        "the same ranks with {} shards: group.with_shards(group.shards_for({}))",
                        batch, shards(), shards(), shards_for(batch), batch),
            where);
    const GroupPart own = shards_of(rank());
    return {own.first * (batch / shards()), own.count * (batch / shards())};
}

std::size_t Group::shards_for(std::size_t batch) const {
    for (std::size_t shards = this->shards(); shards > 1; --shards)
        if (batch % shards == 0) return shards;
    return 1;
}

Group Group::for_batch(std::size_t batch) const {
    const std::size_t shards = shards_for(batch);
    return shards < size() ? alone().with_shards(shards) : with_shards(shards);
}

Group Group::with_shards(std::size_t shards, Location where) const {
    return Group(engine_, {.shards = shards, .deadline = options_.deadline}, where);
}

Group Group::alone() const { return Group(one_alone(), options_); }

void Group::barrier(Location where) const { Brought(*this, {"barrier", where}, {}); }

void Group::broadcast(void* data, std::size_t bytes, std::size_t from, Location where) const {
    if (from >= size())
        throw Error(fmt::format("broadcast: from rank {}, and the ranks go from 0 to {}", from, size() - 1), where);
    broadcast_over(*this, {"broadcast", where, bytes}, data, bytes, from);
}

void Group::fail(const std::string& text) const noexcept { engine_->fail(text); }

void run(const Group& group, const std::function<void(Group)>& f) {
    const auto engines = group.engine().here();
    if (engines.empty()) return run_rank(group, f);
    std::vector<std::exception_ptr> errors(engines.size());
    std::vector<std::thread> threads;
    for (std::size_t rank = 0; rank < engines.size(); ++rank)
        threads.emplace_back([&, rank] {
            try {
                run_rank(Group(engines[rank], {.shards = group.shards(), .deadline = group.deadline()}), f);
            } catch (...) { errors[rank] = std::current_exception(); }
        });
    for (std::thread& thread : threads)
        thread.join();
    // The error that the others were told of, if there is one.
    std::exception_ptr first;
    for (const std::exception_ptr& error : errors) {
        if (!error) continue;
        try {
            std::rethrow_exception(error);
        } catch (const GroupError&) {
            if (!first) first = error;
        } catch (...) { std::rethrow_exception(error); }
    }
    if (first) std::rethrow_exception(first);
}

} // namespace xgrad
