#pragma once

#include <string>

#include <xgrad/core/profile.hpp>

namespace examples {

/// The file of the option --trace: the times of all programs that this thread calls from now on.
class TraceFile {
  public:
    /// Writes a first trace, without times: that it cannot be written is better found out now.
    /// Throws std::runtime_error, with one line.
    explicit TraceFile(std::string path);
    /// Writes it, if write() was not called.
    ~TraceFile();
    TraceFile(const TraceFile&) = delete;
    TraceFile& operator=(const TraceFile&) = delete;

    /// The whole file is replaced, or nothing. Throws std::runtime_error, with one line.
    void write();

  private:
    std::string path_;
    bool written_ = false; // with the times
    xgrad::Profile profile_;
};

} // namespace examples
