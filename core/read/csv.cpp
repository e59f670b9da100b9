// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/csv.h"

#include "core/read/byte_search.h"
#include "core/read/errors.h"
#include "core/read/numbers.h"
#include "core/read/text.h"
#include "core/read/text_buffer.h"

#include <algorithm>

namespace prism::read {

namespace {

constexpr std::size_t sniffSize = 64u << 10;
constexpr std::size_t sniffLines = 32;

bool isLineEnd(char c)
{
    return c == '\n' || c == '\r';
}

/// Splits records as their bytes arrive. A cell is remembered by offsets until its record is complete; only
/// then are its quotes undone, within the buffer.
class CsvReader {
public:
    CsvReader(ByteSource& source, const CsvOptions& options,
        const std::function<Result<void>(const CsvRow&)>& row, std::stop_token stop)
        : m_options(options)
        , m_onRow(row)
        , m_stop(std::move(stop))
        , m_buffer(source, &m_report.encoding)
        , m_delimiter(options.delimiter)
    {
    }

    Result<ReadReport> run();

private:
    enum class State { CellStart, Plain, Quoted, QuoteSeen };
    struct RawCell {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        Place place;
        bool quoted = false;
    };

    Result<bool> fill();
    Result<void> consume();
    void skipOrdinary();
    Result<void> take(char c);
    void beginCell();
    void endCell();
    Result<void> endRow(char c);
    Result<void> handOver();
    std::string_view cellText(const RawCell& cell);
    Error neverClosed() const;

    const CsvOptions& m_options;
    const std::function<Result<void>(const CsvRow&)>& m_onRow;
    std::stop_token m_stop;
    ReadReport m_report;
    TextBuffer m_buffer;
    char m_delimiter;

    TextCursor m_at;
    State m_state = State::CellStart;
    bool m_afterReturn = false; ///< a line feed now belongs to the line end before it
    std::uint64_t m_rowBegin = 0;
    RawCell m_cell;
    std::vector<RawCell> m_cells;
    CsvRow m_row;
};

Result<ReadReport> CsvReader::run()
{
    if (m_delimiter == 0) {
        if (auto wanted = m_buffer.want(0, sniffSize); !wanted) {
            return wanted.error();
        }
        m_delimiter = sniffDelimiter({ m_buffer.at(0), std::min<std::size_t>(m_buffer.left(0), sniffSize) });
    }
    beginCell();
    for (;;) {
        if (auto consumed = consume(); !consumed) {
            return consumed.error();
        }
        const auto more = fill();
        if (!more) {
            return more.error();
        }
        if (!*more) {
            break;
        }
    }
    if (m_state == State::Quoted) {
        return neverClosed();
    }
    if (m_at.offset > m_rowBegin) {
        endCell();
        m_report.unendedAt = m_cells.front().place.text();
        if (auto handed = handOver(); !handed) {
            return handed.error();
        }
    }
    return m_report;
}

Result<bool> CsvReader::fill()
{
    if (m_stop.stop_requested()) {
        return cancelled();
    }
    if (m_at.offset - m_rowBegin > m_options.budgets.lineBytes) {
        if (m_state == State::Quoted) {
            return neverClosed();
        }
        return overBudget("a row longer than " + sizeText(m_options.budgets.lineBytes), m_cell.place.text());
    }
    m_buffer.release(m_rowBegin);
    return m_buffer.more();
}

Error CsvReader::neverClosed() const
{
    return { {}, m_cell.place.text(), "the quote that opens a cell here is never closed",
        "Close the quote, or copy the file again if it was cut off" };
}

Result<void> CsvReader::consume()
{
    for (;;) {
        skipOrdinary();
        if (m_at.offset == m_buffer.end()) {
            return {};
        }
        if (auto taken = take(*m_buffer.at(m_at.offset)); !taken) {
            return taken;
        }
    }
}

/// Goes over the bytes that cannot end a cell that has begun.
void CsvReader::skipOrdinary()
{
    const std::size_t left = m_buffer.left(m_at.offset);
    if (m_afterReturn || left == 0) {
        return;
    }
    const char* data = m_buffer.at(m_at.offset);
    if (m_state == State::Quoted) {
        m_at.offset += findAnyOf<'"', '\n', '\r', '\0'>(data, 0, left);
    } else if (m_state == State::Plain) {
        std::size_t i = 0;
        while (i < left && data[i] != m_delimiter && !isLineEnd(data[i]) && data[i] != '\0') {
            ++i;
        }
        m_at.offset += i;
    }
}

Result<void> CsvReader::take(char c)
{
    if (m_afterReturn) {
        m_afterReturn = false;
        if (c == '\n') {
            ++m_at.offset;
            m_at.lineStart = m_at.offset;
            if (m_state == State::CellStart && m_cells.empty()) {
                m_rowBegin = m_at.offset;
                beginCell();
            }
            return {};
        }
    }
    if (c == '\0') {
        ++m_report.nulCharacters;
    }
    if (m_state == State::Quoted) {
        m_state = c == '"' ? State::QuoteSeen : State::Quoted;
        if (isLineEnd(c)) {
            m_afterReturn = c == '\r';
            m_at.nextLine();
        } else {
            ++m_at.offset;
        }
        return {};
    }
    if (isLineEnd(c)) {
        return endRow(c);
    }
    if (c == m_delimiter) {
        endCell();
        ++m_at.offset;
        beginCell();
        return {};
    }
    if (c == '"' && (m_state == State::QuoteSeen || m_state == State::CellStart)) {
        if (m_state == State::CellStart) {
            m_cell.begin = m_at.offset + 1;
            m_cell.place = m_at.place();
            m_cell.quoted = true;
        }
        m_state = State::Quoted;
    } else if (m_state == State::QuoteSeen || (c != ' ' && c != '\t')) {
        m_state = State::Plain;
    }
    ++m_at.offset;
    return {};
}

void CsvReader::beginCell()
{
    m_cell = { m_at.offset, m_at.offset, m_at.place(), false };
    m_state = State::CellStart;
}

void CsvReader::endCell()
{
    m_cell.end = m_at.offset;
    m_cells.push_back(m_cell);
}

Result<void> CsvReader::endRow(char c)
{
    endCell();
    auto handed = handOver();
    m_afterReturn = c == '\r';
    m_at.nextLine();
    m_rowBegin = m_at.offset;
    beginCell();
    return handed;
}

Result<void> CsvReader::handOver()
{
    m_row.clear();
    for (const RawCell& cell : m_cells) {
        m_row.emplace_back(cellText(cell), cell.place);
    }
    if (m_cells.size() == 1 && !m_cells[0].quoted && trimmed(m_row[0].text).empty()) {
        m_row.clear();
    }
    m_cells.clear();
    return m_onRow(m_row);
}

/// The text between the quotes with doubled ones undone; what stands behind a closing quote is kept.
std::string_view CsvReader::cellText(const RawCell& cell)
{
    char* const begin = m_buffer.at(cell.begin);
    char* const end = begin + (cell.end - cell.begin);
    if (!cell.quoted) {
        return { begin, static_cast<std::size_t>(end - begin) };
    }
    char* out = begin;
    const char* p = begin;
    for (; p < end && (*p != '"' || (p + 1 < end && p[1] == '"')); ++p) {
        p += *p == '"' ? 1 : 0;
        *out++ = *p;
    }
    if (p < end) {
        ++p; // the closing quote
        const std::string_view behind = trimmed({ p, static_cast<std::size_t>(end - p) });
        out = std::copy(behind.begin(), behind.end(), out);
    }
    return { begin, static_cast<std::size_t>(out - begin) };
}

/// How often a delimiter stands on each line outside quotes.
std::vector<std::size_t> countPerLine(std::string_view head, char delimiter)
{
    std::vector<std::size_t> out;
    std::size_t count = 0;
    bool quoted = false;
    bool blank = true;
    for (const char c : head) {
        quoted = c == '"' ? !quoted : quoted;
        if (!quoted && isLineEnd(c)) {
            if (!blank) {
                out.push_back(count);
            }
            if (out.size() == sniffLines) {
                return out;
            }
            count = 0;
            blank = true;
            continue;
        }
        count += !quoted && c == delimiter ? 1 : 0;
        blank = blank && (c == ' ' || c == '\t');
    }
    if (!blank && out.size() < 2) {
        out.push_back(count); // else the head may end in the middle of this line
    }
    return out;
}

} // namespace

std::optional<double> Cell::value() const
{
    return unclear ? KeptCell(*this).value() : consoleNumber(number);
}

std::optional<double> KeptCell::value() const
{
    if (unclear && !*unclear) {
        *unclear = UnclearNumber { text, title ? *title : std::string(), place };
    }
    return consoleNumber(number);
}

char sniffDelimiter(std::string_view head)
{
    char best = ',';
    std::size_t bestAgreeing = 0;
    std::size_t bestCount = 0;
    for (const char delimiter : { ',', ';', '\t' }) {
        const std::vector<std::size_t> counts = countPerLine(head, delimiter);
        for (const std::size_t count : counts) {
            const auto agreeing = static_cast<std::size_t>(std::count(counts.begin(), counts.end(), count));
            if (count > 0 && (agreeing > bestAgreeing || (agreeing == bestAgreeing && count > bestCount))) {
                best = delimiter;
                bestAgreeing = agreeing;
                bestCount = count;
            }
        }
    }
    return best;
}

Result<ReadReport> readCsv(ByteSource& source, const CsvOptions& options,
    const std::function<Result<void>(const CsvRow&)>& row, std::stop_token stop)
{
    return CsvReader(source, options, row, std::move(stop)).run();
}

} // namespace prism::read
