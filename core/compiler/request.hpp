#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <xgrad/core/options.hpp>

namespace xgrad {

/// All that a program is compiled from, but for the nodes.
struct CompileRequest {
    CompileOptions options;
    std::vector<std::uint32_t> outputs, inputs;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> updates; // leaf, next
};

} // namespace xgrad
