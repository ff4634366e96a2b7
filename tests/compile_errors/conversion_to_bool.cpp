// error: cannot convert .xgrad::Var. to .bool.|no viable conversion from .xgrad::Var. to .bool.

#include <xgrad/xgrad.hpp>

bool positive(xgrad::Var x) {
    bool result = x > 0;
    return result;
}
