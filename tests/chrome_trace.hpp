#pragma once
// Reads what Profile::chrome_trace() writes.

#include <cctype>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// A bar of a trace; "step" and "ops" of what it is, where there are some.
struct Bar {
    std::string kind, name, step, ops;
    double begin = 0, time = 0; // microseconds
};

/// Any JSON, strictly; the values of all members are given to `member` as they are read, with their path, as in "traceEvents/dur".
class JsonCheck {
  public:
    template <class Member>
    static void read(std::string_view text, Member member) {
        JsonCheck check{text};
        check.value("", member);
        check.space();
        if (check.at_ != text.size()) check.fail("the end");
    }

  private:
    explicit JsonCheck(std::string_view text) : text_(text) {}
    [[noreturn]] void fail(const std::string& wanted) const {
        throw std::runtime_error("not JSON: " + wanted + " is missing at byte " + std::to_string(at_) + ": " +
                                 std::string(text_.substr(at_, 40)));
    }
    void space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    }
    bool accept(char c) {
        space();
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void expect(char c) {
        if (!accept(c)) fail(std::string("a ") + c);
    }
    std::string string() {
        expect('"');
        std::string out;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (static_cast<unsigned char>(text_[at_]) < 0x20) fail("an escape");
            if (text_[at_] == '\\') {
                const char c = text_[++at_];
                if (c == 'u')
                    out += static_cast<char>(std::stoi(std::string(text_.substr(at_ + 1, 4)), nullptr, 16)), at_ += 4;
                else if (c == '"' || c == '\\')
                    out += c;
                else
                    fail("a known escape");
                ++at_;
            } else
                out += text_[at_++];
        }
        expect('"');
        return out;
    }
    template <class Member>
    void value(const std::string& path, Member member) {
        if (accept('{')) {
            if (accept('}')) return;
            member(path, "{");
            do {
                space();
                const std::string key = string();
                expect(':');
                value(path.empty() ? key : path + "/" + key, member);
            } while (accept(','));
            expect('}');
            member(path, "}");
        } else if (accept('[')) {
            if (accept(']')) return;
            do value(path, member);
            while (accept(','));
            expect(']');
        } else if (space(); at_ < text_.size() && text_[at_] == '"')
            member(path, string());
        else {
            const std::size_t begin = at_;
            while (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '-' || text_[at_] == '.'))
                ++at_;
            if (at_ == begin) fail("a value");
            member(path, std::string(text_.substr(begin, at_ - begin)));
        }
    }
    std::string_view text_;
    std::size_t at_ = 0;
};

/// The bars of a trace, in its order.
inline std::vector<Bar> bars_of(const std::string& trace) {
    std::vector<Bar> bars;
    std::map<std::string, std::string> event;
    JsonCheck::read(trace, [&](const std::string& path, const std::string& value) {
        if (path == "traceEvents" && value == "{") event.clear();
        event[path] = value;
        if (path != "traceEvents" || value != "}" || event["traceEvents/ph"] != "X") return;
        bars.push_back({event["traceEvents/cat"], event["traceEvents/name"], event["traceEvents/args/step"],
                        event["traceEvents/args/ops"], std::stod(event["traceEvents/ts"]), std::stod(event["traceEvents/dur"])});
    });
    return bars;
}

} // namespace test
