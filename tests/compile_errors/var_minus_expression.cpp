// error: an array stands beside a Var: make it one with tape.constant\(array\)

#include <xgrad/xgrad.hpp>

auto difference(xgrad::Var x, const xt::xarray<double>& a) { return x - 2 * a; }
