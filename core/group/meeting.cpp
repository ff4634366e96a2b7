#include <xgrad/core/group/meeting.hpp>

#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include <xgrad/core/base/memory.hpp>

namespace xgrad {
namespace {

/// What stands in front of what a rank brings.
struct Header {
    std::uint64_t program, bytes;
    std::array<char, 112> place; // "all_sum, train.cpp:41"
    bool operator==(const Header&) const = default;
};
constexpr std::size_t message = sizeof(Header) + small_message;

std::string place_of(const Meeting& meeting) {
    return meeting.where.known() ? fmt::format("{}, {}", meeting.op, meeting.where.str()) : meeting.op;
}

[[noreturn]] void fail(const Group& group, const std::string& text) {
    group.fail(text);
    throw GroupError(group.engine().failure()); // which may be that of another rank
}

void wait(const Group& group, const Meeting& meeting, std::span<const Outgoing> out, std::span<const Incoming> in) {
    if (const auto late = group.engine().exchange(out, in, deadline_of(group)))
        fail(group,
             fmt::format("rank {} did not arrive at {}, after {:.6g} s", *late, place_of(meeting), group.deadline()));
}

/// All ranks compare with rank 0, so that they say the same.
void require_same(const Group& group, const std::byte* all) {
    Header first, its;
    std::memcpy(&first, all, sizeof(Header));
    for (std::size_t rank = 1; rank < group.size(); ++rank) {
        std::memcpy(&its, all + rank * message, sizeof(Header));
        const std::string a = first.place.data(), b = its.place.data();
        if (a != b)
            fail(group, fmt::format("rank {} is at {}, and rank 0 at {}; all ranks must record and call the same "
                                    "programs in the same order",
                                    rank, b, a));
        if (its.program != first.program)
            fail(group, fmt::format("at {} rank {} has recorded another program than rank 0: ops, dtypes or shapes "
                                    "differ; all ranks must record the same",
                                    a, rank));
    }
}

} // namespace

namespace {

/// Memory of a thread. It can be had again after it was given back, when the program ends.
constexpr std::size_t scratches = 5, scratch_of_brought = 4;
constinit thread_local std::array<Buffer*, scratches> kept{};
struct GiveBack {
    ~GiveBack() {
        for (Buffer*& buffer : kept)
            delete std::exchange(buffer, nullptr);
    }
};

} // namespace

std::byte* group_scratch(std::size_t number, std::size_t bytes) {
    static thread_local const GiveBack at_the_end;
    Buffer*& buffer = kept[number];
    if (!buffer || buffer->bytes() < bytes) {
        delete std::exchange(buffer, nullptr);
        buffer = new Buffer(bytes);
    }
    return buffer->data();
}

Brought::Brought(const Group& group, const Meeting& meeting, std::span<const std::byte> own)
    : all_(group_scratch(scratch_of_brought, group.size() * message)) {
    const std::size_t ranks = group.size(), rank = group.rank();
    Header header{meeting.program, own.size(), {}};
    const std::string place = place_of(meeting);
    std::copy_n(place.data(), std::min(place.size(), header.place.size() - 1), header.place.data());
    std::byte* const mine = all_ + rank * message;
    std::memcpy(mine, &header, sizeof(header));
    if (!own.empty()) std::memcpy(mine + sizeof(header), own.data(), own.size());
    std::vector<Outgoing> out;
    std::vector<Incoming> in;
    for (std::size_t k = 1; k < ranks; ++k) {
        const std::size_t to = (rank + k) % ranks, from = (rank + ranks - k) % ranks;
        out.push_back({to, mine, sizeof(header) + own.size()});
        in.push_back({from, all_ + from * message, message});
    }
    wait(group, meeting, out, in);
    require_same(group, all_);
}

std::span<const std::byte> Brought::of(std::size_t rank) const {
    const std::byte* const its = all_ + rank * message;
    Header header;
    std::memcpy(&header, its, sizeof(header));
    return {its + sizeof(header), static_cast<std::size_t>(header.bytes)};
}

void exchange(const Group& group, const Meeting& meeting, std::span<const Outgoing> out, std::span<const Incoming> in) {
    wait(group, meeting, out, in);
}

void broadcast_over(const Group& group, const Meeting& meeting, void* data, std::size_t bytes, std::size_t from) {
    auto* const its = static_cast<std::byte*>(data);
    const bool small = bytes <= small_message, ours = group.rank() == from;
    const Brought brought(group, meeting, small && ours ? std::span(its, bytes) : std::span<std::byte>());
    if (small) {
        if (!ours && bytes != 0) std::memcpy(data, brought.of(from).data(), bytes);
        return;
    }
    std::vector<Outgoing> out;
    std::vector<Incoming> in;
    if (!ours) in.push_back({from, data, bytes});
    for (std::size_t to = 0; ours && to < group.size(); ++to)
        if (to != from) out.push_back({to, data, bytes});
    exchange(group, meeting, out, in);
}

} // namespace xgrad
