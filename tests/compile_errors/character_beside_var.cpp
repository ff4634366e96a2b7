// error: no match for .operator\+.|invalid operands to binary expression

#include <xgrad/xgrad.hpp>

xgrad::Var shifted(xgrad::Var x) { return x + 'a'; }
