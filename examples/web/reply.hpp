#pragma once
// How the page and the engine talk: a request is a line of words, a reply is an object in JSON.

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <xgrad/xgrad.hpp>

namespace web {

namespace xg = xgrad;

/// What is wrong with a request, for people; of a formula, also where.
class RequestError : public std::runtime_error {
  public:
    static constexpr std::size_t nowhere = ~std::size_t{0};
    explicit RequestError(const std::string& message, std::size_t position = nowhere)
        : std::runtime_error(message), position(position) {}
    std::size_t position; // of a byte in the formula
};

/// The words of a request, read from left to right.
class Request {
  public:
    explicit Request(std::string_view text) : text_(text) {}

    bool at_end();
    std::string_view word(const char* what);
    double number(const char* what);
    /// A whole number from 0 to `most`.
    std::size_t count(const char* what, std::size_t most);
    std::vector<double> numbers(const char* what, std::size_t count);
    /// All that is left.
    std::string_view rest();

  private:
    std::string_view text_;
};

/// An object in JSON. What JSON has no number for is a text: "NaN", "Infinity", "-Infinity".
class Reply {
  public:
    void number(const char* key, double x);
    void text(const char* key, std::string_view text);
    void numbers(const char* key, const std::vector<double>& list);
    void texts(const char* key, const std::vector<std::string>& list);
    /// An array of any shape, as nested lists.
    void array(const char* key, const xt::xarray<double>& array);
    std::string str() const { return "{" + members_ + "}"; }

  private:
    void key(const char* key);
    std::string members_;
};

} // namespace web
