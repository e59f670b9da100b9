// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/input.h"

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

Result<read::ReadReport> Input::csv(
    const std::function<Result<void>(const read::CsvRow&)>& row, char delimiter)
{
    auto source = open();
    if (!source) {
        return source.error();
    }
    return read::readCsv(**source, { delimiter, m_budgets }, row, m_stop);
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
