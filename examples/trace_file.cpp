#include "trace_file.hpp"

#include <cstddef>
#include <span>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include <xgrad/core/error.hpp>
#include <xgrad/models/whole_file.hpp>

namespace examples {

TraceFile::TraceFile(std::string path) : path_(std::move(path)) {
    write();
    written_ = false;
}

TraceFile::~TraceFile() {
    if (written_) return;
    try {
        write();
    } catch (const std::exception&) {} // what ends the run is told already
}

void TraceFile::write() {
    written_ = true;
    const std::string trace = profile_.chrome_trace();
    const std::span<const std::byte> bytes = std::as_bytes(std::span(trace));
    try {
        xgrad::models::replace_file(path_, {&bytes, 1}, {});
    } catch (const xgrad::Error& error) {
        throw std::runtime_error(fmt::format("the trace cannot be written: {}", error.what()));
    }
}

} // namespace examples
