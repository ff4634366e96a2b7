#pragma once
// Where the time of programs goes.

#include <cstddef>
#include <memory>
#include <string>

#pragma GCC visibility push(default)
namespace xgrad {

struct ProfileOptions {
    /// So many single times are kept for chrome_trace(), the first ones, with 24 bytes each. str() counts all.
    std::size_t most_events = 200'000;
};

/// Takes the time of all programs that its thread calls while it lives, step by step of their plans (see
/// Program::str()), and of what is traced and compiled meanwhile:
///
///     xg::Profile profile;
///     for (std::size_t i = 0; i < 100; ++i)
///         train(x, y);
///     fmt::print("{}", profile);
///     std::ofstream("train.json") << profile.chrome_trace();
///
/// Times are those of a clock on the wall. A step that is shared out to threads counts from its start until the last
/// of them has done its part; tracing counts with the compilation that ends it. It costs a reading of the clock for each
/// step; a program that is called without a Profile looks at one flag. Of several the newest one counts. What it has
/// counted so far may be asked for at any time, and by another thread, too.
class Profile {
  public:
    explicit Profile(ProfileOptions options = {});
    ~Profile();
    Profile(const Profile&) = delete;
    Profile& operator=(const Profile&) = delete;

    /// A table: for each program, the slowest first, its calls and its seconds, and below it its steps, the slowest
    /// first: their share of all time, milliseconds, microseconds in a call, ops, and the lines that recorded them.
    std::string str() const;

    /// The single times in the format of Chrome's traces, JSON, which https://ui.perfetto.dev and chrome://tracing
    /// show: a bar for each call, and in it one for each step, with its ops and their lines.
    /// Format: Google, "Trace Event Format", complete events ("ph": "X").
    std::string chrome_trace() const;

    static constexpr bool prints_as_str = true;
    class Times;

  private:
    std::shared_ptr<Times> times_;
};

} // namespace xgrad
#pragma GCC visibility pop
