// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/text.h"

#include "core/read/errors.h"
#include "core/read/numbers.h"
#include "core/read/text_buffer.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prism::read {

namespace {

constexpr char escapeByte = '\x1b';
constexpr std::size_t progressBarSize = 64u << 10;

bool isBetween(char c, char first, char last)
{
    return c >= first && c <= last;
}

/// Where the terminal sequence at `at` (an ESC) ends: CSI, OSC and its relatives, or two or three bytes.
std::size_t sequenceEnd(std::string_view text, std::size_t at)
{
    std::size_t i = at + 1;
    if (i == text.size()) {
        return i;
    }
    const char kind = text[i++];
    if (kind == '[') {
        while (i < text.size() && isBetween(text[i], ' ', '?')) {
            ++i;
        }
        return std::min(i + 1, text.size());
    }
    if (kind == ']' || kind == 'P' || kind == 'X' || kind == '^' || kind == '_') {
        for (; i < text.size(); ++i) {
            if (text[i] == '\a') {
                return i + 1;
            }
            if (text[i] == escapeByte && i + 1 < text.size() && text[i + 1] == '\\') {
                return i + 2;
            }
        }
        return i;
    }
    if (isBetween(kind, ' ', '/')) {
        return std::min(i + 1, text.size());
    }
    return i;
}

/// The part of a line that a carriage return left visible: what follows the last one that has anything
/// behind it.
std::string_view lastState(std::string_view raw)
{
    while (!raw.empty() && raw.back() == '\r') {
        raw.remove_suffix(1);
    }
    const std::size_t returned = raw.rfind('\r');
    return returned == std::string_view::npos ? raw : raw.substr(returned + 1);
}

/// What a container's runtime writes before each line of a pod's log, of no size without it:
/// "2025-01-01T00:00:00.5Z stdout F ". P instead of F marks a piece that the stream's next one goes on.
struct PodPrefix {
    std::size_t size = 0;
    bool partial = false;
    bool toErrors = false; ///< stderr
};
PodPrefix podPrefix(std::string_view line)
{
    constexpr std::size_t shortest = sizeof("2025-01-01T00:00:00Z stdout F") - 1;
    if (line.size() < shortest || !isBetween(line[0], '0', '9') || line[4] != '-' || line[10] != 'T') {
        return {};
    }
    const std::size_t blank = line.find(' ');
    const std::string_view behind = line.substr(std::min(blank, line.size()));
    constexpr std::size_t words = sizeof(" stdout F") - 1;
    if ((!behind.starts_with(" stdout ") && !behind.starts_with(" stderr ")) || behind.size() < words
        || (behind[words - 1] != 'F' && behind[words - 1] != 'P')
        || (behind.size() > words && behind[words] != ' ')) {
        return {};
    }
    return { blank + std::min(words + 1, behind.size()), behind[words - 1] == 'P',
        behind.starts_with(" stderr ") };
}

class LineReader {
public:
    LineReader(ByteSource& source, const Budgets& budgets,
        const std::function<Result<void>(const TextLine&)>& line, std::stop_token stop)
        : m_budgets(budgets)
        , m_onLine(line)
        , m_stop(std::move(stop))
        , m_buffer(source, &m_report.encoding)
    {
    }

    Result<ReadReport> run();

private:
    Result<bool> fill();
    void forgetProgress();
    Result<void> handOver(std::uint64_t end);
    void clean(std::string_view visible, const std::function<std::uint32_t(std::size_t)>& column);
    Result<void> join(std::string_view piece, const PodPrefix& prefix);
    Result<void> handOverJoined(bool toErrors);

    /// What a pod's log has of a line so far, and the columns of its bytes counted from the first piece's
    /// line.
    struct Pieces {
        Place place;
        std::string text;
        std::vector<std::uint32_t> columns;
    };

    const Budgets& m_budgets;
    const std::function<Result<void>(const TextLine&)>& m_onLine;
    std::stop_token m_stop;
    ReadReport m_report;
    TextBuffer m_buffer;
    TextCursor m_line; ///< first byte of the line
    std::uint64_t m_from = 0; ///< first byte of it that is still needed
    std::uint64_t m_searched = 0; ///< no line end before this
    std::string m_clean;
    TextLine m_out;
    std::array<std::optional<Pieces>, 2> m_pieces; ///< of stdout and stderr
};

Result<ReadReport> LineReader::run()
{
    for (;;) {
        const std::size_t left = m_buffer.left(m_searched);
        const void* found = left > 0 ? std::memchr(m_buffer.at(m_searched), '\n', left) : nullptr;
        if (!found) {
            m_searched = m_buffer.end();
            const auto more = fill();
            if (!more) {
                return more.error();
            }
            if (!*more) {
                break;
            }
            continue;
        }
        const auto end = m_searched
            + static_cast<std::uint64_t>(static_cast<const char*>(found) - m_buffer.at(m_searched));
        if (auto handed = handOver(end); !handed) {
            return handed.error();
        }
        m_line.offset = end;
        m_line.nextLine();
        m_from = m_searched = m_line.offset;
    }
    if (m_buffer.end() > m_line.offset) {
        m_report.unendedAt = m_line.place().text();
        if (auto handed = handOver(m_buffer.end()); !handed) {
            return handed.error();
        }
    }
    for (const bool toErrors : { false, true }) {
        if (const auto& pieces = m_pieces[toErrors]) {
            m_report.unendedAt = pieces->place.text();
            if (auto handed = handOverJoined(toErrors); !handed) {
                return handed.error();
            }
        }
    }
    return m_report;
}

Result<bool> LineReader::fill()
{
    if (m_stop.stop_requested()) {
        return cancelled();
    }
    if (m_buffer.left(m_from) > progressBarSize) {
        forgetProgress();
    }
    if (m_buffer.left(m_from) > m_budgets.lineBytes) {
        return overBudget("a line longer than " + sizeText(m_budgets.lineBytes), m_line.place().text());
    }
    m_buffer.release(m_from);
    return m_buffer.more();
}

/// A progress bar may draw for hours without a line end: its older states are not kept.
void LineReader::forgetProgress()
{
    const std::string_view kept(m_buffer.at(m_from), m_buffer.left(m_from));
    const std::string_view state = lastState(kept);
    m_from += static_cast<std::uint64_t>(state.data() - kept.data());
}

Result<void> LineReader::handOver(std::uint64_t end)
{
    const std::string_view raw(m_buffer.at(m_from), static_cast<std::size_t>(end - m_from));
    m_report.nulCharacters += static_cast<std::uint64_t>(std::count(raw.begin(), raw.end(), '\0'));
    const PodPrefix prefix = podPrefix(raw);
    if (prefix.size > 0 && (prefix.partial || m_pieces[prefix.toErrors])) {
        return join(raw.substr(prefix.size), prefix);
    }
    const std::string_view visible = lastState(raw.substr(prefix.size));
    const std::uint64_t skipped
        = m_from - m_line.offset + static_cast<std::uint64_t>(visible.data() - raw.data());
    m_out.place = m_line.place();
    m_out.columns.clear();
    m_out.text = visible;
    if (skipped > 0 || visible.find(escapeByte) != std::string_view::npos) {
        clean(visible, [skipped](std::size_t i) { return static_cast<std::uint32_t>(skipped + 1 + i); });
    }
    return m_onLine(m_out);
}

Result<void> LineReader::join(std::string_view piece, const PodPrefix& prefix)
{
    std::optional<Pieces>& pieces = m_pieces[prefix.toErrors];
    if (!pieces) {
        pieces.emplace(Pieces { m_line.place(), {}, {} });
    }
    if (pieces->text.size() + piece.size() > m_budgets.lineBytes) {
        return overBudget("a line longer than " + sizeText(m_budgets.lineBytes), pieces->place.text());
    }
    const std::uint64_t at = m_from + static_cast<std::uint64_t>(piece.data() - m_buffer.at(m_from));
    for (std::size_t i = 0; i < piece.size(); ++i) {
        pieces->columns.push_back(
            static_cast<std::uint32_t>(at + i - pieces->place.byte + pieces->place.column));
    }
    pieces->text += piece;
    return prefix.partial ? Result<void>() : handOverJoined(prefix.toErrors);
}

Result<void> LineReader::handOverJoined(bool toErrors)
{
    const Pieces pieces = std::move(*m_pieces[toErrors]);
    m_pieces[toErrors].reset();
    const std::string_view visible = lastState(pieces.text);
    const auto skipped = static_cast<std::size_t>(visible.data() - pieces.text.data());
    m_out.place = pieces.place;
    m_out.columns.clear();
    clean(visible, [&pieces, skipped](std::size_t i) { return pieces.columns[skipped + i]; });
    return m_onLine(m_out);
}

void LineReader::clean(std::string_view visible, const std::function<std::uint32_t(std::size_t)>& column)
{
    m_clean.clear();
    std::size_t i = 0;
    while (i < visible.size()) {
        if (visible[i] == escapeByte) {
            i = sequenceEnd(visible, i);
            continue;
        }
        m_clean += visible[i];
        m_out.columns.push_back(column(i));
        ++i;
    }
    m_out.text = m_clean;
}

/// Size of the vertical line at `at` that separates cells, 0 when there is none.
std::size_t separatorSize(std::string_view line, std::size_t at)
{
    if (line[at] == '|') {
        return at > 0 && line[at - 1] == '\\' ? 0 : 1;
    }
    for (const std::string_view bar : { "│", "┃", "║", "┆", "┇", "┊", "┋", "╎", "╏" }) {
        if (line.substr(at, bar.size()) == bar) {
            return bar.size();
        }
    }
    return 0;
}

/// Whether a cell is a piece of a rule: "---", ":--:", "═══", "-" without blanks around it.
bool isRule(std::string_view whole, std::string_view cell)
{
    std::size_t strokes = 0;
    for (std::size_t i = 0; i < cell.size();) {
        const auto lead = static_cast<unsigned char>(cell[i]);
        // U+2500 to U+257F are the box drawing characters: E2 94 80 to E2 95 BF.
        const bool box = lead == 0xE2 && i + 2 < cell.size()
            && (static_cast<unsigned char>(cell[i + 1]) == 0x94
                || static_cast<unsigned char>(cell[i + 1]) == 0x95);
        if (!box && cell[i] != '-' && cell[i] != '=' && cell[i] != '+' && cell[i] != ':') {
            return false;
        }
        strokes += box || cell[i] == '-' || cell[i] == '=' ? 1 : 0;
        i += box ? 3 : 1;
    }
    constexpr std::size_t surely = 3;
    return strokes >= surely || (strokes > 0 && whole.size() == cell.size());
}

/// Digits with an optional point at the front of `text`.
std::string_view leadingNumber(std::string_view text, std::string_view points = ".")
{
    std::size_t i = 0;
    bool point = false;
    while (i < text.size()
        && (isBetween(text[i], '0', '9') || (!point && points.find(text[i]) != std::string_view::npos))) {
        point = point || !isBetween(text[i], '0', '9');
        ++i;
    }
    return text.substr(0, i);
}

/// A number times a power of ten, rounded once: "849.390522" and -3 give the double nearest to 0.849390522.
std::optional<double> scaledDecimal(std::string_view number, int powerOfTen)
{
    std::string text(number);
    std::replace(text.begin(), text.end(), ',', '.');
    return parseDecimal(text + 'e' + std::to_string(powerOfTen));
}

struct DurationUnit {
    std::string_view name;
    double seconds;
    int powerOfTen;
};

constexpr std::array<DurationUnit, 8> goUnits { {
    { "ns", 1, -9 },
    { "us", 1, -6 },
    { "µs", 1, -6 }, // U+00B5
    { "μs", 1, -6 }, // U+03BC
    { "ms", 1, -3 },
    { "h", 3600, 0 },
    { "m", 60, 0 },
    { "s", 1, 0 },
} };

/// Sums parts in extended precision, so that "1m15.956682676s" is the double nearest to 75.956682676; a
/// single part is exact by itself.
class DurationSum {
public:
    bool add(std::string_view number, double seconds, int powerOfTen)
    {
        const auto value = scaledDecimal(number, powerOfTen);
        if (!value || !std::isfinite(*value)) {
            return false;
        }
        m_single = ++m_parts == 1 ? *value * seconds : 0;
        m_sum += static_cast<long double>(*value) * static_cast<long double>(seconds);
        return true;
    }
    std::optional<double> total(bool negative) const
    {
        if (m_parts == 0) {
            return std::nullopt;
        }
        const double seconds = m_parts == 1 ? m_single : static_cast<double>(m_sum);
        return negative ? -seconds : seconds;
    }

private:
    int m_parts = 0;
    double m_single = 0;
    long double m_sum = 0;
};

bool takeSign(std::string_view& text)
{
    const bool negative = !text.empty() && text.front() == '-';
    if (negative || (!text.empty() && text.front() == '+')) {
        text.remove_prefix(1);
    }
    return negative;
}

} // namespace

Place TextLine::at(std::size_t offset) const
{
    std::uint32_t column = place.column + static_cast<std::uint32_t>(offset);
    if (!columns.empty()) {
        column = offset < columns.size() ? columns[offset] : columns.back() + 1;
    }
    return { place.byte + (column - place.column), place.line, column };
}

Result<ReadReport> readLines(ByteSource& source, const Budgets& budgets,
    const std::function<Result<void>(const TextLine&)>& line, std::stop_token stop)
{
    return LineReader(source, budgets, line, std::move(stop)).run();
}

std::vector<TableCell> tableCells(std::string_view line)
{
    std::vector<TableCell> cells;
    bool rule = true;
    bool separated = false;
    std::size_t begin = 0;
    const auto add = [&](std::size_t end) {
        const std::string_view whole = line.substr(begin, end - begin);
        const std::string_view text = trimmed(whole);
        const std::size_t offset = text.empty() ? begin : static_cast<std::size_t>(text.data() - line.data());
        cells.push_back({ text, offset });
        rule = rule && (text.empty() || isRule(whole, text));
    };
    for (std::size_t i = 0; i < line.size();) {
        const std::size_t size = separatorSize(line, i);
        if (size == 0) {
            ++i;
            continue;
        }
        if (separated || !trimmed(line.substr(0, i)).empty()) {
            add(i);
        }
        separated = true;
        i += size;
        begin = i;
    }
    if (!separated) {
        return {};
    }
    if (!trimmed(line.substr(begin)).empty()) {
        add(line.size());
    }
    const bool anyText
        = std::any_of(cells.begin(), cells.end(), [](const TableCell& c) { return !c.text.empty(); });
    return rule && anyText ? std::vector<TableCell>() : cells;
}

std::optional<double> consoleNumber(std::string_view text)
{
    text = trimmed(text);
    if (!text.empty() && text.back() == '%') {
        text = trimmed(text.substr(0, text.size() - 1));
    }
    auto value = parseDecimal(text);
    if (!value) {
        const auto digits = withoutThousands(text);
        value = digits ? parseDecimal(*digits) : std::nullopt;
    }
    return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<double> goDurationSeconds(std::string_view text)
{
    text = trimmed(text);
    const bool negative = takeSign(text);
    if (text == "0") {
        return 0.0;
    }
    DurationSum sum;
    while (!text.empty()) {
        const std::string_view number = leadingNumber(text);
        text.remove_prefix(number.size());
        const auto unit = std::find_if(goUnits.begin(), goUnits.end(),
            [text](const DurationUnit& u) { return text.substr(0, u.name.size()) == u.name; });
        if (unit == goUnits.end() || !sum.add(number, unit->seconds, unit->powerOfTen)) {
            return std::nullopt;
        }
        text.remove_prefix(unit->name.size());
    }
    return sum.total(negative);
}

std::optional<double> isoDurationSeconds(std::string_view text)
{
    text = trimmed(text);
    const bool negative = takeSign(text);
    if (text.empty() || text.front() != 'P') {
        return std::nullopt;
    }
    text.remove_prefix(1);
    bool time = false;
    DurationSum sum;
    while (!text.empty()) {
        if (text.front() == 'T' && !time && text.size() > 1) {
            time = true;
            text.remove_prefix(1);
            continue;
        }
        const std::string_view number = leadingNumber(text, ".,");
        text.remove_prefix(number.size());
        const char unit = text.empty() ? '\0' : text.front();
        // Years and months have no length of their own.
        const double seconds = !time ? (unit == 'W'  ? 604800
                                       : unit == 'D' ? 86400
                                                     : 0)
                                     : (unit == 'H'        ? 3600
                                             : unit == 'M' ? 60
                                             : unit == 'S' ? 1
                                                           : 0);
        if (seconds == 0 || !sum.add(number, seconds, 0)) {
            return std::nullopt;
        }
        text.remove_prefix(1);
    }
    return sum.total(negative);
}

} // namespace prism::read
