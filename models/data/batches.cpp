#include <xgrad/models/data/batches.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include <xgrad/models/data/prefetch.hpp>
#include <xgrad/models/data/shuffle.hpp>

namespace xgrad::data {
namespace {

/// Memory for the rows of a batch; not filled in, as a std::vector's would be.
struct Buffer {
    std::unique_ptr<std::byte[]> features, targets;
};

/// `count` rows that lie at `elements`, as a Value that refers to them.
Value rows_at(const std::byte* elements, const Type& row, std::size_t count, Location where) {
    return detail::visit(row.dtype, [&](auto zero) {
        std::vector<std::size_t> shape{count};
        shape.insert(shape.end(), row.shape.begin(), row.shape.end());
        const auto* first = reinterpret_cast<const decltype(zero)*>(elements);
        return Value(xt::adapt(first, count * row.shape.numel(), xt::no_ownership(), shape), where);
    });
}

std::size_t bytes_of(const Type& row) { return row.shape.numel() * size_of(row.dtype); }

} // namespace

Batch::Batch(Value features, std::optional<Value> targets, std::span<const std::size_t> places, Group group,
             std::size_t size_of_all)
    : features_(std::move(features)), targets_(std::move(targets)), places_(places), group_(std::move(group)),
      size_of_all_(size_of_all) {}

const Value& Batch::targets(Location where) const {
    const Call call("targets", where);
    if (!targets_) throw Error("the set has features alone; make it with targets, ArraySet(features, targets)", where);
    return *targets_;
}

struct Epoch::Impl {
    ArraySet set;
    std::vector<std::size_t> order;
    std::size_t batch_size, count, next;
    bool in_place; // the batches lie side by side already
    std::optional<Group> group;
    Location where;
    std::array<Buffer, Prefetch::slots> buffers;
    std::optional<Batch> batch;
    std::optional<Prefetch> prefetch; // last: its thread fills the buffers

    std::size_t size_of_all(std::size_t i) const { return std::min(batch_size, order.size() - i * batch_size); }
    std::span<const std::size_t> places(std::size_t i) const {
        const std::size_t size = size_of_all(i);
        const auto all = std::span(order).subspan(i * batch_size, size);
        if (!group) return all;
        const GroupPart own = group->for_batch(size).rows(size);
        return all.subspan(own.first, own.count);
    }

    /// Not filled; std::make_unique_for_overwrite came late to libc++.
    static std::unique_ptr<std::byte[]> memory(std::size_t bytes) {
        return std::unique_ptr<std::byte[]>(new std::byte[bytes]);
    }

    void allocate(std::size_t slots) {
        for (std::size_t slot = 0; slot < slots; ++slot) {
            buffers[slot].features = memory(batch_size * bytes_of(set.feature_type()));
            if (set.has_targets()) buffers[slot].targets = memory(batch_size * bytes_of(set.target_type()));
        }
    }

    void fill(std::size_t i, std::size_t slot) {
        std::byte *features = buffers[slot].features.get(), *targets = buffers[slot].targets.get();
        const std::size_t width = bytes_of(set.feature_type()), depth = targets ? bytes_of(set.target_type()) : 0;
        for (const std::size_t place : places(i)) {
            std::memcpy(features, set.features(place), width);
            features += width;
            if (!targets) continue;
            std::memcpy(targets, set.targets(place), depth);
            targets += depth;
        }
    }

    /// The batch whose rows lie there.
    void refer(std::size_t i, const std::byte* features, const std::byte* targets) {
        const std::size_t size = places(i).size();
        batch.emplace(
            Batch(rows_at(features, set.feature_type(), size, where),
                  set.has_targets() ? std::optional(rows_at(targets, set.target_type(), size, where)) : std::nullopt,
                  places(i), group ? group->for_batch(size_of_all(i)) : Group(), size_of_all(i)));
    }
};

const Batch* Epoch::next() {
    Impl& epoch = *impl_;
    if (epoch.next >= epoch.count) {
        epoch.batch.reset();
        return nullptr;
    }
    const std::size_t i = epoch.next;
    if (epoch.in_place) {
        const std::size_t first = epoch.places(i).front();
        epoch.refer(i, epoch.set.features(first), epoch.set.has_targets() ? epoch.set.targets(first) : nullptr);
    } else {
        std::size_t slot = 0;
        if (epoch.prefetch)
            slot = *epoch.prefetch->next();
        else
            epoch.fill(i, slot);
        epoch.refer(i, epoch.buffers[slot].features.get(), epoch.buffers[slot].targets.get());
    }
    ++epoch.next;
    return &*epoch.batch;
}

Epoch::Epoch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Epoch::Epoch(Epoch&&) noexcept = default;
Epoch& Epoch::operator=(Epoch&&) noexcept = default;
Epoch::~Epoch() = default;

Batches::Batches(ArraySet set, BatchesOptions options, Location where) : set_(std::move(set)), options_(options) {
    const Call call("Batches", where);
    if (options_.batch_size == 0)
        throw Error("batches of 0 examples were asked for; batch_size must be at least 1", where);
    if (set_.size() == 0) throw Error("the set has no examples", where);
    if (options_.with_replacement && !options_.shuffle)
        throw Error("drawing with_replacement was asked for without shuffle; what is drawn has no order of its own",
                    where);
    if (count() == 0)
        throw Error(fmt::format("a set of {} examples has no whole batch of {}, and drop_last leaves out others; take "
                                "a smaller batch_size",
                                set_.size(), options_.batch_size),
                    where);
}

std::size_t Batches::count() const {
    return set_.size() / options_.batch_size + (!options_.drop_last && set_.size() % options_.batch_size != 0);
}

std::vector<std::size_t> Batches::order(std::size_t epoch) const {
    std::vector<std::size_t> order(set_.size());
    SplitMix random = random_stream(options_.seed, epoch);
    if (options_.with_replacement)
        std::generate(order.begin(), order.end(), [&] { return below(random, set_.size()); });
    else if (options_.shuffle)
        order = permutation(random, set_.size());
    else
        std::iota(order.begin(), order.end(), std::size_t{0});
    if (options_.drop_last) order.resize(count() * options_.batch_size);
    return order;
}

Epoch Batches::epoch(std::size_t number, std::size_t first, Location where) const {
    const Call call("epoch", where);
    if (first > count())
        throw Error(fmt::format("batch {} was asked for, and an epoch has {} of them", first, count()), where);
    std::unique_ptr<Epoch::Impl> epoch(new Epoch::Impl{.set = set_,
                                                       .order = order(number),
                                                       .batch_size = std::min(options_.batch_size, set_.size()),
                                                       .count = count(),
                                                       .next = first,
                                                       .in_place = !options_.shuffle && set_.contiguous(),
                                                       .group = options_.group,
                                                       .where = where,
                                                       .buffers = {},
                                                       .batch = {},
                                                       .prefetch = {}});
    if (!epoch->in_place) {
        epoch->allocate(options_.prefetch ? Prefetch::slots : 1);
        if (options_.prefetch)
            epoch->prefetch.emplace(first, epoch->count,
                                    [impl = epoch.get()](std::size_t i, std::size_t slot) { impl->fill(i, slot); });
    }
    return Epoch(std::move(epoch));
}

} // namespace xgrad::data
