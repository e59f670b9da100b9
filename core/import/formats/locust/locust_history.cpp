// SPDX-License-Identifier: GPL-3.0-or-later
// *_stats_history.csv: a row an instant and a name, with times in seconds since 1970, and "N/A" where nothing
// was sent.
#include "core/import/formats/locust/locust_point.h"
#include "core/import/secrets.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace prism::formats::locust {

namespace {

/// Rows of one name. Columns are as many as the header has.
struct Group {
    std::string name;
    std::vector<double> seconds;
    std::vector<std::vector<double>> columns;
};

std::string_view unitOf(std::string_view title)
{
    return title.ends_with("/s")                                   ? "req/s"
        : title.ends_with('%') || title.ends_with("Response Time") ? "ms"
        : title.ends_with("Content Size")                          ? "B"
                                                                   : "1";
}

class History {
public:
    explicit History(Sink& sink)
        : m_sink(sink)
    {
    }

    void row(const read::CsvRow& cells)
    {
        if (m_titles.empty()) {
            for (const read::Cell& cell : cells) {
                m_titles.emplace_back(read::trimmed(cell.text));
                m_places.push_back(cell.place.text());
            }
            return;
        }
        const auto time = cells.size() > 4 ? cells[0].value() : std::nullopt;
        if (!time) {
            return;
        }
        if (m_seen != *time) {
            m_seen = *time;
            ++m_instants;
        }
        Group& group = groupOf(cells);
        group.seconds.push_back(*time);
        for (std::size_t i = firstValue; i < m_titles.size(); ++i) {
            const auto value = i < cells.size() ? cells[i].value() : std::nullopt;
            group.columns[i - firstValue].push_back(value.value_or(std::numeric_limits<double>::quiet_NaN()));
        }
        if (group.name.empty()) {
            const auto users = cells[1].value();
            m_users.push_back(users.value_or(std::numeric_limits<double>::quiet_NaN()));
        }
    }

    std::uint64_t send()
    {
        for (Group& group : m_groups) {
            if (group.name.empty() && m_users.size() == group.seconds.size()) {
                m_sink.series(0, { m_titles[1], "1", m_places[1], group.seconds, std::move(m_users), true });
            }
            for (std::size_t i = 0; i < group.columns.size(); ++i) {
                const std::string& title = m_titles[i + firstValue];
                m_sink.series(0,
                    { group.name.empty() ? title : group.name + ": " + title, std::string(unitOf(title)),
                        m_places[i + firstValue], group.seconds, std::move(group.columns[i]), true });
            }
        }
        return m_instants;
    }

private:
    static constexpr std::size_t firstValue = 4; ///< behind Timestamp, User Count, Type and Name

    Group& groupOf(const read::CsvRow& cells)
    {
        const bool total = cells[3].text == "Aggregated" || cells[3].text == "Total";
        const std::string name
            = total ? std::string() : std::string(cells[2].text) + ' ' + withoutSecrets(cells[3].text);
        const auto it = std::find_if(
            m_groups.begin(), m_groups.end(), [&name](const Group& g) { return g.name == name; });
        if (it != m_groups.end()) {
            return *it;
        }
        m_groups.push_back({ name, {}, {} });
        m_groups.back().columns.resize(m_titles.size() - firstValue);
        return m_groups.back();
    }

    Sink& m_sink;
    std::vector<std::string> m_titles;
    std::vector<std::string> m_places;
    std::vector<Group> m_groups;
    std::vector<double> m_users;
    double m_seen = -1;
    std::uint64_t m_instants = 0;
};

} // namespace

Result<void> readHistory(Input& input, Sink& sink)
{
    History history(sink);
    const auto report = input.csv(
        [&](const read::CsvRow& cells) -> Result<void> {
            if (!cells.empty()) {
                history.row(cells);
            }
            return {};
        },
        0, read::Reach::Table, { 2, 3 });
    if (!report) {
        return report.error();
    }
    sink.attach({ { "samples", history.send() } });
    sink.report(*report);
    return {};
}

} // namespace prism::formats::locust
