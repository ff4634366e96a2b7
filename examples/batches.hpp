#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <xgrad/core/array.hpp>

#include "dataset.hpp"
#include "random.hpp"

namespace examples {

/// Cuts a data set into batches; the last one is smaller if the numbers do not divide. No example is left out.
class Batches {
  public:
    /// Reads the data set for as long as it lives. A batch is never larger than the data set.
    Batches(const Dataset& data, std::size_t batch_size);

    std::size_t count() const { return (data_.size() + batch_size_ - 1) / batch_size_; }
    std::size_t size(std::size_t batch) const;

    /// Another order from now on; without it, batches are cut in the order of the data set.
    void shuffle(Random& random);

    /// Calls visit(features, labels) with two arrays, which are gone afterwards.
    template <class Visit>
    void visit(std::size_t batch, Visit visit) {
        const std::size_t rows = size(batch);
        fill(batch);
        const auto array = [](auto* data, std::vector<std::size_t> shape) {
            std::size_t elements = 1;
            for (const std::size_t extent : shape)
                elements *= extent;
            return xt::adapt(data, elements, xt::no_ownership(), shape);
        };
        visit(array(features_, {rows, data_.width()}), array(labels_, {rows}));
    }

  private:
    void fill(std::size_t batch);

    const Dataset& data_;
    std::size_t batch_size_;
    std::vector<std::size_t> order_; // empty: as they stand
    std::vector<float> feature_buffer_;
    std::vector<std::int64_t> label_buffer_;
    const float* features_ = nullptr;
    const std::int64_t* labels_ = nullptr;
};

} // namespace examples
