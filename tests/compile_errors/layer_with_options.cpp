// error: .*a function that needs more arguments stands in a lambda
#include <xgrad/xgrad.hpp>

// leaky_relu takes a slope as well, which is not whether the model trains.
xgrad::models::Sequential wrong() { return xgrad::models::Sequential(xgrad::leaky_relu); }
