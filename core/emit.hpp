#pragma once

#include <xgrad/core/draft.hpp>

namespace xgrad {

/// The passes after fusing, in their order.
void check(const Draft& draft); // in debug builds, after each of them
void sink(Draft& draft);
void find_memory(Draft& draft);
void find_in_place(Draft& draft);
void place_memory(Draft& draft, Plan& plan);
void emit(Draft& draft, Plan& plan);
/// What to look at after the last emitted step, or, without one, before the first.
void watch_leaves(const Draft& draft, Plan& plan);
void watch(const Draft& draft, const DraftStep& step, Plan& plan);

} // namespace xgrad
