// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/input.h"

#include <algorithm>
#include <span>
#include <utility>

namespace prism {

namespace {

class EachDocument : public read::DocumentHandler {
public:
    explicit EachDocument(const std::function<Result<void>(const read::Node&, std::size_t)>& each)
        : m_each(each)
    {
    }
    Result<void> document(const read::Node& root, std::size_t number) override
    {
        return m_each(root, number);
    }

private:
    const std::function<Result<void>(const read::Node&, std::size_t)>& m_each;
};

/// A source whose beginning was looked at.
class PeekedSource : public read::ByteSource {
public:
    explicit PeekedSource(std::unique_ptr<read::ByteSource> inner)
        : m_inner(std::move(inner))
    {
    }

    /// The first bytes as text, as many as tell a delimiter.
    Result<std::string> head()
    {
        constexpr std::size_t wanted = 64u << 10;
        m_head.resize(wanted);
        std::size_t size = 0;
        while (size < wanted) {
            const auto more = m_inner->read(std::span(m_head).subspan(size));
            if (!more) {
                return more.error();
            }
            if (*more == 0) {
                break;
            }
            size += *more;
        }
        m_head.resize(size);
        const auto text = read::decoded(read::memorySource(m_head));
        return read::readAll(*text, 4 * wanted);
    }

    Result<std::size_t> read(std::span<char> buffer) override
    {
        const std::size_t left = m_head.size() - m_at;
        if (left == 0) {
            return m_inner->read(buffer);
        }
        const std::size_t size = std::min(left, buffer.size());
        std::copy_n(m_head.begin() + static_cast<std::ptrdiff_t>(m_at), size, buffer.begin());
        m_at += size;
        return size;
    }

private:
    std::unique_ptr<read::ByteSource> m_inner;
    std::string m_head;
    std::size_t m_at = 0; ///< of what is handed over
};

bool hasCommaNumber(const read::CsvRow& cells)
{
    return std::any_of(
        cells.begin(), cells.end(), [](const read::Cell& cell) { return read::isCommaNumber(cell.text); });
}

/// Whether one stands in the first rows of a table.
bool hasCommaNumbers(const std::string& head, const read::CsvOptions& options)
{
    bool found = false;
    const auto source = read::memorySource(head);
    (void)read::readCsv(*source, options, [&found](const read::CsvRow& cells) -> Result<void> {
        found = found || hasCommaNumber(cells);
        return found ? Result<void>(Error { {}, {}, "enough", {} }) : Result<void>();
    });
    return found;
}

/// Columns with numbers that were handed over with points which may be of thousands, of one table.
class EarlyPoints {
public:
    void add(const read::CsvRow& cells, std::size_t section)
    {
        if (section != m_section) {
            m_section = section;
            m_seen.clear();
        }
        m_seen.resize(std::max(m_seen.size(), cells.size()));
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (m_seen[i].empty() && read::isEitherNumber(cells[i].text)) {
                m_seen[i] = std::string(cells[i].text) + " (" + cells[i].place.text() + ')';
            }
        }
    }
    /// The first of them that is unclear by what the whole table tells; empty when none is.
    std::string unclear(const std::vector<std::vector<read::NumberMarks>>& marks) const
    {
        for (std::size_t i = 0; m_section < marks.size() && i < m_seen.size(); ++i) {
            if (i < marks[m_section].size() && !m_seen[i].empty()
                && marks[m_section][i].point != read::Mark::Decimal) {
                return m_seen[i];
            }
        }
        return {};
    }

private:
    std::size_t m_section = 0;
    std::vector<std::string> m_seen; ///< by column
};

} // namespace

Input::Input(
    std::string name, Family family, read::OpenSource open, read::Budgets budgets, std::stop_token stop)
    : m_name(std::move(name))
    , m_family(family)
    , m_open(std::move(open))
    , m_budgets(budgets)
    , m_stop(std::move(stop))
{
}

std::string Input::baseName() const
{
    return m_name.substr(m_name.find_last_of("/!") + 1);
}

Result<std::unique_ptr<read::ByteSource>> Input::open()
{
    return m_open();
}

Result<read::ReadReport> Input::documents(read::Plan plan, read::DocumentHandler& handler)
{
    auto source = open();
    if (!source) {
        return source.error();
    }
    plan.budgets = m_budgets;
    return m_family == Family::Yaml ? read::readYaml(**source, plan, handler, m_stop)
                                    : read::readJson(**source, plan, handler, m_stop);
}

Result<read::ReadReport> Input::documents(
    const std::function<Result<void>(const read::Node&, std::size_t)>& each)
{
    if (m_kept) {
        // Once: importers mark what they have used of a tree.
        const auto kept = std::exchange(m_kept, nullptr);
        const auto done = each(*kept->json->root(), 0);
        return done ? Result<read::ReadReport>(kept->report) : Result<read::ReadReport>(done.error());
    }
    EachDocument handler(each);
    return documents(read::Plan {}, handler);
}

/// Of a table that breaks off the complete rows tell it; the reading of its rows meets the break again.
void Input::learnMarks(read::ByteSource& source, const read::CsvOptions& options)
{
    m_evidence = {};
    m_evidenceOf = options.delimiter;
    (void)read::readCsv(
        source, options,
        [this](const read::CsvRow& cells) -> Result<void> {
            m_evidence.add(cells);
            return {};
        },
        m_stop);
}

Result<read::ReadReport> Input::csv(const std::function<Result<void>(const read::CsvRow&)>& row,
    char delimiter, read::Reach reach, const std::vector<std::size_t>& texts)
{
    auto source = open();
    if (!source) {
        return source.error();
    }
    auto peeked = std::make_unique<PeekedSource>(std::move(*source));
    const auto head = peeked->head();
    if (!head) {
        return head.error();
    }
    delimiter = delimiter == 0 ? read::sniffDelimiter(*head) : delimiter;
    const read::CsvOptions options { delimiter, m_budgets };
    std::unique_ptr<read::ByteSource> reading = std::move(peeked);
    // Cells between commas are read at once where they can: an archive's member costs a walk to open again.
    if (m_evidenceOf != delimiter && (delimiter != ',' || hasCommaNumbers(*head, options))) {
        learnMarks(*reading, options);
        source = open();
        if (!source) {
            return source.error();
        }
        reading = std::move(*source);
    }
    read::PlainRows* plain = nullptr;
    read::TableSections sections;
    EarlyPoints early;
    const auto take = [&](const read::CsvRow& cells) -> Result<void> {
        const std::size_t section = sections.of(cells);
        if (m_evidenceOf != delimiter && hasCommaNumber(cells)) {
            auto again = open();
            if (!again) {
                return again.error();
            }
            learnMarks(**again, options);
            const std::string unclear = early.unclear(m_evidence.marks(reach, delimiter == ',', texts));
            if (!unclear.empty()) {
                return Error { m_name, {},
                    "numbers with decimal commas stand below " + unclear
                        + ", whose point may then be decimal or of thousands",
                    std::string(read::stateTheMark) };
            }
        }
        if (m_evidenceOf != delimiter) {
            early.add(cells, section);
            return row(cells);
        }
        if (!m_evidence.hasMarks()) {
            return row(cells);
        }
        if (!plain) {
            plain = &m_plain.emplace_back(m_evidence.marks(reach, delimiter == ',', texts), m_unclear);
        }
        return row(plain->row(cells, section, sections.titles()));
    };
    return read::readCsv(*reading, options, take, m_stop);
}

Result<read::ReadReport> Input::rawCsv(const std::function<Result<void>(const read::CsvRow&)>& row)
{
    auto source = open();
    if (!source) {
        return source.error();
    }
    return read::readCsv(**source, { 0, m_budgets }, row, m_stop);
}

Result<read::ReadReport> Input::lines(const std::function<Result<void>(const read::TextLine&)>& line)
{
    auto source = open();
    if (!source) {
        return source.error();
    }
    return read::readLines(**source, m_budgets, line, m_stop);
}

Result<std::unique_ptr<read::SqliteInput>> Input::database()
{
    return read::SqliteInput::open(m_open, m_budgets, m_stop);
}

} // namespace prism
