// error: use valid\(\), or scalar<T>\(\) for its value

#include <algorithm>

#include <xgrad/xgrad.hpp>

xgrad::Var larger(xgrad::Var a, xgrad::Var b) { return std::max(a, b); }
