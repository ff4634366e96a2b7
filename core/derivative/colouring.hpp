#pragma once
// Which columns of a sparse matrix one product with a vector may give together.

#include <cstddef>
#include <vector>

#include <xgrad/core/sparse.hpp>

namespace xgrad {

Sparsity transposed(const Sparsity& p);

/// The columns of a matrix in groups. The products are those of the matrix with a vector for each group, the sum of its
/// unit vectors, one after the other: (groups, rows).
struct Groups {
    std::vector<std::size_t> of; // the group of each column
    std::size_t count = 0;
    std::vector<std::size_t> places; // in the products, of each element of the matrix
};

/// No two columns of one group have a row in common, so each element of a product is one of the matrix: the greedy
/// algorithm of Curtis, Powell and Reid 1974.
Groups groups_of_columns(const Sparsity& p);

/// The same of a symmetric matrix, of whose elements (i, j) and (j, i) one has to be seen: neighbours in its graph are
/// of different groups, and so are those on a path of four, which are of three groups at least (a star colouring:
/// Gebremedhin, Manne and Pothen 2005, "What color is your Jacobian?", section 4).
Groups groups_of_symmetric(const Sparsity& p);

} // namespace xgrad
