#pragma once

#include <vector>

#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// leaf := next, once everything that reads the old value has been read.
struct Update {
    Var leaf;
    Var next;
};

/// What a program computes: the outputs it returns, and the leaves it overwrites.
struct Step {
    std::vector<Var> outputs;
    std::vector<Update> updates;
};

} // namespace xgrad
#pragma GCC visibility pop
