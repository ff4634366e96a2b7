#include <xgrad/core/value.hpp>

#include <fmt/format.h>

#include <xgrad/core/base/elements.hpp>

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

} // namespace xgrad
