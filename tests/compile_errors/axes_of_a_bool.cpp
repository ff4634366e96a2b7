// error: could not convert .true. from .bool. to .xgrad::Dims.|cannot convert .bool. to .const xgrad::Dims&.|invalid initialization of reference of type .const xgrad::Dims&.|no matching function|no viable conversion from .bool. to .const xgrad::Dims.

#include <xgrad/xgrad.hpp>

xgrad::Var total(xgrad::Var x) { return sum(x, true); }
