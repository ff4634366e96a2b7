#pragma once
// Sums of many small arrays, each put somewhere into a large array of zeros: the adjoint of an array that is read in
// many pieces.

#include <memory>
#include <span>

#include <xgrad/core/var.hpp>

namespace xgrad {

class Graph;

/// The sum of nodes of one shape whose ops have `add`, as one node: zeros are written once, and each piece is added
/// where it belongs, in the order given. So n pieces of one array cost what the pieces and the array have of elements,
/// not n arrays.
Var sum_of_pieces(Graph& graph, std::span<const Var> nodes);

} // namespace xgrad
