#pragma once
// Opaque ops that do nothing but move elements.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace xgrad {

class Graph;

/// Where an element of a result is taken from: an element of an input, or it is a zero, if the input is -1.
struct MoveSource {
    std::int64_t input = -1;
    std::size_t element = 0;
};

/// Of each element of the node where it is taken from, if all that its op does is to move elements; else none. That is
/// tried out with ops that have a vmap: a linear op that gives back random numbers that it is given, twice over from the
/// same places, moves them; another linear map could hit them by chance alone.
std::optional<std::vector<MoveSource>> moves_of(const Graph& graph, std::uint32_t node);

} // namespace xgrad
