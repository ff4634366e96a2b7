#include "batches.hpp"

#include <algorithm>
#include <numeric>

namespace examples {

Batches::Batches(const Dataset& data, std::size_t batch_size)
    : data_(data), batch_size_(std::clamp<std::size_t>(batch_size, 1, std::max<std::size_t>(data.size(), 1))) {}

std::size_t Batches::size(std::size_t batch) const { return std::min(batch_size_, data_.size() - batch * batch_size_); }

void Batches::shuffle(Random& random) {
    if (order_.empty()) {
        order_.resize(data_.size());
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        feature_buffer_.resize(batch_size_ * data_.width());
        label_buffer_.resize(batch_size_);
    }
    random.shuffle(order_);
}

void Batches::fill(std::size_t batch) {
    const std::size_t first = batch * batch_size_;
    if (order_.empty()) { // they lie side by side already
        features_ = data_.row(first).data();
        labels_ = data_.labels.data() + first;
        return;
    }
    for (std::size_t i = 0; i < size(batch); ++i) {
        const std::size_t row = order_[first + i];
        std::copy_n(data_.row(row).data(), data_.width(), feature_buffer_.data() + i * data_.width());
        label_buffer_[i] = data_.labels.data()[row];
    }
    features_ = feature_buffer_.data();
    labels_ = label_buffer_.data();
}

} // namespace examples
