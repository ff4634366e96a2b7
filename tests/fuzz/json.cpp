// The part of JSON that a .safetensors file has: objects of strings, of lists of numbers, and of objects.

#include <xgrad/core/base/json_text.hpp>
#include <xgrad/core/error.hpp>
#include <xgrad/models/json.hpp>

#include "fuzz.hpp"

using xgrad::detail::json_string;
using xgrad::models::JsonReader;

namespace {

/// The first character of a key says what its value must be.
void read_object(JsonReader& json, int depth) {
    json.object([&](const std::string& key) {
        const char kind = key.empty() ? 's' : key[0];
        if (kind == 'n')
            json.numbers();
        else if (kind == 'o' && depth < 4)
            read_object(json, depth + 1);
        else {
            const std::string written = json_string(json.string());
            JsonReader again(written);
            fuzz::require(json_string(again.string()) == written, "what is written is what was read");
            again.end();
        }
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<char> text(data, data + size);
    try {
        JsonReader json(std::string_view(text.data(), text.size()));
        read_object(json, 0);
        json.end();
    } catch (const xgrad::Error&) {}
    return 0;
}
