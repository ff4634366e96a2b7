// error: use valid\(\), or scalar<T>\(\) for its value

#include <xgrad/xgrad.hpp>

bool inside(xgrad::Var x) { return x > 0 && x < 1; }
