#pragma once
// What the library's ops ask of their operands before they record.

#include <string>

#include <xgrad/core/var.hpp>

namespace xgrad::detail {

/// "cast the int64 one: cast(x, xg::DType::float32)"
std::string advice_to_cast(DType a, DType b);
/// Throws unless x is of real numbers.
void require_floating(const char* op, const Operand& x);
/// What an elementwise op would say of their dtypes, for what changes their shapes before it records one.
void require_one_dtype(const char* op, const Operand& a, const Operand& b);
/// What it would say of both, for an op that is recorded with its operands in the other order.
void require_elementwise(const char* op, const Operand& a, const Operand& b);

} // namespace xgrad::detail
