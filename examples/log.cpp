#include "log.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace examples {

namespace {

constexpr std::string_view header = "epoch,steps,learning_rate,train_loss,train_accuracy,test_loss,test_accuracy,"
                                    "examples_per_second,seconds,update_to_weight_ratio\n";

std::string line_of(const EpochRecord& r) {
    return fmt::format("{},{},{},{},{},{},{},{:.1f},{:.4f},{}\n", r.epoch, r.steps, r.learning_rate, r.train.loss,
                       r.train.accuracy, r.test.loss, r.test.accuracy, r.examples_per_second, r.seconds,
                       r.update_ratio ? fmt::format("{}", *r.update_ratio) : "");
}

/// Cuts a field off and reads it; false if it is no number, or not the last one where it should be.
template <class T>
bool read(std::string_view& text, T& value, bool last = false) {
    const std::size_t end = std::min(text.find(','), text.size());
    const auto [stop, error] = std::from_chars(text.data(), text.data() + end, value);
    const bool good = error == std::errc{} && stop == text.data() + end && last == (end == text.size());
    text.remove_prefix(std::min(end + 1, text.size()));
    return good;
}

std::optional<EpochRecord> record_of(std::string_view line) {
    EpochRecord r;
    const bool good = read(line, r.epoch) && read(line, r.steps) && read(line, r.learning_rate) &&
                      read(line, r.train.loss) && read(line, r.train.accuracy) && read(line, r.test.loss) &&
                      read(line, r.test.accuracy) && read(line, r.examples_per_second) && read(line, r.seconds);
    if (!good || (!line.empty() && !read(line, r.update_ratio.emplace(), true))) return std::nullopt;
    return r;
}

std::string content(const std::string& path) {
    if (!std::filesystem::is_regular_file(path)) return {}; // a device may go on and on
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

Log::Log(std::optional<std::string> path, std::optional<std::size_t> epochs_done) {
    if (!path) return;
    path_ = std::move(*path);
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file_ < 0) fail(errno);
    try {
        const std::string text = content(path_);
        keep_rows(text, epochs_done);
        if (size_ < text.size() && ::ftruncate(file_, static_cast<off_t>(size_)) != 0) fail(errno);
        if (size_ == 0) append(std::string(header));
    } catch (...) {
        ::close(file_);
        throw;
    }
}

Log::~Log() {
    if (file_ >= 0) ::close(file_);
}

void Log::keep_rows(const std::string& text, std::optional<std::size_t> epochs_done) {
    if (header.starts_with(text) && text != header) return; // empty, or torn in its first line
    if (!text.starts_with(header))
        throw std::runtime_error(fmt::format("{}: is no log of a run, which begins with {}; name another file", path_,
                                             header.substr(0, header.size() - 1)));
    size_ = header.size();
    for (std::size_t end; (end = text.find('\n', size_)) != text.npos; size_ = end + 1) {
        const std::optional<EpochRecord> record = record_of(std::string_view(text).substr(size_, end - size_));
        if (!record) throw std::runtime_error(fmt::format("{}, line {}: is no row of a log", path_, rows_.size() + 2));
        if (!epochs_done)
            throw std::runtime_error(
                fmt::format("{}: is there already and holds another run; name another file, or delete it", path_));
        if (record->epoch > *epochs_done) return;
        rows_.push_back(*record);
    }
}

void Log::write(const EpochRecord& record) {
    if (file_ >= 0) append(line_of(record));
    rows_.push_back(record);
}

void Log::append(const std::string& line) {
    std::size_t done = 0;
    int error = 0;
    while (done < line.size() && !error) {
        const ssize_t written = ::write(file_, line.data() + done, line.size() - done);
        if (written >= 0)
            done += static_cast<std::size_t>(written);
        else if (errno != EINTR)
            error = errno;
    }
    // A device that holds no data, such as a pipe, has nothing to be synced.
    if (!error && ::fdatasync(file_) != 0 && errno != EINVAL && errno != EROFS) error = errno;
    if (error) {
        if (::ftruncate(file_, static_cast<off_t>(size_)) != 0) {} // what is no file has no rows to be whole
        fail(error);
    }
    size_ += line.size();
}

void Log::fail(int error) const {
    throw std::runtime_error(fmt::format("{}: the log cannot be written there: {}", path_, std::strerror(error)));
}

} // namespace examples
