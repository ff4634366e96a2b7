#pragma once
// Constants that are told by a few numbers. What has one value everywhere is that number, repeated: it takes no memory.

#include <xgrad/core/tape.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// One value everywhere.
[[nodiscard]] Var full(Tape& tape, const Shape& shape, double value, DType dtype = DType::float64,
                       Location where = Location::current());
[[nodiscard]] Var zeros(Tape& tape, const Shape& shape, DType dtype = DType::float64,
                        Location where = Location::current());
[[nodiscard]] Var ones(Tape& tape, const Shape& shape, DType dtype = DType::float64,
                       Location where = Location::current());
/// With the shape and the dtype of x; its derivative by x is zero.
[[nodiscard]] Var full_like(Operand x, double value);
[[nodiscard]] Var zeros_like(Operand x);
[[nodiscard]] Var ones_like(Operand x);

/// The rows x columns matrix with ones where j = i + offset, zeros elsewhere; columns = 0: as many as rows.
[[nodiscard]] Var eye(Tape& tape, std::size_t rows, std::size_t columns = 0, std::int64_t offset = 0,
                      DType dtype = DType::float64, Location where = Location::current());
/// start, start + step, ... up to stop, which is left out: ceil((stop - start) / step) numbers (numpy.arange). Of int64
/// if asked for, and the numbers must then be whole.
[[nodiscard]] Var arange(Tape& tape, double start, double stop, double step = 1, DType dtype = DType::float64,
                         Location where = Location::current());
/// `count` numbers from start to stop, both among them (numpy.linspace).
[[nodiscard]] Var linspace(Tape& tape, double start, double stop, std::size_t count, DType dtype = DType::float64,
                           Location where = Location::current());

} // namespace xgrad
#pragma GCC visibility pop
