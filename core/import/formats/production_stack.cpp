// SPDX-License-Identifier: GPL-3.0-or-later
// multi-round-qa of the vLLM production stack: a CSV with a row a request of a conversation, in seconds, and
// nothing of model, users or asked rate.
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/importer.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/read/text.h"
#include "core/units/convert.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prism::formats {

namespace {

enum Column { PromptTokens, GenerationTokens, Ttft, GenerationTime, LaunchTime, FinishTime };
constexpr std::array<std::string_view, 6> names { "prompt_tokens", "generation_tokens", "ttft",
    "generation_time", "launch_time", "finish_time" };

using Places = std::array<std::size_t, names.size()>;

/// Where the columns stand; empty unless all are there.
std::optional<Places> placesOf(const read::CsvRow& header)
{
    Places places {};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto it = std::find_if(
            header.begin(), header.end(), [i](const read::Cell& cell) { return cell.text == names[i]; });
        if (it == header.end()) {
            return std::nullopt;
        }
        places[i] = static_cast<std::size_t>(it - header.begin());
    }
    return places;
}

class ProductionStack : public Importer {
public:
    ImporterInfo info() const override
    {
        return { "production-stack", "vLLM production-stack multi-round-qa", 2, 10 };
    }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (!sample.rows.empty() && placesOf(sample.rows.front())) {
            return Match { Match::Certain,
                "has the columns generation_tokens, ttft, launch_time and finish_time" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        std::optional<Places> places;
        RequestRows rows(sink, 0);
        RequestStatistics statistics;
        std::optional<double> first;
        const auto report = input.csv([&](const read::CsvRow& row) -> Result<void> {
            if (const auto header = placesOf(row)) {
                places = header;
                return {};
            }
            if (!places || row.size() <= *std::max_element(places->begin(), places->end())) {
                return {};
            }
            const auto value = [&](Column column) { return row[(*places)[column]].value(); };
            const auto start = value(LaunchTime), end = value(FinishTime);
            if (start && (!first || *start < *first)) {
                first = start;
            }
            RequestRow request = requestOf(value);
            statistics.add(request, start, end);
            rows.add(std::move(request), start, std::nullopt);
            return {};
        });
        if (!report) {
            return report.error();
        }
        rows.finish();
        if (rows.count() == 0) {
            return Error { input.name(), {}, "the table has no rows", "Check whether the benchmark ended" };
        }
        sink.point(pointOf(statistics, first));
        sink.report(*report);
        return {};
    }

private:
    template <class Value>
    static RequestRow requestOf(const Value& value)
    {
        RequestRow row;
        const auto tokens = [&](Column column) {
            const auto number = value(column);
            return wholeNumber(number);
        };
        row.isl = tokens(PromptTokens);
        const auto output = tokens(GenerationTokens);
        if (output == 0) {
            // Such an answer has a TTFT of 0, which nobody measured.
            row.ok = false;
            row.error = "no token came";
            return row;
        }
        row.osl = output;
        const auto ttft = value(Ttft), start = value(LaunchTime), end = value(FinishTime);
        if (ttft && *ttft > 0) {
            row.ttft = Milliseconds { convert(*ttft, source::latencySeconds) };
        }
        if (start && end) {
            row.e2e = Milliseconds { millisecondsBetween(*start, *end) };
        }
        return row;
    }

    static LoadPoint pointOf(const RequestStatistics& statistics, std::optional<double> first)
    {
        PointWriter out(0);
        statistics.write(out);
        constexpr double year2000 = 946684800;
        if (first && *first > year2000) {
            out.attribute("started_at", utcText(*first), {}, {}, Origin::Derived);
        }
        out.warn("from-requests",
            "All numbers are computed from the requests; the file tells neither model nor load.", {},
            Severity::Note);
        return out.take();
    }
};

const RegisterImporter<ProductionStack> registered;

} // namespace

} // namespace prism::formats
