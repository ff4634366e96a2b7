#pragma once

#include <string_view>
#include <vector>

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// Einstein's summation of arrays, as numpy.einsum: each letter names an axis, what is missing after `->` is summed
/// over, a letter twice in one operand is its diagonal, `...` stands for axes without a letter, which broadcast.
/// Without `->` the result has the letters that occur once, in alphabetical order. Extents of one letter must be equal
/// or 1.
///
///     einsum("ij,jk->ik", a, b)    matmul                  einsum("ii->i", a)      diagonal
///     einsum("bij,bj->bi", a, x)   a batch of them         einsum("...ij->...ji", a)
///     einsum("i,ij,j->", x, a, y)  a bilinear form         einsum("ab,bc,cd->ad", a, b, c)
///
/// Made of transpose, reshape, matmul, multiply and sum, and differentiated through them. Of several operands the two
/// whose product takes the fewest multiplications are taken first, and so on.
[[nodiscard]] Var einsum(std::string_view equation, Operand a, Location where = Location::current());
[[nodiscard]] Var einsum(std::string_view equation, Operand a, Operand b, Location where = Location::current());
[[nodiscard]] Var einsum(std::string_view equation, Operand a, Operand b, Operand c,
                         Location where = Location::current());
[[nodiscard]] Var einsum(std::string_view equation, const std::vector<Var>& operands,
                         Location where = Location::current());

} // namespace xgrad
#pragma GCC visibility pop
