// error: use valid\(\), or scalar<T>\(\) for its value

#include <xgrad/xgrad.hpp>

double smaller(xgrad::Var a, xgrad::Var b) {
    if (a < b) return 1;
    return 0;
}
