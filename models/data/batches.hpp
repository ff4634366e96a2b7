#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <xgrad/core/group.hpp>
#include <xgrad/models/data/array_set.hpp>

#pragma GCC visibility push(default)
namespace xgrad::data {

/// Some examples of a set, side by side: what a function or a program is called with. It and its arrays last until the
/// next batch of its epoch.
class Batch {
  public:
    /// (size, ...)
    const Value& features() const { return features_; }
    /// (size, ...); an error if the set has none.
    const Value& targets(Location where = Location::current()) const;
    std::size_t size() const { return places_.size(); }
    /// Among how many ranks and shards all examples of this batch are spread, of which these are the rank's own, see
    /// BatchesOptions::group; and how many there are of all.
    const Group& group() const { return group_; }
    std::size_t size_of_all() const { return size_of_all_; }
    /// Which examples of the set they are.
    std::span<const std::size_t> places() const { return places_; }

  private:
    friend class Epoch;
    Batch(Value features, std::optional<Value> targets, std::span<const std::size_t> places, Group group,
          std::size_t size_of_all);
    Value features_;
    std::optional<Value> targets_;
    std::span<const std::size_t> places_;
    Group group_;
    std::size_t size_of_all_;
};

/// The batches of one pass over a set, to be gone through once, by a loop or by next(). It keeps what it needs of its
/// Batches, and belongs to one thread at a time.
class Epoch {
  public:
    class Iterator {
      public:
        using value_type = Batch;
        using difference_type = std::ptrdiff_t;
        const Batch& operator*() const { return *batch_; }
        const Batch* operator->() const { return batch_; }
        Iterator& operator++() { return batch_ = epoch_->next(), *this; }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return !batch_; }

      private:
        friend class Epoch;
        explicit Iterator(Epoch& epoch) : epoch_(&epoch), batch_(epoch.next()) {}
        Epoch* epoch_;
        const Batch* batch_;
    };
    Iterator begin() { return Iterator(*this); }
    std::default_sentinel_t end() const { return {}; }

    /// The next batch; null after the last one.
    const Batch* next();

    Epoch(Epoch&&) noexcept;
    Epoch& operator=(Epoch&&) noexcept;
    ~Epoch();

  private:
    friend class Batches;
    struct Impl;
    explicit Epoch(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

struct BatchesOptions {
    std::size_t batch_size = 32;
    bool shuffle = true;           // another order in each epoch; false: the order of the set
    bool with_replacement = false; // each example is drawn from all of them; an epoch is still as long as the set
    bool drop_last = false;        // leave out a last batch that is smaller than the others
    bool prefetch = false;         // a second thread fills the next two: worth it from about a megabyte a batch on
    std::uint64_t seed = 0;
    /// Each rank gets its rows of each batch: those of its shards, where the batch is cut into as many equal ones as
    /// there may be (Group::for_batch).
    std::optional<Group> group = {};
};

/// Cuts a set into mini-batches. The order in an epoch follows from the seed and the epoch's number alone, on every
/// machine, so a run that is resumed asks for the epoch and the batch where it stopped:
///
///     xg::data::Batches batches({images, labels}, {.batch_size = 100, .seed = 1});
///     for (std::size_t epoch = 0; epoch < 20; ++epoch)
///         for (const xg::data::Batch& batch : batches.epoch(epoch))
///             loss = train(batch.features(), batch.targets()).scalar<float>();
///
/// Batches that are cut in the order of the arrays are read where they lie; others are copied, once.
class Batches {
  public:
    /// The set must have an example, and one whole batch where the last one is dropped.
    explicit Batches(ArraySet set, BatchesOptions options = {}, Location where = Location::current());

    /// How many batches an epoch has.
    std::size_t count() const;
    /// The examples in the order of that epoch, those of a dropped batch left out.
    std::vector<std::size_t> order(std::size_t epoch) const;
    /// The batches of that epoch, from `first` on.
    [[nodiscard]] Epoch epoch(std::size_t number, std::size_t first = 0, Location where = Location::current()) const;

    const ArraySet& set() const { return set_; }
    const BatchesOptions& options() const { return options_; }

  private:
    ArraySet set_;
    BatchesOptions options_;
};

} // namespace xgrad::data
#pragma GCC visibility pop
