// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"
#include "core/import/point_writer.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism::formats::locust {

/// A cell of a row behind its title.
struct Cell {
    std::string title;
    read::KeptCell value;
};

/// What Locust keeps of one name: a kind of request, or a number that the script reports as if it were one.
/// Its response times are milliseconds.
struct Row {
    std::string type; ///< "POST", or the script's own word; empty for the sum of all
    std::string name;
    std::vector<Cell> cells; ///< by the titles of the CSV

    const Cell* cell(std::string_view title) const;
    std::optional<double> number(std::string_view title) const;
    bool isTotal() const
    {
        return name == "Aggregated" || (name == "Total" && (type.empty() || type == "None"));
    }
    /// A time to first token, by the names that scripts give it.
    bool isFirstToken() const;
    /// A number of the script's own, not a request.
    bool isMetric() const;
};

/// One run of Locust. Where the script reports numbers as rows, the sum of all mixes them with requests: then
/// counts and rate come from the rows of requests and the first tokens from theirs, and the requests' own
/// times are kept beside, for a streamed response's time may end with its headers.
class Rows {
public:
    void add(Row row) { m_rows.push_back(std::move(row)); }
    bool empty() const { return m_rows.empty(); }
    LoadPoint point(std::uint32_t index) const;

private:
    struct Chosen {
        const Row* row = nullptr; ///< stands for all requests
        std::vector<const Row*> requests;
        std::size_t kinds = 0; ///< of request, which the sum of all may stand for
        const Row* firstToken = nullptr;
        bool metrics = false;
    };
    Chosen choose() const;

    std::vector<Row> m_rows;
};

/// The titles of a table of Locust; those before 1.0 are brought to today's words.
std::vector<std::string> titlesOf(const read::CsvRow& header);

/// *_stats_history.csv: series over the time of the run. Returns the number of instants.
Result<void> readHistory(Input& input, Sink& sink);
/// The list of statistics that --json prints.
Result<void> readJson(Input& input, Sink& sink);
bool isJson(const read::Node& root);
/// The tables that Locust prints.
bool isConsole(const Sample& sample);
Result<void> readConsole(Input& input, Sink& sink);

} // namespace prism::formats::locust
