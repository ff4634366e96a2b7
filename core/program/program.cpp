// What a user holds of a compiled program and of its results.

#include <xgrad/core/program.hpp>

#include <utility>

#include <fmt/format.h>

#include <xgrad/core/program/executable.hpp>

namespace xgrad {

std::string detail::misfit(const Shape& shape, std::size_t position, const std::string& number, const char* type,
                           const char* advice) {
    const std::string element = shape.rank() == 0
                                    ? number
                                    : fmt::format("element {} is {}, which", shape.position(position), number);
    return fmt::format("{} does not fit {}; {}", element, type, advice);
}

void Value::note(std::size_t position, std::uint64_t number) {
    if (!problem_)
        problem_ = std::make_shared<const std::string>(detail::misfit(
            type_.shape, position, std::to_string(number), "int64", detail::advice_to_store<std::int64_t>()));
}

void Value::fail_ragged(std::size_t columns, std::size_t other) const {
    throw Error(fmt::format("the rows of these braces have {} and {} numbers; they must have the same", columns, other),
                where_);
}

namespace detail {

template <class Callee>
Results Called<Callee>::call(std::span<const Value> arguments, Location where) {
    std::vector<const Value*> all;
    all.reserve(arguments.size());
    for (const Value& argument : arguments)
        all.push_back(&argument);
    return static_cast<Callee*>(this)->run(all, where);
}

/// The line of the call is that of its arguments.
template <class Callee>
Results Called<Callee>::run(std::initializer_list<const Value*> arguments, Location where) {
    if (arguments.size() != 0) where = (*arguments.begin())->where();
    return static_cast<Callee*>(this)->run(std::span<const Value* const>(arguments.begin(), arguments.size()), where);
}

template class Called<Program>;
template class Called<Function>;

} // namespace detail

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
std::size_t Program::steps() const { return executable_->plan->steps.size(); }
std::size_t Program::loops() const { return executable_->plan->loops.size(); }
std::size_t Program::arena_bytes() const { return executable_->plan->arena_bytes; }

std::size_t Results::size() const { return block_->slots.size(); }
const Type& Results::type(std::size_t i, Location where) const {
    if (i >= block_->slots.size())
        throw Error(fmt::format("output {} was asked for, and the program has {}", i, block_->slots.size()), where);
    return block_->slots[i].type;
}
const void* Results::data(std::size_t i, Location where) const {
    type(i, where);
    return block_->buffer.data() + block_->slots[i].offset;
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
