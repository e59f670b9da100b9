// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/aiperf/aiperf_command.h"

#include "core/import/nearest_whole.h"
#include "core/read/numbers.h"

#include <cmath>
#include <vector>

namespace prism::formats::aiperf {

namespace {

/// Words as a shell splits them; quotes are taken off, "--a=b" is two words.
std::vector<std::string> wordsOf(std::string_view text)
{
    std::vector<std::string> words;
    std::string word;
    bool any = false;
    char quote = 0;
    const auto end = [&] {
        if (any) {
            words.push_back(std::move(word));
        }
        word.clear();
        any = false;
    };
    for (const char c : text) {
        if (quote != 0 && c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
            any = true;
        } else if (quote == 0 && (c == ' ' || (c == '=' && word.starts_with("--")))) {
            end();
        } else {
            word += c;
            any = true;
        }
    }
    end();
    return words;
}

/// One number, or a range of one ("16:16:1"). Lists and true ranges are a sweep and say nothing of one point.
std::optional<double> loadOf(std::string_view text)
{
    const std::string_view first = text.substr(0, text.find(':'));
    if (first.size() < text.size()) {
        const std::string_view rest = text.substr(first.size() + 1);
        if (rest.substr(0, rest.find(':')) != first) {
            return std::nullopt;
        }
    }
    return read::parseDecimal(first);
}

Command parse(std::string_view text)
{
    Command command;
    const std::vector<std::string> words = wordsOf(text);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        const std::string& name = words[i];
        const std::string& value = words[i + 1];
        if (name == "-m" || name == "--model" || name == "--model-names") {
            // A blank in it is the place where the console broke a long name.
            command.model = value.find(' ') == std::string::npos ? value : std::string();
        } else if (name == "--concurrency" || name == "--concurrency-range") {
            command.concurrency = loadOf(value);
        } else if (name == "--request-rate" || name == "--request-rate-range") {
            command.rate = loadOf(value);
        }
    }
    return command;
}

} // namespace

void Command::write(PointWriter& out) const
{
    if (!model.empty()) {
        out.attribute("model", model, {}, path);
    }
    if (const auto whole = concurrency ? nearestWhole(*concurrency) : std::nullopt) {
        out.attribute("concurrency", *whole, {}, path);
    }
    if (rate) {
        out.attribute("request_rate", *rate, {}, path);
    }
    if (concurrency.has_value() != rate.has_value()) {
        out.attribute("load_mode", std::string(concurrency ? "concurrency" : "rate"), {}, path);
    }
}

std::optional<Command> CommandText::line(std::string_view text, const std::string& path)
{
    constexpr std::string_view repeated = "CLI Command: ";
    constexpr std::string_view run = "Running Perf Analyzer : '";
    const std::size_t logged = text.find(run);
    const std::string_view typed = text.starts_with("$ ") ? text.substr(2) : text;
    const bool labelled = text.find(": ") != std::string_view::npos && text[0] >= 'A' && text[0] <= 'Z';
    if (text.starts_with(repeated)) {
        m_text = text.substr(repeated.size());
        m_path = path;
        m_below = m_goesOn = true;
    } else if (logged != std::string_view::npos) {
        m_text = text.substr(logged + run.size());
        m_text.resize(m_text.find_last_not_of('\'') + 1);
        m_path = path;
        m_below = m_goesOn = false;
    } else if (typed.starts_with("aiperf profile") || typed.starts_with("genai-perf ")) {
        m_text = typed;
        m_path = path;
        m_below = false;
        m_goesOn = typed.ends_with('\\');
    } else if (m_goesOn && !labelled) {
        m_text += ' ' + std::string(text);
        m_goesOn = m_below || text.ends_with('\\');
    } else {
        m_goesOn = false;
        return std::nullopt;
    }
    if (m_text.ends_with('\\')) {
        m_text.back() = ' ';
    }
    Command command = parse(m_text);
    command.path = m_path;
    command.below = m_below;
    return command;
}

} // namespace prism::formats::aiperf
