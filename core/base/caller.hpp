#pragma once
// What the calls that are open come to (see Call in error.hpp).

#include <xgrad/core/error.hpp>

namespace xgrad::detail {

/// The function that errors are to name and the place that nodes and errors are to carry, of this thread; each may be
/// missing.
struct Caller {
    const char* function = nullptr;
    Location where;
    const char* inner = nullptr; // the function of the innermost call
};
extern constinit thread_local Caller caller;

/// Sets it anew for a while: to a node's place where its derivative is recorded, to nothing where the user's own code
/// runs.
class CallerScope {
  public:
    explicit CallerScope(Caller now) : before_(caller) { caller = now; }
    ~CallerScope() { caller = before_; }
    CallerScope(const CallerScope&) = delete;
    CallerScope& operator=(const CallerScope&) = delete;

  private:
    Caller before_;
};

/// The place that counts. (Word by word: a Location that was just written by words would be waited for, if read as a
/// whole.)
inline Location place(const Location& where) {
    const bool known = caller.where.known();
    return {known ? caller.where.file : where.file, known ? caller.where.line : where.line};
}

} // namespace xgrad::detail
