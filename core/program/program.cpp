// What a user holds of a compiled program and of its results.

#include <xgrad/core/program.hpp>

#include <utility>

#include <fmt/format.h>

#include <xgrad/core/program/executable.hpp>

namespace xgrad {

Program::Program(const Program& other) : executable_(other.executable_ ? other.executable_->copy() : nullptr) {}
Program& Program::operator=(const Program& other) { return *this = Program(other); }

Results Program::run(std::span<const Value* const> arguments, Location where) {
    return executable_->call(arguments, where);
}
std::string Program::str() const {
    const std::string text = executable_->plan->str();
    if (!executable_->constants) return text;
    return fmt::format("from constants, once:\n{}at each call:\n{}", executable_->constants->plan().str(), text);
}
std::size_t Program::steps() const { return executable_->plan->items.size(); }
std::size_t Program::loops() const { return executable_->plan->loops.size(); }
std::size_t Program::arena_bytes() const { return executable_->plan->arena_bytes; }

std::size_t Results::size() const { return block_->outputs.size(); }
const Type& Results::type(std::size_t i, Location where) const {
    if (i >= block_->outputs.size())
        throw Error(fmt::format("output {} was asked for, and the program has {}", i, block_->outputs.size()), where);
    return block_->outputs[i].type;
}
const void* Results::data(std::size_t i, Location where) const {
    type(i, where);
    return block_->buffer.data() + block_->outputs[i].offset;
}
void Results::check_range(const char* function, std::size_t i, std::int64_t least, std::uint64_t most,
                          const char* type_name, Location where) const {
    const Call call(function, where);
    auto check = [&]<class T>(const T* elements) {
        const std::size_t n = type(i).shape.numel();
        for (std::size_t k = 0; k < n; ++k)
            if (std::cmp_less(elements[k], least) || std::cmp_greater(elements[k], most))
                throw Error(
                    detail::misfit(type(i).shape, k, std::to_string(elements[k]), type_name, "ask for std::int64_t"),
                    where);
    };
    if (type(i).dtype == DType::int64)
        check(static_cast<const std::int64_t*>(data(i)));
    else
        check(static_cast<const std::uint8_t*>(data(i)));
}
void Results::fail_scalar(std::size_t i, Location where) const {
    throw Error(fmt::format("scalar: output {} has shape {}; it must have one element. Read it by array<T>(), or of "
                            "a Var by value<T>()",
                            i, type(i).shape.str()),
                where);
}
void Results::fail_type(std::size_t i, const char* wanted, Location where) const {
    throw Error(fmt::format("output {} is {}, and was asked for as {}; ask for a floating type, or cast it", i,
                            name(type(i).dtype), wanted),
                where);
}

} // namespace xgrad
