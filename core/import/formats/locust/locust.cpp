// SPDX-License-Identifier: GPL-3.0-or-later
// Locust's files of a run: *_stats.csv (its result), *_stats_history.csv, *_failures.csv and *_exceptions.csv
// (which belong to it), the list of --json, and what it prints.
#include "core/import/formats/locust/locust_point.h"
#include "core/read/numbers.h"

#include <algorithm>

namespace prism::formats::locust {

namespace {

enum class Kind { None, Stats, History, Failures, Exceptions };

Kind kindOf(const read::CsvRow& header)
{
    if (header.size() < 3) {
        return Kind::None;
    }
    const std::vector<std::string> titles = titlesOf(header);
    const auto has = [&](std::string_view title) {
        return std::find(titles.begin(), titles.end(), title) != titles.end();
    };
    if (titles[0] == "Type" && titles[1] == "Name" && has("Request Count") && has("Failure Count")) {
        return Kind::Stats;
    }
    if (titles[0] == "Timestamp" && titles[1] == "User Count" && has("Type") && has("Name")) {
        return Kind::History;
    }
    if (titles[0] == "Method" && titles[1] == "Name" && titles[2] == "Error" && has("Occurrences")) {
        return Kind::Failures;
    }
    return titles[0] == "Count" && titles[1] == "Message" && titles[2] == "Traceback" ? Kind::Exceptions
                                                                                      : Kind::None;
}

Kind kindOf(const Sample& sample)
{
    const auto header
        = std::find_if(sample.rows.begin(), sample.rows.end(), [](const auto& row) { return !row.empty(); });
    return header == sample.rows.end() ? Kind::None : kindOf(*header);
}

Result<void> readStats(Input& input, Sink& sink)
{
    Rows rows;
    std::vector<std::string> titles;
    const auto report = input.csv(
        [&](const read::CsvRow& cells) -> Result<void> {
            if (cells.empty()) {
                return {};
            }
            if (titles.empty()) {
                titles = titlesOf(cells);
                return {};
            }
            Row row;
            for (std::size_t i = 0; i < std::min(cells.size(), titles.size()); ++i) {
                row.cells.push_back({ titles[i], read::KeptCell(cells[i]) });
            }
            row.type = cells[0].text;
            row.name = cells.size() > 1 ? std::string(cells[1].text) : std::string();
            rows.add(std::move(row));
            return {};
        },
        0, read::Reach::Table, { 0, 1 });
    if (!report) {
        return report.error();
    }
    if (rows.empty()) {
        return Error { input.name(), {}, "the table has a header and no rows", "Check whether the test ran" };
    }
    sink.point(rows.point(0));
    sink.report(*report);
    return {};
}

/// Failures and exceptions: understood, and no result of their own.
Result<void> readErrors(Input& input, Sink& sink)
{
    std::uint64_t rows = 0;
    const auto report = input.csv([&](const read::CsvRow& cells) -> Result<void> {
        rows += cells.empty() ? 0 : 1;
        return {};
    });
    if (!report) {
        return report.error();
    }
    sink.attach({ { "rows", rows > 0 ? rows - 1 : 0 } });
    sink.report(*report);
    return {};
}

class Locust : public Importer {
public:
    ImporterInfo info() const override { return { "locust", "Locust", 3, 20 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document && isJson(*sample.document)) {
            return Match { Match::Certain, "has num_requests and total_response_time" };
        }
        switch (kindOf(sample)) {
        case Kind::Stats:
            return Match { Match::Certain, "has the columns Type, Name, Request Count and Failure Count" };
        case Kind::History:
            return Match { Match::Certain, "has the columns Timestamp, User Count, Type and Name" };
        case Kind::Failures:
            return Match { Match::Certain, "has the columns Method, Name, Error and Occurrences" };
        case Kind::Exceptions:
            return Match { Match::Certain, "has the columns Count, Message and Traceback" };
        case Kind::None:
            break;
        }
        return isConsole(sample)
            ? std::optional(Match { Match::Certain, "has a table of # reqs, # fails, Avg and req/s" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        if (input.family() == Family::Json) {
            const auto list = readJson(input, sink);
            // A log may print a document, such as a request's body.
            return list || !readConsole(input, sink) ? list : Result<void>();
        }
        Kind kind = Kind::None;
        (void)input.rawCsv([&](const read::CsvRow& cells) -> Result<void> {
            kind = cells.empty() ? kind : kindOf(cells);
            return cells.empty() ? Result<void>() : Error { {}, {}, "enough", {} };
        });
        switch (kind) {
        case Kind::History:
            return readHistory(input, sink);
        case Kind::Failures:
        case Kind::Exceptions:
            return readErrors(input, sink);
        case Kind::Stats:
            return readStats(input, sink);
        case Kind::None:
            break;
        }
        return readConsole(input, sink);
    }
};

const RegisterImporter<Locust> registered;

} // namespace

} // namespace prism::formats::locust
