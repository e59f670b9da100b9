// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/evalscope/evalscope_database.h"

#include "core/import/point_writer.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/read/numbers.h"
#include "core/units/convert.h"

namespace prism::formats {

namespace {

constexpr std::string_view table = "result";

enum Column { Start, Success, Completed, Latency, FirstChunk, Prompt, Completion, Gaps, Stream, Id };

/// Columns that a version lacks are NULL.
std::string selection(const read::SqliteTable& columns)
{
    std::string sql = "SELECT start_time, success";
    for (const std::string_view name : { "completed_time", "latency", "first_chunk_latency", "prompt_tokens",
             "completion_tokens", "inter_token_latencies", "is_stream", "request_id" }) {
        sql += ", " + (columns.has(name) ? std::string(name) : "NULL");
    }
    return sql + " FROM result";
}

/// "[5.7e-06, 0.0021]" in seconds.
std::vector<double> gapsOf(std::string_view text)
{
    std::vector<double> gaps;
    text = read::trimmed(text);
    if (!text.starts_with('[') || !text.ends_with(']')) {
        return gaps;
    }
    text = text.substr(1, text.size() - 2);
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        const auto gap = read::parseDecimal(read::trimmed(part));
        if (!gap) {
            return {};
        }
        gaps.push_back(convert(*gap, source::latencySeconds));
    }
    return gaps;
}

/// Whether the first chunk came before the end in any request, as far as no column says it.
Result<bool> anyStreamed(read::SqliteInput& database)
{
    auto rows
        = database.query("SELECT count(*) FROM result WHERE success = 1 AND first_chunk_latency < latency");
    if (!rows) {
        return rows.error();
    }
    const auto more = rows->next();
    return more ? Result<bool>(rows->integer(0).value_or(0) > 0) : more.error();
}

RequestRow rowOf(const read::SqliteRows& rows, bool streamed)
{
    RequestRow row;
    row.id = rows.text(Id);
    row.ok = rows.integer(Success).value_or(0) != 0;
    if (!row.ok) {
        row.error = "failed"; // the table does not say why
        return row;
    }
    if (const auto latency = rows.real(Latency)) {
        row.e2e = Milliseconds { convert(*latency, source::latencySeconds) };
    }
    row.isl = rows.integer(Prompt);
    row.osl = rows.integer(Completion);
    const auto first = rows.real(FirstChunk);
    if (streamed && rows.integer(Stream).value_or(1) != 0 && first) {
        row.ttft = Milliseconds { convert(*first, source::latencySeconds) };
        row.gapsMs = gapsOf(rows.text(Gaps));
    }
    return row;
}

} // namespace

bool isEvalscopeDatabase(const Sample& sample)
{
    const read::SqliteTable* result = sample.table(table);
    return result
        && result->hasAll({ "start_time", "success", "latency", "first_chunk_latency", "prompt_tokens",
            "completion_tokens" });
}

Result<void> readEvalscopeDatabase(Input& input, Sink& sink)
{
    auto database = input.database();
    if (!database) {
        return database.error();
    }
    const read::SqliteTable* columns = (*database)->table(table);
    if (!columns) {
        return Error { input.name(), {}, "the database has no table result",
            "Drop the benchmark_data.db of evalscope perf" };
    }
    const auto streamed = anyStreamed(**database);
    if (!streamed) {
        return streamed.error();
    }
    auto rows = (*database)->query(selection(*columns));
    if (!rows) {
        return rows.error();
    }
    RequestRows requests(sink, 0);
    RequestStatistics statistics;
    while (true) {
        const auto more = rows->next();
        if (!more) {
            return more.error();
        }
        if (!*more) {
            break;
        }
        RequestRow row = rowOf(*rows, *streamed);
        statistics.add(row, rows->real(Start), rows->real(Completed));
        requests.add(std::move(row), rows->real(Start), std::nullopt);
    }
    requests.finish();
    if (requests.count() == 0) {
        return Error { input.name(), {}, "the table result has no rows",
            "Check whether the benchmark ended" };
    }
    PointWriter out(0);
    statistics.write(out);
    out.warn("from-requests",
        "All numbers are computed from the requests, warm-up included where there was one; "
        "benchmark_summary.json beside this file tells the load.",
        {}, Severity::Note);
    if ((*database)->hadWriteAheadLog()) {
        out.warn("write-ahead-log",
            "The database was written with a log beside it (its name ends in -wal), which is not read: the "
            "last "
            "requests may be missing.");
    }
    sink.point(out.take());
    return {};
}

} // namespace prism::formats
