#pragma once
// Runs a program as a user does.

#include <string>

namespace test_files {

struct Run {
    std::string output; // of both streams, if the command joins them
    int status;         // -1: ended by a signal

    bool has(const std::string& pattern) const;
    std::size_t lines() const;
    /// What must not differ between two runs with the same seed: all but the speed.
    std::string without_speed() const;
    /// From the last line, which must look as it should.
    double test_accuracy() const;
};

Run shell(const std::string& command);

/// That a program with these options ends with status 2, and one line with its name and a message.
void rejects(const std::string& program, const std::string& options, const std::string& message);

} // namespace test_files
