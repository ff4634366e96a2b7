#pragma once

#include <string>

#include <xgrad/core/shape.hpp>

namespace xgrad {

/// The elements as nested braces; of more than a thousand, three at each end of each axis, as NumPy does it.
std::string elements_text(const Type& type, const void* data);

} // namespace xgrad
