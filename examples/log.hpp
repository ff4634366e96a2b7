#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "epoch_record.hpp"

namespace examples {

/// The file of the option --log: CSV with a header and a row for each epoch. A row is written as a whole or not at all.
class Log {
  public:
    /// Opens the file, or makes it. A new run, one without `epochs_done`, may not find the rows of another one there. A
    /// run that goes on after so many epochs keeps their rows; later ones, and a torn last line, are removed, since
    /// those epochs come again. Without a path nothing is ever written.
    /// Throws std::runtime_error, with one line.
    Log(std::optional<std::string> path, std::optional<std::size_t> epochs_done);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    /// On disk when it returns. Throws std::runtime_error if it cannot be written; no part of the row is left then.
    void write(const EpochRecord& record);

    /// The rows found there, and those written since; without a path the latter alone.
    const std::vector<EpochRecord>& rows() const { return rows_; }

  private:
    void keep_rows(const std::string& text, std::optional<std::size_t> epochs_done);
    void append(const std::string& line);
    [[noreturn]] void fail(int error) const;

    std::string path_;
    int file_ = -1;
    std::size_t size_ = 0; // of the whole lines
    std::vector<EpochRecord> rows_;
};

} // namespace examples
