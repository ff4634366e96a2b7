// error: use valid\(\), or scalar<T>\(\) for its value

#include <xgrad/xgrad.hpp>

xgrad::Var relu(xgrad::Var x) { return x > 0 ? x : 0 * x; }
