#include "formula.hpp"

#include <cctype>
#include <cstdlib>
#include <numbers>
#include <string>

#include <fmt/format.h>

#include "reply.hpp"

namespace web {

namespace {

namespace xg = xgrad;

constexpr int deepest = 200; // parentheses, signs and powers in one another

struct Function {
    std::string_view name;
    xg::Var (*record)(xg::Operand x);
};

constexpr Function functions[] = {
    {"abs", [](xg::Operand x) { return abs(x); }}, {"cos", [](xg::Operand x) { return cos(x); }},
    {"exp", [](xg::Operand x) { return exp(x); }}, {"log", [](xg::Operand x) { return log(x); }},
    {"sin", [](xg::Operand x) { return sin(x); }}, {"sqrt", [](xg::Operand x) { return sqrt(x); }},
    {"tan", [](xg::Operand x) { return tan(x); }}, {"tanh", [](xg::Operand x) { return tanh(x); }},
};

bool starts_value(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '('; }

class Parser {
  public:
    Parser(std::string_view text, xg::Var x, xg::Var y) : text_(text), x_(x), y_(y) {}

    xg::Var whole() {
        const xg::Var all = sum();
        if (next() != '\0') fail("an operator or the end");
        return all;
    }

  private:
    /// Counts how deep the parser is in itself.
    class Level {
      public:
        explicit Level(Parser& parser) : parser_(parser) {
            if (++parser_.depth_ > deepest) throw RequestError("the formula is nested too deeply", parser_.at_);
        }
        ~Level() { --parser_.depth_; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

      private:
        Parser& parser_;
    };

    [[noreturn]] void fail(std::string_view expected) {
        const char c = next();
        throw RequestError(c == '\0' ? fmt::format("{} is expected at the end", expected)
                                     : fmt::format("{} is expected instead of '{}'", expected, c),
                           at_);
    }
    /// The next character that is no blank, or 0 at the end.
    char next() {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool accept(char c) {
        if (next() != c) return false;
        ++at_;
        return true;
    }

    xg::Var number(double value) { return xg::full(x_.tape(), {}, value); }

    xg::Var sum() {
        xg::Var left = product();
        for (;;) {
            if (accept('+'))
                left = left + product();
            else if (accept('-'))
                left = left - product();
            else
                return left;
        }
    }

    xg::Var product() {
        xg::Var left = sign();
        for (;;) {
            if (accept('*'))
                left = left * sign();
            else if (accept('/'))
                left = left / sign();
            else if (starts_value(next()))
                left = left * power();
            else
                return left;
        }
    }

    xg::Var sign() {
        const Level level(*this);
        if (accept('-')) return -sign();
        if (accept('+')) return sign();
        return power();
    }

    xg::Var power() {
        const xg::Var base = value();
        return accept('^') ? pow(base, sign()) : base;
    }

    xg::Var value() {
        const Level level(*this);
        if (accept('(')) return parenthesis();
        const char c = next();
        if (std::isdigit(static_cast<unsigned char>(c)) || c == '.') return literal();
        if (std::isalpha(static_cast<unsigned char>(c))) return name();
        fail("a number, x, y, a function or '('");
    }

    xg::Var parenthesis() {
        const xg::Var inside = sum();
        if (!accept(')')) fail("')'");
        return inside;
    }

    xg::Var literal() {
        std::size_t end = at_;
        const auto digits = [&] {
            while (end < text_.size() && std::isdigit(static_cast<unsigned char>(text_[end])))
                ++end;
        };
        digits();
        if (end < text_.size() && text_[end] == '.') ++end, digits();
        const std::string text(text_.substr(at_, end - at_));
        if (text == ".") fail("a digit");
        at_ = end;
        return number(std::strtod(text.c_str(), nullptr));
    }

    xg::Var name() {
        const std::size_t start = at_;
        while (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_])))
            ++at_;
        const std::string_view found = text_.substr(start, at_ - start);
        if (found == "x") return x_;
        if (found == "y") return y_;
        if (found == "pi") return number(std::numbers::pi);
        if (found == "e") return number(std::numbers::e);
        for (const Function& function : functions)
            if (function.name == found) {
                if (!accept('(')) fail("'('");
                return function.record(parenthesis());
            }
        throw RequestError(fmt::format("'{}' is unknown; there are x, y, pi, e, and the functions abs, cos, exp, log, "
                                       "sin, sqrt, tan and tanh",
                                       found),
                           start);
    }

    std::string_view text_;
    xg::Var x_, y_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

} // namespace

xg::Var record_formula(std::string_view text, xg::Var x, xg::Var y) { return Parser(text, x, y).whole(); }

} // namespace web
