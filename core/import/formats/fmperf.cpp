// SPDX-License-Identifier: GPL-3.0-or-later
// fmperf of IBM: one record a token, often inside a pod's log, and no totals. The first duration of a request
// is its TTFT, the others are gaps; a record's timestamp is when its token came. Power and energy stand in a
// table of two columns beside it.
#include "core/import/formats/console_arguments.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace prism::formats {

namespace {

std::optional<double> number(const read::Node& at, std::string_view key)
{
    const read::Node* node = at.find(key);
    return node ? node->lenientNumber() : std::nullopt;
}

bool isRecord(const read::Node& node)
{
    return node.find("exp_num_users") && node.find("duration_ms");
}

/// Gathers the tokens of each request, which may come in any order, and keeps eight bytes of each.
class Records : public read::DocumentHandler {
public:
    explicit Records(Sink& sink)
        : m_sink(sink)
    {
    }

    Result<void> element(const read::Node& record) override
    {
        const auto users = number(record, "exp_num_users");
        if (!isRecord(record) || !users) {
            return {};
        }
        const auto level = std::find_if(
            m_levels.begin(), m_levels.end(), [&users](const Level& l) { return l.users == *users; });
        if (level == m_levels.end()) {
            m_levels.push_back({ *users, record.find("exp_num_users")->pointer() });
        }
        const auto index
            = [&record](std::string_view key) { return wholeNumber(number(record, key)).value_or(0); };
        Request& request = m_requests[{ *users, index("worker_idx"), index("request_idx") }];
        add(request, record);
        return {};
    }
    Result<void> document(const read::Node&, std::size_t) override { return {}; }

    std::uint32_t finish()
    {
        for (std::uint32_t i = 0; i < m_levels.size(); ++i) {
            sendLevel(i);
        }
        return static_cast<std::uint32_t>(m_levels.size());
    }

private:
    struct Request {
        RequestRow row;
        std::int64_t tokens = 0;
        std::optional<double> start; ///< epoch seconds
        double sumMs = 0;
        std::uint32_t records = 0;
        bool excluded = false; ///< of the ramp
        bool inconsistent = false; ///< the same prompt gave another answer before
    };
    struct Level {
        double users = 0;
        std::string path;
    };
    using Key = std::tuple<double, std::int64_t, std::int64_t>;

    static void add(Request& request, const read::Node& record)
    {
        const auto flag = [&record](std::string_view key) {
            const read::Node* node = record.find(key);
            return node ? node->boolean() : std::nullopt;
        };
        request.excluded = request.excluded || flag("exclude").value_or(false);
        request.inconsistent = request.inconsistent || !flag("consistent").value_or(true);
        if (!flag("ok").value_or(true)) {
            request.row.ok = false;
            const read::Node* error = record.find("error");
            request.row.error
                = error && error->text() != "None" ? std::string(error->text().substr(0, 500)) : "failed";
        }
        const auto duration = number(record, "duration_ms");
        if (duration && request.row.ok) {
            if (request.records == 0) {
                request.row.ttft = Milliseconds { *duration };
            } else {
                request.row.gapsMs.push_back(*duration);
            }
            request.sumMs += *duration;
        }
        // The clock counts nanoseconds since 1970, beyond a double's whole numbers.
        const read::Node* stamp = record.find("timestamp");
        const auto arrived = stamp ? stamp->integer() : std::nullopt;
        if (arrived && request.records == 0) {
            request.start = static_cast<double>(*arrived) * 1e-9 - duration.value_or(0) * 1e-3;
        }
        request.tokens
            += std::clamp<std::int64_t>(wholeNumber(number(record, "n_tokens")).value_or(0), 0, 1 << 20);
        ++request.records;
    }

    void sendLevel(std::uint32_t index)
    {
        PointWriter out(index);
        RequestRows rows(m_sink, index);
        RequestStatistics statistics;
        std::uint64_t excluded = 0, inconsistent = 0;
        for (auto& [key, request] : m_requests) {
            if (std::get<0>(key) != m_levels[index].users) {
                continue;
            }
            if (request.excluded) {
                ++excluded;
                continue;
            }
            inconsistent += request.inconsistent ? 1 : 0;
            if (request.row.ok) {
                request.row.e2e = Milliseconds { request.sumMs };
                request.row.osl = request.tokens;
            } else {
                request.row.ttft.reset();
                request.row.gapsMs.clear();
            }
            const auto end
                = request.start ? std::optional(*request.start + request.sumMs * 1e-3) : std::nullopt;
            statistics.add(request.row, request.start, end);
            rows.add(std::move(request.row), request.start, std::nullopt);
        }
        rows.finish();
        wholeAttribute(out, "concurrency", m_levels[index].users, m_levels[index].path);
        out.attribute("load_mode", std::string("concurrency"));
        statistics.write(out);
        out.warn("from-requests",
            "fmperf writes tokens and no totals: all numbers are computed from the requests.", {},
            Severity::Note);
        if (excluded > 0) {
            out.warn("warm-up",
                std::to_string(excluded) + " requests of the ramp (exclude: true) are left out.", {},
                Severity::Note);
        }
        if (inconsistent > 0) {
            out.extra("/results/*/consistent",
                std::to_string(inconsistent) + " requests answered otherwise than before to the same prompt");
        }
        m_sink.point(out.take());
    }

    Sink& m_sink;
    std::vector<Level> m_levels; ///< in the order in which they first stand in the file
    std::map<Key, Request> m_requests;
};

/// "timestamp,kepler_…": one series of a Prometheus that watched the run. Those of DCGM are GPU telemetry
/// like any other.
bool isSeries(const read::CsvRow& header)
{
    return header.size() == 2 && header[0].text == "timestamp" && header[1].text.starts_with("kepler_");
}

class Fmperf : public Importer {
public:
    ImporterInfo info() const override { return { "fmperf", "fmperf", 1, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const read::Node* record = sample.document ? sample.document->at("/results/0") : nullptr;
        if (record && isRecord(*record)) {
            return Match { Match::Certain, "has results with exp_num_users and duration_ms" };
        }
        if (!sample.rows.empty() && isSeries(sample.rows.front())) {
            return Match { Match::Likely, "has the columns timestamp and one metric of Kepler" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        return input.family() == Family::Json || input.family() == Family::Yaml ? readRecords(input, sink)
                                                                                : readSeries(input, sink);
    }

private:
    static Result<void> readRecords(Input& input, Sink& sink)
    {
        read::Plan plan;
        plan.stream = { "/results" };
        plan.skip = { "/results/*/response" };
        Records records(sink);
        const auto report = input.documents(plan, records);
        if (!report) {
            return report.error();
        }
        if (records.finish() == 0) {
            return Error { input.name(), {}, "results holds no record of a token",
                "Check whether the benchmark ended" };
        }
        sink.report(*report);
        return {};
    }

    static Result<void> readSeries(Input& input, Sink& sink)
    {
        std::uint64_t samples = 0;
        const auto report = input.csv([&samples](const read::CsvRow& row) -> Result<void> {
            samples += row.size() == 2 && row[0].text != "timestamp" ? 1 : 0;
            return {};
        });
        if (!report) {
            return report.error();
        }
        sink.attach({ { "samples", samples } });
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<Fmperf> registered;

} // namespace

} // namespace prism::formats
