#pragma once
// Several arrays of one dtype as one: an op has one result, and what gives more puts them one after the other.

#include <vector>

#include <xgrad/core/op.hpp>

namespace xgrad {

/// The elements from `first` on, in a shape.  Its vjp puts the adjoint back among zeros.
[[nodiscard]] Var part(Var packed, std::size_t first, const Shape& shape);

/// The elements of all, one after the other: (n). They have one dtype.
[[nodiscard]] Var pack(const std::vector<Var>& parts);

/// The same of each example: parts (examples, ...), packed (examples, n).
[[nodiscard]] Var pack_each(std::size_t examples, const std::vector<Var>& parts);

/// Where arrays of several dtypes lie once those of each dtype are one after the other.
class Packing {
  public:
    explicit Packing(std::vector<Type> types);

    std::size_t size() const { return types_.size(); }
    const Type& type(std::size_t i) const { return types_[i]; }
    std::size_t bytes(std::size_t i) const { return types_[i].shape.numel() * size_of(types_[i].dtype); }
    /// The first element of array i among those of its dtype.
    std::size_t first(std::size_t i) const { return first_[i]; }
    /// How many elements of a dtype there are.
    std::size_t count(DType dtype) const { return count_[static_cast<std::size_t>(dtype)]; }
    /// The dtypes that there are.
    std::vector<DType> dtypes() const;

  private:
    std::vector<Type> types_;
    std::vector<std::size_t> first_;
    std::array<std::size_t, dtype_count> count_{};
};

} // namespace xgrad
