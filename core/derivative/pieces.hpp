#pragma once
// Sums of many small arrays, each put somewhere into a large array of zeros: the adjoint of an array that is read in
// many pieces.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include <xgrad/core/var.hpp>

namespace xgrad {

class Graph;

/// Adjoints that have pieces among their terms, nodes whose ops have `add`, and more than one term.
class AdjointsInPieces {
  public:
    explicit AdjointsInPieces(Graph& graph) : graph_(graph) {}
    void add(std::uint32_t node, Var first, Var term);
    /// A few terms are added as they came. Of many, the pieces go in one node: zeros are written once, and each piece is
    /// added where it belongs, in the order given. So n pieces of one array cost what the pieces and the array have of
    /// elements, not n arrays.
    Var sum(std::uint32_t node, Var only);

  private:
    static constexpr std::size_t few = 2;
    Graph& graph_;
    std::unordered_map<std::uint32_t, std::vector<Var>> terms_;
};

} // namespace xgrad
