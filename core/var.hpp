#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>

#include <xgrad/core/error.hpp>
#include <xgrad/core/shape.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

class Tape;
class Graph;
class Results;

/// Places along the first axes, with the line that wrote them.
struct Places {
    Places(std::int64_t place, Location where = Location::current()) : places(place), where(where) {}
    Places(std::initializer_list<std::int64_t> places, Location where = Location::current())
        : places(places), where(where) {}
    Dims places;
    Location where;
};

/// A node of a tape: sixteen bytes that are copied freely. It knows when its tape has gone, or when a rewind has
/// taken its node away, and throws then. `Var{}` is no node at all.
class Var {
  public:
    Var() = default;

    /// Whether it is a node, not Var{}.
    bool valid() const { return tape_ != 0; }
    /// What compilers show where a Var stands for a condition, as in `if (a < b)`, `!x`, `a && b`, `std::max(a, b)`:
    explicit operator bool() const = delete; // use valid(), or scalar<T>() for its value; for masks where(), &, |, ~

    const Shape& shape(Location where = Location::current()) const;
    DType dtype(Location where = Location::current()) const;
    Tape& tape(Location where = Location::current()) const;
    std::size_t rank(Location where = Location::current()) const { return shape(where).rank(); }
    /// Its node as in the text of the tape, `%3 = tanh %2 : float32 (3, 4)`, and the elements of a leaf.
    std::string str(Location where = Location::current()) const;

    /// The part at a place along the first axis, x[2], or along the first few, x[{2, 0}]; those axes are left out.
    /// Negative places count from the end.
    [[nodiscard]] Var operator[](const Places& places) const;

    /// Runs what the value needs and copies it out. T is a floating type for a floating dtype, any type for an integer
    /// one; an element that does not fit an integer T is an error. A bool is whether an element is not 0.
    template <class T>
    auto value(Location where = Location::current()) const; // xt::xarray<T>
    /// The same for a Var of one element.
    template <class T>
    T scalar(Location where = Location::current()) const;

    /// The same node of the same tape (== compares elements).
    bool is(const Var& other) const { return tape_ == other.tape_ && node_ == other.node_; }

  private:
    friend class Graph;
    // Words, so that copies stay in registers. Below: the number of a tape, and of a node; above: the epoch of that
    // number, the node's generation.
    std::uint64_t tape_ = 0, node_ = 0;
};

/// A place on the tape to return to.
struct Mark {
    std::uint32_t nodes = 0;
    std::uint32_t generation = 0; // how often the tape had been rewound
};

/// An argument of an op: a Var or a number, with the place in the user's program that wrote it. A number takes
/// the dtype of the Vars beside it; a real one, whole or not, only a floating dtype.
class Operand {
  public:
    Operand(Var var, Location where = Location::current()) : var(var), where(where) {}
    template <Number T>
    Operand(T value, Location where = Location::current())
        : number(static_cast<double>(value)), is_number(true), where(where) {
        if constexpr (std::is_integral_v<T>) {
            integer = static_cast<std::int64_t>(value);
            is_integer = std::is_signed_v<T> || integer >= 0; // else above int64
        }
    }
    /// Written out, so that it is not trivial: then the calling convention hands an Operand on by reference, and does
    /// not copy its 56 bytes at each call.
    Operand(const Operand& other)
        : var(other.var), number(other.number), integer(other.integer), is_number(other.is_number),
          is_integer(other.is_integer), where(other.where) {}
    Operand& operator=(const Operand&) = default;

    /// Of the Var; an error for a number.
    const Shape& shape() const;
    DType dtype() const;

    Var var;
    double number = 0;
    std::int64_t integer = 0;
    bool is_number = false, is_integer = false; // a Var{} is neither Var nor number
    Location where;
};

} // namespace xgrad
#pragma GCC visibility pop
