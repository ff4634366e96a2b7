#pragma once
// What the command lines of the programs have in common: checks of numbers, errors in one line, exit statuses.

#include <functional>
#include <stdexcept>
#include <string>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace examples {

/// What is wrong with the command line and what is allowed, in one line.
class OptionError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// A check of an option's text: what is wrong with it, empty if it is as it should be. CLI11 asks for that.
using Check = std::string(const std::string& text);

Check rate;            // a number above 0
Check factor;          // a number of 0 or more
Check whole;           // a whole number of 0 or more
Check count;           // a whole number from 1 to 1000000000
Check threads;         // a whole number from 1 to 1024
Check rule;            // the name of a rule of optim/
Check checkpoint_file; // a name that ends in .npz or .safetensors

/// The text of such a check: nothing if good, else what is allowed and what was found.
std::string unless(bool good, const std::string& allowed, const std::string& text);

/// Has an option's text checked, and numbers read as decimal ones: to CLI11 alone 010 would be 8.
CLI::Option* with_check(CLI::Option* option, Check* check);

/// False if only help was asked for, which it has printed then. Throws OptionError.
bool parse(CLI::App& app, int argc, const char* const* argv);

/// Runs the body of a main function. An error is printed in one line after the program's name; the status is 2 for an
/// OptionError, 1 for any other, and what the body returns if there is none.
int run_program(const char* name, const std::function<int()>& body);

} // namespace examples
