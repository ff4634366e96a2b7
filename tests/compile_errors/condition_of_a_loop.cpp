// error: use valid\(\), or scalar<T>\(\) for its value

#include <xgrad/xgrad.hpp>

void train(xgrad::Var loss) {
    while (loss > 1e-3) {
    }
}
