#pragma once

#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <xgrad/core/array.hpp>
#include <xgrad/core/base/elements.hpp>
#include <xgrad/core/value.hpp>
#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// The outputs of one call. They stay as they are when the program is called again.
class Results {
  public:
    std::size_t size() const;
    const Type& type(std::size_t i = 0, Location where = Location::current()) const;
    const void* data(std::size_t i = 0, Location where = Location::current()) const;

    template <class T>
    xt::xarray<T> array(std::size_t i = 0, Location where = Location::current()) const {
        const Call call("array", where);
        check<T>("array", i, where);
        const Type& t = type(i);
        // Elements come in row-major order, whatever XTENSOR_DEFAULT_LAYOUT is.
        using Rows = xt::xarray<T, xt::layout_type::row_major>;
        auto result = Rows::from_shape(std::vector<std::size_t>(t.shape.begin(), t.shape.end()));
        detail::convert_elements(t.dtype, data(i), t.shape.numel(), result.data());
        if constexpr (std::is_same_v<Rows, xt::xarray<T>>)
            return result;
        else
            return xt::xarray<T>(result);
    }
    template <class T>
    T scalar(std::size_t i = 0, Location where = Location::current()) const {
        const Call call("scalar", where);
        const Type& t = type(i, where);
        if (t.shape.numel() != 1) fail_scalar(i, where);
        check<T>("scalar", i, where);
        T result{};
        detail::convert_elements(t.dtype, data(i), 1, &result);
        return result;
    }

    /// The elements of each output.
    std::string str() const;

    struct Block;
    explicit Results(std::shared_ptr<Block> block) : block_(std::move(block)) {}

  private:
    template <class T>
    void check(const char* function, std::size_t i, Location where) const {
        if constexpr (std::is_integral_v<T>) {
            if (is_floating(type(i, where).dtype)) fail_type(i, detail::integer_name<T>(), where);
            if constexpr (!std::is_same_v<T, bool> && !std::is_same_v<T, std::int64_t>)
                check_range(function, i, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(),
                            detail::integer_name<T>(), where);
        } else
            type(i, where);
    }
    /// That its elements, which are integers, go from `least` to `most`.
    void check_range(const char* function, std::size_t i, std::int64_t least, std::uint64_t most, const char* type_name,
                     Location where) const;
    [[noreturn]] void fail_scalar(std::size_t i, Location where) const;
    [[noreturn]] void fail_type(std::size_t i, const char* wanted, Location where) const;
    std::shared_ptr<Block> block_;
};

class Executable;
struct DrawOptions;

namespace detail {

/// A call with one to eight arguments; each becomes a Value there, which has the line of the call. (A pack could not.)
template <class Callee>
class Called {
  public:
    using V = const Value&;
    Results operator()(Location where = Location::current()) { return run({}, where); }
    Results operator()(V a) { return run({&a}); }
    Results operator()(V a, V b) { return run({&a, &b}); }
    Results operator()(V a, V b, V c) { return run({&a, &b, &c}); }
    Results operator()(V a, V b, V c, V d) { return run({&a, &b, &c, &d}); }
    Results operator()(V a, V b, V c, V d, V e) { return run({&a, &b, &c, &d, &e}); }
    Results operator()(V a, V b, V c, V d, V e, V f) { return run({&a, &b, &c, &d, &e, &f}); }
    Results operator()(V a, V b, V c, V d, V e, V f, V g) { return run({&a, &b, &c, &d, &e, &f, &g}); }
    Results operator()(V a, V b, V c, V d, V e, V f, V g, V h) { return run({&a, &b, &c, &d, &e, &f, &g, &h}); }

    /// With any number of arguments: call({x, y}), or a vector of them.
    Results call(std::span<const Value> arguments, Location where = Location::current());
    Results call(std::initializer_list<Value> arguments, Location where = Location::current()) {
        return call(std::span<const Value>(arguments.begin(), arguments.size()), where);
    }

  private:
    Results run(std::initializer_list<const Value*> arguments, Location where = {});
};

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

} // namespace detail

/// A compiled Step. It holds the parameters and states it uses, and needs no node of the tape any more. A second call
/// allocates nothing. A program belongs to one thread at a time, which is checked; a copy is independent of it: it has
/// its own memory to work in, and the same parameters and states. So threads may predict at the same time, each with
/// its copy, while no program updates those parameters.
class Program : public detail::Called<Program> {
  public:
    Program(const Program& other);
    Program& operator=(const Program& other);
    Program(Program&&) noexcept = default;
    Program& operator=(Program&&) noexcept = default;
    Program copy() const { return *this; }

    /// The plan: its steps, their loops and kernels, and the bytes of the arena.
    std::string str() const;
    /// How many loops, products, copies and opaque ops one call runs.
    std::size_t steps() const;
    std::size_t loops() const;
    std::size_t arena_bytes() const;

    explicit Program(std::shared_ptr<Executable> executable) : executable_(std::move(executable)) {}

  private:
    friend class detail::Called<Program>;
    friend class Function;
    friend std::string draw(const Program& program, const DrawOptions& options);
    Results run(std::span<const Value* const> arguments, Location where);
    std::shared_ptr<Executable> executable_;
};

} // namespace xgrad
#pragma GCC visibility pop
