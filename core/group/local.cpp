// Ranks that are threads of one process.

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>

#include <fmt/format.h>

#include <xgrad/core/group/engine.hpp>

namespace xgrad {
namespace {

/// What the ranks have in common: what is under way from each to each.
struct Mail {
    explicit Mail(std::size_t n) : ranks(n), boxes(n * n) {}
    std::deque<std::vector<std::byte>>& box(std::size_t from, std::size_t to) { return boxes[from * ranks + to]; }

    const std::size_t ranks;
    std::mutex mutex;
    std::condition_variable news;
    std::vector<std::deque<std::vector<std::byte>>> boxes;
    std::string failure;
    std::size_t failed = 0; // the rank whose text that is
};

class LocalEngine : public GroupEngine {
  public:
    LocalEngine(std::shared_ptr<Mail> mail, std::size_t rank) : mail_(std::move(mail)), rank_(rank) {}
    std::size_t rank() const override { return rank_; }
    std::size_t size() const override { return mail_->ranks; }

    std::optional<std::size_t> exchange(std::span<const Outgoing> out, std::span<const Incoming> in,
                                        std::chrono::milliseconds deadline) override {
        const auto end = std::chrono::steady_clock::now() + deadline;
        std::unique_lock lock(mail_->mutex);
        for (const Outgoing& o : out) {
            const auto* const data = static_cast<const std::byte*>(o.data);
            mail_->box(rank_, o.to).emplace_back(data, data + o.bytes);
        }
        mail_->news.notify_all();
        for (const Incoming& i : in) {
            auto& box = mail_->box(i.from, rank_);
            mail_->news.wait_until(lock, end, [&] { return !box.empty() || !mail_->failure.empty(); });
            if (box.empty() && !mail_->failure.empty()) throw GroupError(mail_->failure, rank_ != mail_->failed);
            if (box.empty()) return i.from;
            if (!box.front().empty()) std::memcpy(i.data, box.front().data(), std::min(i.bytes, box.front().size()));
            box.pop_front();
        }
        return {};
    }

    void fail(const std::string& text) noexcept override {
        const std::lock_guard lock(mail_->mutex);
        if (mail_->failure.empty()) mail_->failure = text, mail_->failed = rank_;
        mail_->news.notify_all();
    }
    std::string failure() const override {
        const std::lock_guard lock(mail_->mutex);
        return mail_->failure;
    }

    /// The handles of a group come from one rank's: fresh mail for each run of it.
    std::vector<std::shared_ptr<GroupEngine>> here() override {
        const auto mail = std::make_shared<Mail>(mail_->ranks);
        std::vector<std::shared_ptr<GroupEngine>> all;
        for (std::size_t rank = 0; rank < mail->ranks; ++rank)
            all.push_back(std::make_shared<LocalEngine>(mail, rank));
        return all;
    }

  private:
    std::shared_ptr<Mail> mail_;
    std::size_t rank_;
};

} // namespace

Group local_group(std::size_t ranks, GroupOptions options, Location where) {
    const Call call("local_group", where);
    if (ranks == 0) throw Error("a group of no ranks was asked for; there must be at least one", where);
    return Group(std::make_shared<LocalEngine>(std::make_shared<Mail>(ranks), 0), options, where);
}

} // namespace xgrad
