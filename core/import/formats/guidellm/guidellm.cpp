// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/guidellm/guidellm_terms.h"
#include "core/import/importer.h"

namespace prism::formats {

namespace {

std::optional<Match> inDocument(const Sample& sample)
{
    const read::Node* first = sample.document->at("/benchmarks/0");
    if (!first) {
        return std::nullopt;
    }
    if (sample.has("/metadata/guidellm_version")) {
        return Match { Match::Certain, "has benchmarks and metadata.guidellm_version" };
    }
    if (first->has("/run_stats") && first->has("/request_loader")) {
        return Match { Match::Certain, "its benchmarks have run_stats and request_loader" };
    }
    if (first->has("/scheduler_state") || (first->has("/config/strategy") && first->has("/metrics"))) {
        return Match { Match::Certain, "its benchmarks have a strategy and a scheduler_state" };
    }
    if (first->has("/metrics/request_latency") && first->has("/metrics/time_to_first_token_ms")) {
        return Match { Match::Likely, "its benchmarks have GuideLLM's metrics" };
    }
    const read::Node* nested = first->at("/benchmarks");
    if (nested && nested->isArray()
        && (nested->size() == 0 || (nested->has("/0/mode") && nested->has("/0/results")))) {
        return Match { Match::Certain, "its benchmarks hold benchmarks with mode and results" };
    }
    return std::nullopt;
}

std::optional<Match> inTable(const Sample& sample)
{
    const auto cell = [&](std::size_t row, std::size_t column) {
        return row < sample.rows.size() && column < sample.rows[row].size() ? sample.rows[row][column].text
                                                                            : read::FileText();
    };
    if (cell(0, 0) == "Type" && cell(0, 1) == "Run Id" && cell(0, 2) == "Id" && cell(0, 3) == "Name") {
        return Match { Match::Certain, "its header begins Type, Run Id, Id, Name" };
    }
    if (cell(0, 0) == "Run Info" && cell(1, 0).starts_with("Run ")) {
        return Match { Match::Certain, "its three header rows begin with Run Info" };
    }
    return std::nullopt;
}

std::optional<Match> inText(const Sample& sample)
{
    if (sample.textContains("Benchmarks Stats:") && sample.textContains("Out Tok/sec")) {
        return Match { Match::Certain, "has the table Benchmarks Stats" };
    }
    if (sample.textContains("Server Throughput Statistics")
        && sample.textContains("Request Latency Statistics")) {
        return Match { Match::Certain, "has the tables Request Latency and Server Throughput Statistics" };
    }
    return std::nullopt;
}

/// Results of GuideLLM: JSON and YAML of all versions, CSV and console text of both layouts.
constexpr Habit habits[] = {
    { "total-disagrees", "GuideLLM before 0.3 counts prompt tokens twice in its total rate." },
    { "rate-disagrees", "GuideLLM's rates are means over time and its duration may include a cool-down." },
};

class Guidellm : public Importer {
public:
    ImporterInfo info() const override { return { "guidellm", "GuideLLM", 5, 30, habits }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            return inDocument(sample);
        }
        if (auto match = inTable(sample)) {
            return match;
        }
        return inText(sample);
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        if (input.family() == Family::Json || input.family() == Family::Yaml) {
            return guidellm::readDocuments(input, sink);
        }
        // Console text with commas in its log lines may look like a table.
        return guidellm::beginsTable(input) ? guidellm::readTable(input, sink)
                                            : guidellm::readConsole(input, sink);
    }
};

const RegisterImporter<Guidellm> registered;

} // namespace

} // namespace prism::formats
