#pragma once

#include <string>

#include <xgrad/core/tape.hpp>

namespace xgrad::models {

/// A parameter of normally distributed numbers of mean 0; the same for a seed on every machine.
Var normal_parameter(Tape& tape, const Shape& shape, double standard_deviation, std::uint64_t seed, DType dtype,
                     const std::string& name, Location where = Location::current());
/// A parameter, and a state, of one number everywhere.
Var filled_parameter(Tape& tape, const Shape& shape, double number, DType dtype, const std::string& name,
                     Location where = Location::current());
Var filled_state(Tape& tape, const Shape& shape, double number, DType dtype, const std::string& name,
                 Location where = Location::current());

} // namespace xgrad::models
