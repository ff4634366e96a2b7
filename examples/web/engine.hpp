#pragma once
// The library behind the page: a request goes in, a reply comes out, both as text. Nothing is thrown across.

#include <string>
#include <string_view>

namespace web {

/// A request is "scene action arguments...", such as "linear step 10"; the reply is an object in JSON. What went wrong
/// is {"error": text}, in the library's own words where it said so; of a formula there is its "position" as well.
std::string answer(std::string_view request);

} // namespace web

/// The same for JavaScript. The reply lasts until the next call.
extern "C" const char* xgrad_web(const char* request);
