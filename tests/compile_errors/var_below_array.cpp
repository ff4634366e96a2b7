// error: an array stands beside a Var: make it one with tape.constant\(array\)

#include <xgrad/xgrad.hpp>

auto mask(xgrad::Var x, const xt::xarray<float>& a) { return x < a; }
