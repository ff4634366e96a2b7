// A checkpoint in a .safetensors file.

#include "stored.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::File file(".safetensors");
    try {
        fuzz::read_arrays(xgrad::models::safetensors_format, {data, size});
        fuzz::load_checkpoint(file, {data, size});
    } catch (const xgrad::Error&) {}
    return 0;
}
