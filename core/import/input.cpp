// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/input.h"

#include "core/read/number_marks.h"

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

/// Numbers arrive with decimal points (see core/read/number_marks.h): between commas a cell has no comma to
/// be told apart, in other tables the whole of it is looked at first.
Result<read::ReadReport> Input::csv(
    const std::function<Result<void>(const read::CsvRow&)>& row, char delimiter)
{
    auto source = open();
    if (!source) {
        return source.error();
    }
    // Cells between commas are read at once: an archive's member costs a walk to open again.
    auto peeked = std::make_unique<PeekedSource>(std::move(*source));
    if (delimiter == 0) {
        const auto head = peeked->head();
        if (!head) {
            return head.error();
        }
        delimiter = read::sniffDelimiter(*head);
    }
    const read::CsvOptions options { delimiter, m_budgets };
    if (delimiter == ',') {
        return read::readCsv(*peeked, options, row, m_stop);
    }
    read::MarkEvidence evidence;
    // Of a table that breaks off the complete rows tell it; the reading below meets the break again.
    (void)read::readCsv(
        *peeked, options,
        [&evidence](const read::CsvRow& cells) -> Result<void> {
            for (const read::Cell& cell : cells) {
                evidence.add(cell.text);
            }
            return {};
        },
        m_stop);
    source = open();
    if (!source) {
        return source.error();
    }
    if (evidence.marks() == read::decimalPoints && !evidence.hasCommas()) {
        return read::readCsv(**source, options, row, m_stop);
    }
    read::PlainRows plain(evidence.marks());
    return read::readCsv(
        **source, options, [&](const read::CsvRow& cells) { return row(plain.row(cells)); }, m_stop);
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
