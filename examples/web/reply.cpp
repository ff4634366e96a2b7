#include "reply.hpp"

#include <cmath>
#include <cstdlib>
#include <iterator>
#include <span>

#include <fmt/format.h>

#include <xgrad/core/base/json_text.hpp>

namespace web {

using xg::detail::json_string;

namespace {

void append(std::string& out, double x) {
    if (std::isnan(x))
        out += "\"NaN\"";
    else if (std::isinf(x))
        out += x > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    else
        fmt::format_to(std::back_inserter(out), "{}", x);
}

template <class List, class Append>
void append_list(std::string& out, const List& list, Append append_one) {
    out += '[';
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (i != 0) out += ',';
        append_one(list[i]);
    }
    out += ']';
}

void append_nested(std::string& out, std::span<const std::size_t> shape, std::span<const double> elements) {
    if (shape.empty()) return append(out, elements[0]);
    out += '[';
    const std::size_t size = shape[0] == 0 ? 0 : elements.size() / shape[0];
    for (std::size_t i = 0; i < shape[0]; ++i) {
        if (i != 0) out += ',';
        append_nested(out, shape.subspan(1), elements.subspan(i * size, size));
    }
    out += ']';
}

} // namespace

bool Request::at_end() {
    while (!text_.empty() && text_[0] == ' ')
        text_.remove_prefix(1);
    return text_.empty();
}

std::string_view Request::word(const char* what) {
    if (at_end()) throw RequestError(fmt::format("{} is missing", what));
    const std::string_view found = text_.substr(0, text_.find(' '));
    text_.remove_prefix(found.size());
    return found;
}

double Request::number(const char* what) {
    const std::string text(word(what));
    char* end = nullptr;
    const double x = std::strtod(text.c_str(), &end);
    if (end != text.c_str() + text.size()) throw RequestError(fmt::format("{} is no number: {}", what, text));
    return x;
}

std::size_t Request::count(const char* what, std::size_t most) {
    const double x = number(what);
    if (!(x >= 0 && x <= static_cast<double>(most)) || x != std::floor(x))
        throw RequestError(fmt::format("{} must be a whole number from 0 to {}, it is {}", what, most, x));
    return static_cast<std::size_t>(x);
}

std::vector<double> Request::numbers(const char* what, std::size_t count) {
    std::vector<double> list(count);
    for (double& x : list)
        x = number(what);
    return list;
}

std::string_view Request::rest() {
    at_end();
    const std::string_view all = text_;
    text_ = {};
    return all;
}

void Reply::key(const char* key) {
    if (!members_.empty()) members_ += ',';
    members_ += json_string(key) + ':';
}

void Reply::number(const char* name, double x) {
    key(name);
    append(members_, x);
}

void Reply::text(const char* name, std::string_view text) {
    key(name);
    members_ += json_string(text);
}

void Reply::numbers(const char* name, const std::vector<double>& list) {
    key(name);
    append_list(members_, list, [&](double x) { append(members_, x); });
}

void Reply::texts(const char* name, const std::vector<std::string>& list) {
    key(name);
    append_list(members_, list, [&](std::string_view text) { members_ += json_string(text); });
}

void Reply::array(const char* name, const xt::xarray<double>& array) {
    key(name);
    append_nested(members_, {array.shape().data(), array.dimension()}, {array.data(), array.size()});
}

} // namespace web
