#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include <xgrad/core/value.hpp>

#pragma GCC visibility push(default)
namespace xgrad::data {

/// Examples, one for each place along the first axis of its arrays: features (N, ...) and, if there are any, targets
/// (N, ...): labels, or what a regression is to give. Any dtype stays as it is; 8-bit images take a byte a pixel. As
/// with every Value, an array that lies densely is read where it lies and must live as long as the set, and one that is
/// moved in is kept. Copies and subsets share the arrays.
class ArraySet {
  public:
    explicit ArraySet(Value features, Location where = Location::current());
    ArraySet(Value features, Value targets, Location where = Location::current());

    std::size_t size() const { return rows_ ? rows_->size() : features_.count; }
    bool has_targets() const { return targets_.has_value(); }

    /// dtype and shape of one example's features, and of its target. Without targets, the latter is an error.
    const Type& feature_type() const { return features_.type; }
    const Type& target_type(Location where = Location::current()) const;

    /// The elements of example i, in row-major order; i < size().
    const std::byte* features(std::size_t i) const { return features_.row(place(i)); }
    const std::byte* targets(std::size_t i) const { return targets_->row(place(i)); }
    /// The elements of example i's features; T is float, double, std::int64_t or std::uint8_t, as they are.
    template <class T>
    std::span<const T> row(std::size_t i, Location where = Location::current()) const {
        static_assert(std::is_same_v<T, stored_t<T>>, "elements are float, double, std::int64_t or std::uint8_t");
        check_row(i, dtype_of<T>(), where);
        return {reinterpret_cast<const T*>(features(i)), feature_type().shape.numel()};
    }
    /// Whether the examples lie one after the other in memory.
    bool contiguous() const { return !rows_; }

    /// Targets that are one integer each, int64 or uint8.
    std::vector<std::int64_t> labels(Location where = Location::current()) const;

    /// The examples at these places, in that order; the arrays are not copied. A place may come more than once.
    [[nodiscard]] ArraySet subset(std::span<const std::size_t> places, Location where = Location::current()) const;

  private:
    struct Column {
        Column(Value array, const char* what, Location where);
        const std::byte* row(std::size_t i) const { return elements + i * bytes; }

        std::shared_ptr<const Value> array;
        Type type; // of a row
        std::size_t count = 0, bytes = 0;
        const std::byte* elements = nullptr;
    };
    std::size_t place(std::size_t i) const { return rows_ ? (*rows_)[i] : i; }
    void check_place(std::size_t i, Location where) const;
    void check_row(std::size_t i, DType dtype, Location where) const;

    Column features_;
    std::optional<Column> targets_;
    std::shared_ptr<const std::vector<std::size_t>> rows_; // of a subset
};

} // namespace xgrad::data
#pragma GCC visibility pop
