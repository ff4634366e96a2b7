// What a user holds of a compiled program and of its results.

#include <xgrad/core/program.hpp>

#include <fmt/format.h>

#include <xgrad/core/execute.hpp>

namespace xgrad {

Results Program::call(std::span<const detail::Argument* const> arguments) { return executable_->call(arguments); }
std::string Program::str() const {
    const std::string text = executable_->plan->str();
    if (!executable_->constants) return text;
    return fmt::format("from constants, once:\n{}at each call:\n{}", executable_->constants->plan().str(), text);
}
std::size_t Program::steps() const { return executable_->plan->steps.size(); }
std::size_t Program::loops() const { return executable_->plan->loops.size(); }
std::size_t Program::arena_bytes() const { return executable_->plan->arena_bytes; }

std::size_t Results::size() const { return block_->slots.size(); }
const Type& Results::type(std::size_t i) const {
    if (i >= block_->slots.size())
        throw Error(fmt::format("output {} was asked for, and the program has {}", i, block_->slots.size()));
    return block_->slots[i].type;
}
const void* Results::data(std::size_t i) const {
    type(i);
    return block_->buffer.data() + block_->slots[i].offset;
}
void Results::fail_scalar(std::size_t i) const {
    throw Error(
        fmt::format("scalar: output {} has shape {}; it must have one element. Use array", i, type(i).shape.str()));
}
void Results::fail_type(std::size_t i, const char* wanted) const {
    throw Error(fmt::format("output {} is {}, and was asked for as {}; ask for a floating type, or cast it", i,
                            name(type(i).dtype), wanted));
}

} // namespace xgrad
