#include <xgrad/ops/strided.hpp>

namespace xgrad {

StridedPlaces::StridedPlaces(const Shape& extents, const Shape& whole, const Dims& start, const Dims& step)
    : empty_(extents.numel() == 0) {
    const Layout plain = Layout::contiguous(whole);
    for (std::size_t axis = 0; axis < extents.rank(); ++axis) {
        offset_ += start[axis] * plain.strides[axis];
        if (extents[axis] == 1) continue;
        const std::int64_t stride = step[axis] * plain.strides[axis];
        if (rank_ > 0 && strides_[rank_ - 1] == stride * static_cast<std::int64_t>(extents[axis])) {
            extents_[rank_ - 1] *= extents[axis];
            strides_[rank_ - 1] = stride;
        } else {
            extents_[rank_] = extents[axis];
            strides_[rank_++] = stride;
        }
    }
    for (; rank_ < 2; ++rank_) { // axes of one element in front
        extents_[1] = extents_[0], strides_[1] = strides_[0];
        extents_[0] = 1, strides_[0] = 0;
        if (rank_ == 0) extents_[1] = 1, strides_[1] = 0;
    }
}

} // namespace xgrad
