// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal.h"

#include "core/model/metric.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <numeric>

namespace prism::cli {

namespace {

constexpr std::size_t gap = 2;

/// Decodes one character of UTF-8; invalid bytes stand for themselves.
std::size_t nextCharacter(std::string_view text, char32_t& character)
{
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first >= 0x80 && first < 0xC2) {
        character = 0xFFFD;
        return 1;
    }
    if (length > text.size()) {
        character = 0xFFFD;
        return text.size();
    }
    character = length == 1 ? first : first & (0xFF >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        character = (character << 6) | (static_cast<unsigned char>(text[i]) & 0x3F);
    }
    return length;
}

int characterWidth(char32_t character)
{
    const int width = wcwidth(static_cast<wchar_t>(character));
    return width < 0 ? 1 : width; // "C" locale knows ASCII only; the rest takes one column
}

std::string firstColumns(std::string_view text, std::size_t columns)
{
    std::string out;
    std::size_t used = 0;
    while (!text.empty()) {
        char32_t character = 0;
        const std::size_t length = nextCharacter(text, character);
        used += static_cast<std::size_t>(characterWidth(character));
        if (used > columns) {
            break;
        }
        out += text.substr(0, length);
        text.remove_prefix(length);
    }
    return out;
}

std::string lastColumns(std::string_view text, std::size_t columns)
{
    const std::size_t skip = displayWidth(text) - columns;
    std::size_t used = 0;
    while (!text.empty() && used < skip) {
        char32_t character = 0;
        const std::size_t length = nextCharacter(text, character);
        used += static_cast<std::size_t>(characterWidth(character));
        text.remove_prefix(length);
    }
    return std::string(text);
}

/// Keeps both ends: the differences of paths and model names stand there.
std::string shortened(const std::string& text, std::size_t width)
{
    if (displayWidth(text) <= width) {
        return text;
    }
    if (width < 4) {
        return firstColumns(text, width);
    }
    const std::size_t head = (width - 1) / 2;
    return firstColumns(text, head) + "…" + lastColumns(text, width - 1 - head);
}

std::string padded(const std::string& text, std::size_t width, bool right)
{
    const std::string space(width - std::min(width, displayWidth(text)), ' ');
    return right ? space + text : text + space;
}

} // namespace

bool standardOutputIsTerminal()
{
    return isatty(STDOUT_FILENO) == 1;
}
bool standardErrorIsTerminal()
{
    return isatty(STDERR_FILENO) == 1;
}

std::size_t terminalWidth()
{
    winsize size {};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    const char* columns = std::getenv("COLUMNS");
    const long given = columns ? std::strtol(columns, nullptr, 10) : 0;
    return given > 0 ? static_cast<std::size_t>(given) : 100;
}

std::size_t displayWidth(std::string_view text)
{
    static const bool localeSet = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
    (void)localeSet;
    std::size_t width = 0;
    while (!text.empty()) {
        char32_t character = 0;
        const std::size_t length = nextCharacter(text, character);
        width += static_cast<std::size_t>(characterWidth(character));
        text.remove_prefix(length);
    }
    return width;
}

TextTable::TextTable(std::vector<Column> columns)
    : m_columns(std::move(columns))
{
}

void TextTable::row(std::vector<std::string> cells)
{
    cells.resize(m_columns.size());
    m_rows.push_back(std::move(cells));
}

std::size_t TextTable::natural(std::size_t column) const
{
    std::size_t widest = displayWidth(m_columns[column].title);
    for (const auto& row : m_rows) {
        widest = std::max(widest, displayWidth(row[column]));
    }
    return widest;
}

bool TextTable::isEmpty(std::size_t column) const
{
    return std::all_of(
        m_rows.begin(), m_rows.end(), [column](const auto& row) { return row[column].empty(); });
}

namespace {

constexpr std::size_t shortestText = 8;

std::size_t total(const std::vector<std::size_t>& widths)
{
    return widths.empty() ? 0 : std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
}

/// Takes width from the widest texts until the line fits; false when it cannot.
bool shrink(std::vector<std::size_t>& widths, const std::vector<bool>& isNumber, std::size_t width)
{
    while (total(widths) > width) {
        std::size_t widest = widths.size();
        for (std::size_t c = 0; c < widths.size(); ++c) {
            if (!isNumber[c] && widths[c] > shortestText
                && (widest == widths.size() || widths[c] > widths[widest])) {
                widest = c;
            }
        }
        if (widest == widths.size()) {
            return false;
        }
        --widths[widest];
    }
    return true;
}

} // namespace

std::string TextTable::text(std::size_t width) const
{
    std::vector<std::size_t> shown(m_columns.size());
    std::iota(shown.begin(), shown.end(), 0);
    std::string leftOut;
    std::vector<std::size_t> widths;
    while (true) {
        widths.clear();
        std::vector<bool> isNumber;
        for (const std::size_t c : shown) {
            widths.push_back(natural(c));
            isNumber.push_back(m_columns[c].number);
        }
        if (width == 0 || total(widths) <= width) {
            break;
        }
        const auto empty = m_rows.empty()
            ? shown.end()
            : std::find_if(shown.begin(), shown.end(), [this](std::size_t c) { return isEmpty(c); });
        if (empty != shown.end()) {
            shown.erase(empty);
            continue;
        }
        if (shrink(widths, isNumber, width)) {
            break;
        }
        const auto goes = std::max_element(shown.begin(), shown.end(),
            [this](std::size_t a, std::size_t b) { return m_columns[a].leftOut < m_columns[b].leftOut; });
        if (goes == shown.end() || m_columns[*goes].leftOut == 0) {
            break;
        }
        leftOut += (leftOut.empty() ? "" : ", ") + m_columns[*goes].title;
        shown.erase(goes);
    }
    std::string out;
    const auto line = [&](const auto& cellOf) {
        std::string text;
        for (std::size_t i = 0; i < shown.size(); ++i) {
            text += (i > 0 ? std::string(gap, ' ') : std::string())
                + padded(shortened(cellOf(shown[i]), widths[i]), widths[i], m_columns[shown[i]].number);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out += text + '\n';
    };
    line([&](std::size_t c) { return m_columns[c].title; });
    for (const auto& row : m_rows) {
        line([&](std::size_t c) { return row[c]; });
    }
    if (!leftOut.empty()) {
        out += "Left out to fit the terminal: " + leftOut + '\n';
    }
    return out;
}

void print(const TextTable& table)
{
    const std::string text = table.text(standardOutputIsTerminal() ? terminalWidth() : 0);
    std::fwrite(text.data(), 1, text.size(), stdout);
}

std::string padLeft(const std::string& text, std::size_t width)
{
    const std::size_t has = displayWidth(text);
    return has < width ? std::string(width - has, ' ') + text : text;
}

ProgressLine::~ProgressLine()
{
    clear();
}

void ProgressLine::show(const ImportProgress& p)
{
    if (!standardErrorIsTerminal()) {
        return;
    }
    constexpr int bar = 24;
    const double part
        = p.bytesTotal > 0 ? static_cast<double>(p.bytesDone) / static_cast<double>(p.bytesTotal) : 0;
    const int filled = static_cast<int>(std::clamp(part, 0.0, 1.0) * bar);
    std::string line(static_cast<std::size_t>(filled), '#');
    line.resize(bar, '.');
    line = "[" + line + "] " + sizeText(p.bytesDone) + " of " + sizeText(p.bytesTotal) + ", "
        + std::to_string(p.filesDone) + " of " + std::to_string(p.filesTotal) + " files, "
        + std::to_string(p.rows) + " rows  ";
    const std::size_t width = terminalWidth();
    if (displayWidth(line) + 8 < width) {
        line += shortened(p.current, width - displayWidth(line) - 1);
    }
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    std::fflush(stderr);
    m_drawn = true;
}

void ProgressLine::note(const std::string& text)
{
    clear();
    std::fprintf(stderr, "%s\n", text.c_str());
}

void ProgressLine::clear()
{
    if (m_drawn) {
        std::fputs("\r\033[K", stderr);
        m_drawn = false;
    }
}

std::string sizeText(std::uint64_t bytes)
{
    return formatNumber(static_cast<double>(bytes), Unit::Byte, NumberStyle::Reading);
}

} // namespace prism::cli
