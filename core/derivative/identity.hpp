#pragma once
// The matrix whose rows, or columns, are the directions of a Jacobian.

#include <cstddef>

#include <xgrad/core/var.hpp>

namespace xgrad {

class Graph;

/// Ones on the diagonal, zeros elsewhere; its rows are made where they are read.
Var identity_matrix(Graph& graph, std::size_t extent, DType dtype);
/// Whether it is one.
bool is_identity_matrix(Var x);

} // namespace xgrad
