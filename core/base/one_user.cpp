#include <xgrad/core/base/one_user.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#if defined(__linux__) && __has_include(<linux/membarrier.h>)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace xgrad {
namespace {

/// Afterwards every store that another thread of this process had made before is seen.
void see_all_stores() {
#ifdef SYS_membarrier
    static const bool registered = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    if (registered && syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0) return;
#endif
    std::this_thread::sleep_for(std::chrono::microseconds(20)); // far longer than a processor holds a store back
}

} // namespace

OneUser::Visitor* OneUser::take_over(bool& was_inside, const char* what, Location where) {
    const std::lock_guard lock(taking_over_);
    const void* const self = this_thread();
    const auto known = std::find_if(others_.begin(), others_.end(), [&](const auto& v) { return v->thread == self; });
    Visitor* me = known != others_.end() ? known->get() : first_.thread == self ? &first_ : nullptr;
    if (!me) me = others_.emplace_back(new Visitor{self}).get();

    Visitor* const before = user_.load(std::memory_order_relaxed);
    user_.store(me, std::memory_order_seq_cst);
    see_all_stores();
    if (before != me && before->inside.load(std::memory_order_acquire)) {
        user_.store(before, std::memory_order_seq_cst);
        throw Error(
            fmt::format("{} is in use by another thread at this moment; it belongs to one thread at a time. Give each "
                        "thread its own (Program::copy() for programs), or lock a mutex around its use",
                        what),
            where);
    }
    was_inside = me->inside.load(std::memory_order_relaxed);
    me->inside.store(true, std::memory_order_relaxed);
    return me;
}

} // namespace xgrad
