#pragma once
// What the tests of optimizers share.

#include "../support.hpp"

namespace test {

namespace optim = xgrad::optim;
using xgrad::Var;

} // namespace test
