#include <xgrad/models/data/array_set.hpp>

#include <utility>

#include <fmt/format.h>

namespace xgrad::data {

ArraySet::Column::Column(Value given, const char* what, Location where)
    : array(std::make_shared<const Value>(std::move(given))) {
    const Call call("ArraySet", where);
    array->check();
    const Shape& shape = array->type().shape;
    if (array->is_number() || shape.rank() == 0)
        throw Error(fmt::format("the {} are a single number; their first axis must count the examples", what), where);
    type.dtype = array->type().dtype;
    type.shape = Shape(std::span(shape.begin() + 1, shape.end()));
    count = shape[0];
    bytes = type.shape.numel() * size_of(type.dtype);
    elements = static_cast<const std::byte*>(array->data());
}

ArraySet::ArraySet(Value features, Location where) : features_(std::move(features), "features", where) {}

ArraySet::ArraySet(Value features, Value targets, Location where) : ArraySet(std::move(features), where) {
    const Call call("ArraySet", where);
    targets_.emplace(std::move(targets), "targets", where);
    if (targets_->count != features_.count)
        throw Error(
            fmt::format("there are features of {} examples and targets of {}; each example must have its target",
                        features_.count, targets_->count),
            where);
}

const Type& ArraySet::target_type(Location where) const {
    const Call call("target_type", where);
    if (!targets_) throw Error("the set has features alone; make it with targets, ArraySet(features, targets)", where);
    return targets_->type;
}

void ArraySet::check_place(std::size_t i, Location where) const {
    if (i < size()) return;
    throw Error(fmt::format("example {} was asked for, and the set has {}; they are counted from 0", i, size()), where);
}

void ArraySet::check_row(std::size_t i, DType dtype, Location where) const {
    const Call call("row", where);
    check_place(i, where);
    if (dtype != feature_type().dtype)
        throw Error(
            fmt::format("the features are {}, and were asked for as {}", name(feature_type().dtype), name(dtype)),
            where);
}

std::vector<std::int64_t> ArraySet::labels(Location where) const {
    const Call call("labels", where);
    const Type& type = target_type(where);
    if (is_floating(type.dtype) || type.shape.numel() != 1)
        throw Error(fmt::format("the targets are {} {} each; labels are one int64 or uint8 each", name(type.dtype),
                                type.shape.str()),
                    where);
    std::vector<std::int64_t> labels(size());
    for (std::size_t i = 0; i < size(); ++i)
        detail::convert_elements(type.dtype, targets(i), 1, &labels[i]);
    return labels;
}

ArraySet ArraySet::subset(std::span<const std::size_t> places, Location where) const {
    const Call call("subset", where);
    std::vector<std::size_t> rows;
    rows.reserve(places.size());
    for (const std::size_t i : places) {
        check_place(i, where);
        rows.push_back(place(i));
    }
    ArraySet result = *this;
    result.rows_ = std::make_shared<const std::vector<std::size_t>>(std::move(rows));
    return result;
}

} // namespace xgrad::data
