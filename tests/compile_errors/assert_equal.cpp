// error: use valid\(\), or scalar<T>\(\) for its value

#undef NDEBUG
#include <cassert>

#include <xgrad/xgrad.hpp>

void check(xgrad::Var x, xgrad::Var y) { assert(x == y); }
