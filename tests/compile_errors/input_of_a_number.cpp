// error: could not convert .5. from .int. to .xgrad::Shape.|cannot convert .int. to .const xgrad::Shape&.|no matching (member )?function

#include <xgrad/xgrad.hpp>

xgrad::Var input(xgrad::Tape& tape) { return tape.input<float>(5); }
