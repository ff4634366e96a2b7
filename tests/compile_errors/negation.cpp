// error: use valid\(\), or scalar<T>\(\) for its value

#include <xgrad/xgrad.hpp>

bool outside(xgrad::Var mask) { return !mask; }
