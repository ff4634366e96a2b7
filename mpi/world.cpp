#include <xgrad/mpi/world.hpp>

#include <mpi.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include <xgrad/core/group/meeting.hpp>
#include <xgrad/core/threads.hpp>

namespace xgrad::mpi {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int data_tag = 1, failure_tag = 2;
constexpr std::size_t most_bytes = std::size_t{1} << 30; // of one message, which MPI counts by an int

[[noreturn]] void fail_mpi(const char* function, int code) {
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    throw GroupError(fmt::format("{}: {}", function, text.data()));
}
#define XGRAD_MPI(function, ...)                                                                                       \
    if (const int code = function(__VA_ARGS__); code != MPI_SUCCESS) fail_mpi(#function, code)

class MpiEngine : public GroupEngine {
  public:
    MpiEngine() {
        int initialized = 0;
        MPI_Initialized(&initialized);
        if (!initialized) {
            int provided = 0;
            XGRAD_MPI(MPI_Init_thread, nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
            ours_ = true;
        }
        XGRAD_MPI(MPI_Comm_dup, MPI_COMM_WORLD, &comm_); // nobody else's messages are in it
        MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
        MPI_Comm_rank(comm_, &rank_);
        MPI_Comm_size(comm_, &size_);
        share_processors();
    }

    std::size_t rank() const override { return static_cast<std::size_t>(rank_); }
    std::size_t size() const override { return static_cast<std::size_t>(size_); }

    std::optional<std::size_t> exchange(std::span<const Outgoing> out, std::span<const Incoming> in,
                                        std::chrono::milliseconds deadline) override {
        const std::lock_guard lock(mutex_);
        throw_failure();
        requests_.clear();
        peers_.clear();
        for (const Incoming& i : in)
            pieces(i.bytes, [&](std::size_t first, int bytes) {
                peers_.push_back(i.from);
                XGRAD_MPI(MPI_Irecv, static_cast<char*>(i.data) + first, bytes, MPI_BYTE, static_cast<int>(i.from),
                          data_tag, comm_, &requests_.emplace_back());
            });
        const std::size_t receives = requests_.size();
        for (const Outgoing& o : out)
            pieces(o.bytes, [&](std::size_t first, int bytes) {
                peers_.push_back(o.to);
                XGRAD_MPI(MPI_Isend, static_cast<const char*>(o.data) + first, bytes, MPI_BYTE, static_cast<int>(o.to),
                          data_tag, comm_, &requests_.emplace_back());
            });
        struct Abandon { // the memory that is received into may not be there later
            MpiEngine& engine;
            std::size_t receives;
            ~Abandon() { engine.abandon(receives); }
        } const abandon{*this, receives};
        if (wait(deadline)) return {};
        look_for_failure();
        for (std::size_t i = 0; i < requests_.size(); ++i) {
            int done = 0;
            XGRAD_MPI(MPI_Test, &requests_[i], &done, MPI_STATUS_IGNORE);
            if (!done) return peers_[i];
        }
        return {};
    }

    bool all_reduce(DType dtype, void* data, std::size_t count, std::chrono::milliseconds deadline) override {
        if (!is_floating(dtype)) return false;
        const std::lock_guard lock(mutex_);
        throw_failure();
        requests_.clear();
        const MPI_Datatype type = dtype == DType::float32 ? MPI_FLOAT : MPI_DOUBLE;
        const std::size_t bucket = (std::size_t{4} << 20) / size_of(dtype);
        for (std::size_t first = 0; first < count; first += bucket)
            XGRAD_MPI(MPI_Iallreduce, MPI_IN_PLACE, static_cast<char*>(data) + first * size_of(dtype),
                      static_cast<int>(std::min(bucket, count - first)), type, MPI_SUM, comm_,
                      &requests_.emplace_back());
        if (wait(deadline)) return true;
        throw GroupError(fmt::format("MPI_Iallreduce has not ended after {:.6g} s: a rank did not arrive",
                                     static_cast<double>(deadline.count()) / 1000));
    }

    void fail(const std::string& text) noexcept override {
        const std::lock_guard lock(mutex_);
        if (!failure_.empty() || size_ == 1) {
            if (failure_.empty()) failure_ = text;
            return;
        }
        failure_ = text;
        std::vector<MPI_Request> sent;
        for (int to = 0; to < size_; ++to)
            if (to != rank_)
                MPI_Isend(failure_.data(), static_cast<int>(failure_.size()), MPI_BYTE, to, failure_tag, comm_,
                          &sent.emplace_back());
        int done = 0;
        for (const auto end = Clock::now() + std::chrono::seconds(1); !done && Clock::now() < end; rest(1000))
            MPI_Testall(static_cast<int>(sent.size()), sent.data(), &done, MPI_STATUSES_IGNORE);
    }

    std::string failure() const override { return failure_; }
    bool finalizes() const { return ours_; }

  private:
    /// At least one, which may be empty.
    template <class F>
    static void pieces(std::size_t bytes, F f) {
        std::size_t first = 0;
        do {
            const std::size_t count = std::min(most_bytes, bytes - first);
            f(first, static_cast<int>(count));
            first += count;
        } while (first < bytes);
    }

    void abandon(std::size_t receives) {
        for (std::size_t i = 0; i < requests_.size(); ++i) {
            if (requests_[i] == MPI_REQUEST_NULL) continue;
            if (i < receives) MPI_Cancel(&requests_[i]);
            MPI_Request_free(&requests_[i]);
        }
        requests_.clear();
    }

    /// False once the time is over.
    bool wait(std::chrono::milliseconds deadline) {
        const auto end = Clock::now() + deadline;
        for (std::size_t looks = 0;; ++looks) {
            int done = 0;
            XGRAD_MPI(MPI_Testall, static_cast<int>(requests_.size()), requests_.data(), &done, MPI_STATUSES_IGNORE);
            if (done) return true;
            if (looks % 16 == 15) look_for_failure();
            if (looks % 64 == 63 && Clock::now() > end) return false;
            rest(looks);
        }
    }

    /// Whoever has waited for long lets others have the processor.
    static void rest(std::size_t looks) {
        if (looks > 500)
            std::this_thread::sleep_for(std::chrono::microseconds(20));
        else if (looks > 100)
            sched_yield();
    }

    void look_for_failure() {
        int there = 0, length = 0;
        MPI_Status status;
        XGRAD_MPI(MPI_Iprobe, MPI_ANY_SOURCE, failure_tag, comm_, &there, &status);
        if (!there) return;
        MPI_Get_count(&status, MPI_BYTE, &length);
        failure_.resize(static_cast<std::size_t>(length));
        XGRAD_MPI(MPI_Recv, failure_.data(), length, MPI_BYTE, status.MPI_SOURCE, failure_tag, comm_,
                  MPI_STATUS_IGNORE);
        told_ = true;
        throw_failure();
    }
    void throw_failure() const {
        if (!failure_.empty()) throw GroupError(failure_, told_);
    }

    /// The threads of this process, so that those of all on its machine are as many as there are processors.
    void share_processors() const {
        if (std::getenv("XGRAD_THREADS")) return;
        MPI_Comm here;
        int count = 1;
        MPI_Comm_split_type(comm_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &here);
        MPI_Comm_size(here, &count);
        MPI_Comm_free(&here);
        if (count > 1) set_num_threads(std::max<std::size_t>(1, num_threads() / static_cast<std::size_t>(count)));
    }

    MPI_Comm comm_ = MPI_COMM_NULL;
    int rank_ = 0, size_ = 1;
    bool ours_ = false, told_ = false;
    std::mutex mutex_;
    std::string failure_;
    std::vector<MPI_Request> requests_;
    std::vector<std::size_t> peers_; // of each request
};

std::shared_ptr<MpiEngine> engine; // from the first call until the program ends
std::terminate_handler terminate_before = nullptr;

/// The others are told why this rank ends, and whoever was told ends without a word.
[[noreturn]] void tell_and_terminate() {
    std::string text = "it was terminated";
    bool own = true, told = false;
    try {
        if (std::current_exception()) throw;
    } catch (const GroupError& error) {
        text = error.what();
        own = false;
        told = error.told();
    } catch (const std::exception& error) { text = error.what(); } catch (...) {
    }
    if (!engine || engine->size() == 1) terminate_before();
    if (own) text = fmt::format("rank {}: {}", engine->rank(), text);
    if (told)
        std::this_thread::sleep_for(std::chrono::seconds(1)); // the first one to end takes all others with it
    else
        fmt::print(stderr, "terminated: {}\n", text);
    engine->fail(text);
    std::_Exit(1);
}

/// At the end of the program all ranks meet once more: one that is elsewhere learns that the others are not coming.
void end() {
    if (!engine->finalizes()) return;
    bool together = engine->failure().empty();
    try {
        if (together) Brought(Group(engine, {.shards = engine->size()}), {"the end of its program", {}}, {});
    } catch (const std::exception& error) { together = false; }
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (together && !finalized) MPI_Finalize();
}

} // namespace

Group world(GroupOptions options, Location where) {
    const Call call("world", where);
    if (!engine) {
        engine = std::make_shared<MpiEngine>();
        terminate_before = std::set_terminate(tell_and_terminate);
        std::atexit(end);
    }
    return Group(engine, options, where);
}

bool launched() {
    const auto known = [](const char* variable) { return std::getenv(variable) != nullptr; };
    return known("OMPI_COMM_WORLD_RANK") || known("PMI_RANK") || known("PMIX_RANK");
}

} // namespace xgrad::mpi
