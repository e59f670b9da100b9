// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/nsys/nsys_database.h"

#include "core/import/trace_writer.h"
#include "core/read/sqlite_input.h"

#include <map>
#include <unordered_map>

namespace prism::formats::nsys {

namespace {

using read::SqliteInput;
using read::SqliteRows;
using read::SqliteTable;

constexpr std::size_t mostStrings = 1u << 20;
constexpr std::size_t mostStringBytes = 64u << 20;
constexpr std::size_t mostNamed = 1u << 16; ///< processes, threads, devices

/// Process and thread stand in one number.
std::int64_t processOf(std::int64_t global)
{
    return (global >> 24) & 0xff'ffff;
}
std::int64_t threadOf(std::int64_t global)
{
    return global & 0xff'ffff;
}

/// A table whose rows are spans.
struct SpanTable {
    std::string_view table;
    std::string_view count; ///< what an attached file's count calls its rows; empty: not counted
    /// Columns that hold a name, by preference; numbers are ids of StringIds.
    std::vector<std::string_view> names;
    std::string_view category;
    enum class Side { Device, Thread } side;
    std::string_view lane; ///< beside the stream or behind the thread; empty: the stream or thread itself
};

const SpanTable spanTables[] = {
    { "CUPTI_ACTIVITY_KIND_KERNEL", "kernels", { "demangledName", "shortName", "mangledName" }, "kernel",
        SpanTable::Side::Device, {} },
    { "CUPTI_ACTIVITY_KIND_MEMCPY", "memcpys", {}, "memcpy", SpanTable::Side::Device, {} },
    { "CUPTI_ACTIVITY_KIND_MEMSET", "memsets", {}, "memset", SpanTable::Side::Device, {} },
    { "CUPTI_ACTIVITY_KIND_GRAPH_TRACE", "graphs", {}, "graph", SpanTable::Side::Device, {} },
    { "CUPTI_ACTIVITY_KIND_SYNCHRONIZATION", "", {}, "synchronisation", SpanTable::Side::Device,
        "synchronisation" },
    { "CUPTI_ACTIVITY_KIND_RUNTIME", "runtime_calls", { "nameId" }, "cuda_runtime", SpanTable::Side::Thread,
        {} },
    { "OSRT_API", "", { "nameId" }, "osrt", SpanTable::Side::Thread, "OS runtime" },
    { "PROFILER_OVERHEAD", "", { "nameId" }, "overhead", SpanTable::Side::Thread, "profiler" },
};

class NsysDatabase {
public:
    NsysDatabase(SqliteInput& database, Sink& sink)
        : m_database(database)
        , m_sink(sink)
        , m_writer(sink)
    {
    }

    Result<void> read()
    {
        for (const auto step :
            { &NsysDatabase::readStrings, &NsysDatabase::readNames, &NsysDatabase::readSpanTables,
                &NsysDatabase::readNvtx, &NsysDatabase::readMetrics, &NsysDatabase::readClock }) {
            if (auto done = (this->*step)(); !done) {
                return done;
            }
        }
        m_writer.finish(m_unixNs, [this](const std::string& process, const std::string& thread) {
            return describe(process, thread);
        });
        if (m_withoutTime > 0) {
            m_sink.warn(
                { "no-time", std::to_string(m_withoutTime) + " rows have no start and are not shown.", {} });
        }
        if (m_database.hadWriteAheadLog()) {
            m_sink.warn({ "write-ahead-log",
                "The database was written with a log beside it; its newest rows may be missing.", {},
                Severity::Note });
        }
        m_counts["spans"] = m_writer.spans();
        m_sink.attach(m_counts);
        return {};
    }

private:
    /// Runs a query over columns of which some may not be there: those are NULL.
    Result<void> each(const SqliteTable& table, std::initializer_list<std::string_view> columns,
        const std::function<void(const SqliteRows&)>& row)
    {
        std::string sql = "SELECT ";
        for (const std::string_view column : columns) {
            sql += sql.size() > 7 ? ", " : "";
            sql += column == "rowid" || !table.has(column) ? (column == "rowid" ? "rowid" : "NULL")
                                                           : '"' + std::string(column) + '"';
        }
        auto rows = m_database.query(sql + " FROM \"" + table.name + '"');
        if (!rows) {
            return rows.error();
        }
        auto more = rows->next();
        for (; more && *more; more = rows->next()) {
            row(*rows);
        }
        return more ? Result<void>() : Result<void>(more.error());
    }

    Result<void> readStrings()
    {
        const SqliteTable* table = m_database.table("StringIds");
        if (!table) {
            return {};
        }
        std::size_t bytes = 0;
        return each(*table, { "id", "value" }, [&](const SqliteRows& row) {
            const std::string_view text = row.text(1).substr(0, 1024);
            bytes += text.size();
            if (const auto id = row.integer(0);
                id && m_strings.size() < mostStrings && bytes < mostStringBytes) {
                m_strings.emplace(*id, text);
            }
        });
    }

    std::string string(std::int64_t id) const
    {
        const auto at = m_strings.find(id);
        return at == m_strings.end() ? std::string() : at->second;
    }

    /// Of processes, threads, devices and kinds of copies.
    Result<void> readNames()
    {
        Result<void> done;
        if (const SqliteTable* table = m_database.table("PROCESSES")) {
            done = each(*table, { "pid", "name" }, [&](const SqliteRows& row) {
                if (row.integer(0) && m_processes.size() < mostNamed) {
                    m_processes.emplace(*row.integer(0), row.text(1).substr(0, 256));
                }
            });
        }
        if (const SqliteTable* table = m_database.table("ThreadNames"); table && done) {
            done = each(*table, { "globalTid", "nameId" }, [&](const SqliteRows& row) {
                if (row.integer(0) && row.integer(1) && m_threads.size() < mostNamed) {
                    m_threads.emplace(*row.integer(0) & 0xffff'ffff'ffff, string(*row.integer(1)));
                }
            });
        }
        if (const SqliteTable* table = m_database.table("TARGET_INFO_GPU"); table && done) {
            done = each(*table, { "id", "name" }, [&](const SqliteRows& row) {
                if (row.integer(0) && m_devices.size() < mostNamed) {
                    m_devices.emplace(*row.integer(0), row.text(1).substr(0, 256));
                }
            });
        }
        for (const auto& [table, kinds] : { std::pair { "ENUM_CUDA_MEMCPY_OPER", &m_copyKinds },
                 std::pair { "ENUM_CUPTI_SYNC_TYPE", &m_syncKinds } }) {
            if (const SqliteTable* found = m_database.table(table); found && done) {
                done = each(*found, { "id", "label", "name" }, [&, to = kinds](const SqliteRows& row) {
                    if (row.integer(0) && to->size() < mostNamed) {
                        to->emplace(*row.integer(0), row.isNull(1) ? row.text(2) : row.text(1));
                    }
                });
            }
        }
        return done;
    }

    Result<void> readSpanTables()
    {
        for (const SpanTable& spans : spanTables) {
            const SqliteTable* table = m_database.table(spans.table);
            if (!table) {
                continue;
            }
            std::string_view name;
            for (const std::string_view column : spans.names) {
                name = name.empty() && table->has(column) ? column : name;
            }
            std::uint64_t rows = 0;
            auto done = each(*table,
                { "rowid", "start", "end", name.empty() ? "no name" : name, "deviceId", "streamId",
                    "globalPid", "globalTid", "correlationId", "copyKind", "syncType" },
                [&](const SqliteRows& row) {
                    ++rows;
                    span(spans, row);
                });
            if (!done) {
                return done;
            }
            if (!spans.count.empty()) {
                m_counts[std::string(spans.count)] = rows;
            }
        }
        return {};
    }

    std::string nameOf(const SpanTable& spans, const SqliteRows& row) const
    {
        std::string name;
        if (const auto id = row.integer(3)) {
            name = string(*id);
        } else {
            name = row.text(3);
        }
        if (!name.empty()) {
            return name;
        }
        if (spans.category == "memcpy") {
            return "Memcpy " + copyKind(row.integer(9).value_or(-1));
        }
        if (spans.category == "synchronisation") {
            const auto kind = m_syncKinds.find(row.integer(10).value_or(-1));
            return kind == m_syncKinds.end() ? "synchronisation" : kind->second;
        }
        return spans.category == "memset" ? "Memset" : std::string(spans.category);
    }

    std::string copyKind(std::int64_t kind) const
    {
        if (const auto known = m_copyKinds.find(kind); known != m_copyKinds.end()) {
            return known->second;
        }
        switch (kind) {
        case 1:
            return "HtoD";
        case 2:
            return "DtoH";
        case 8:
            return "DtoD";
        case 10:
            return "PtoP";
        default:
            return "of kind " + std::to_string(kind);
        }
    }

    void span(const SpanTable& spans, const SqliteRows& row)
    {
        const auto start = row.integer(1);
        const auto end = row.integer(2);
        if (!start) {
            ++m_withoutTime;
            return;
        }
        const bool onDevice = spans.side == SpanTable::Side::Device;
        const std::int64_t process
            = onDevice ? processOf(row.integer(6).value_or(0)) : processOf(row.integer(7).value_or(0));
        const std::uint32_t lane = onDevice
            ? deviceLane(row.integer(4).value_or(-1), process, row.integer(5).value_or(-1), spans.lane)
            : threadLane(row.integer(7).value_or(0), spans.lane);
        m_writer.span(lane, m_writer.name(nameOf(spans, row), spans.category), *start, duration(*start, end),
            static_cast<std::uint64_t>(row.integer(0).value_or(0)));
        const bool joins = spans.category == "kernel" || spans.category == "memcpy"
            || spans.category == "memset" || spans.category == "graph" || spans.category == "cuda_runtime";
        if (const auto correlation = row.integer(8); correlation && *correlation != 0 && joins) {
            m_writer.flow(lane, *start, std::to_string(process) + ':' + std::to_string(*correlation));
        }
    }

    static std::int64_t duration(std::int64_t start, std::optional<std::int64_t> end)
    {
        return end ? TraceWriter::between(start, *end) : SpanColumns::open;
    }

    std::uint32_t deviceLane(
        std::int64_t device, std::int64_t process, std::int64_t stream, std::string_view beside)
    {
        return m_writer.lane("gpu " + std::to_string(device) + ' ' + std::to_string(process),
            beside.empty() ? "stream " + std::to_string(stream) : std::string(beside));
    }
    std::uint32_t threadLane(std::int64_t globalTid, std::string_view beside)
    {
        return m_writer.lane("cpu " + std::to_string(processOf(globalTid)),
            std::to_string(globalTid) + '/' + std::string(beside));
    }

    Result<void> readNvtx()
    {
        const SqliteTable* table = m_database.table("NVTX_EVENTS");
        if (!table) {
            return {};
        }
        std::uint64_t rows = 0;
        auto done = each(*table, { "rowid", "start", "end", "eventType", "text", "textId", "globalTid" },
            [&](const SqliteRows& row) {
                ++rows;
                nvtx(row);
            });
        m_counts["nvtx"] = rows;
        return done;
    }

    void nvtx(const SqliteRows& row)
    {
        enum { Mark = 34, PushPop = 59, StartEnd = 60 };
        const auto type = row.integer(3).value_or(0);
        if (type != Mark && type != PushPop && type != StartEnd) {
            return; // domains, categories, names: not events in time
        }
        const auto start = row.integer(1);
        if (!start) {
            ++m_withoutTime;
            return;
        }
        std::string text(row.text(4));
        if (text.empty() && row.integer(5)) {
            text = string(*row.integer(5));
        }
        const std::int64_t length = type == Mark && row.isNull(2) ? 0 : duration(*start, row.integer(2));
        m_writer.span(threadLane(row.integer(6).value_or(0), "NVTX"),
            m_writer.name(text.empty() ? "NVTX" : text, "nvtx"), *start, length,
            static_cast<std::uint64_t>(row.integer(0).value_or(0)));
    }

    Result<void> readMetrics()
    {
        const SqliteTable* table = m_database.table("GPU_METRICS");
        if (!table) {
            return {};
        }
        std::map<std::pair<std::int64_t, std::int64_t>, std::string> names;
        if (const SqliteTable* info = m_database.table("TARGET_INFO_GPU_METRICS")) {
            auto named = each(*info, { "typeId", "metricId", "metricName" }, [&](const SqliteRows& row) {
                if (names.size() < mostNamed) {
                    names[{ row.integer(0).value_or(0), row.integer(1).value_or(0) }] = row.text(2);
                }
            });
            if (!named) {
                return named;
            }
        }
        return each(*table, { "timestamp", "typeId", "metricId", "value" }, [&](const SqliteRows& row) {
            const auto type = row.integer(1).value_or(0);
            const auto name = names.find({ type, row.integer(2).value_or(0) });
            if (row.integer(0) && row.real(3) && name != names.end()) {
                // The device is the low byte of the type, as in the exporter's own queries.
                m_writer.sample("GPU " + std::to_string(type & 0xff) + ": " + name->second, {},
                    *row.integer(0), *row.real(3));
            }
        });
    }

    Result<void> readClock()
    {
        const SqliteTable* table = m_database.table("TARGET_INFO_SESSION_START_TIME");
        return !table
            ? Result<void>()
            : each(*table, { "utcEpochNs" }, [&](const SqliteRows& row) { m_unixNs = row.integer(0); });
    }

    /// Ids of the lanes are made by deviceLane() and threadLane().
    TraceSheet::Lane describe(const std::string& process, const std::string& thread) const
    {
        TraceSheet::Lane lane;
        if (process.starts_with("gpu ")) {
            const std::int64_t device = std::strtoll(process.c_str() + 4, nullptr, 10);
            const std::string pid = process.substr(process.rfind(' ') + 1);
            const auto known = m_devices.find(device);
            lane.process = "GPU " + std::to_string(device)
                + (known == m_devices.end() ? "" : ", " + known->second)
                + (pid == "0" ? "" : " (process " + pid + ')');
            lane.processOrder = 1'000'000 + device;
            lane.thread = thread;
            return lane;
        }
        const std::int64_t pid = std::strtoll(process.c_str() + 4, nullptr, 10);
        const auto name = m_processes.find(pid);
        lane.process = name == m_processes.end() ? "process " + std::to_string(pid)
                                                 : name->second + " (" + std::to_string(pid) + ')';
        const std::int64_t global = std::strtoll(thread.c_str(), nullptr, 10);
        const std::string beside = thread.substr(thread.find('/') + 1);
        const auto called = m_threads.find(global & 0xffff'ffff'ffff);
        lane.thread = (called == m_threads.end() || called->second.empty() ? "thread" : called->second) + " ("
            + std::to_string(threadOf(global)) + ')' + (beside.empty() ? "" : ", " + beside);
        lane.threadOrder = threadOf(global);
        return lane;
    }

    SqliteInput& m_database;
    Sink& m_sink;
    TraceWriter m_writer;
    std::unordered_map<std::int64_t, std::string> m_strings;
    std::map<std::int64_t, std::string> m_processes; ///< by pid
    std::map<std::int64_t, std::string> m_threads; ///< by process and thread
    std::map<std::int64_t, std::string> m_devices;
    std::map<std::int64_t, std::string> m_copyKinds;
    std::map<std::int64_t, std::string> m_syncKinds;
    std::map<std::string, std::uint64_t> m_counts;
    std::optional<std::int64_t> m_unixNs;
    std::uint64_t m_withoutTime = 0;
};

} // namespace

Result<void> readDatabase(Input& input, Sink& sink)
{
    auto database = input.database();
    if (!database) {
        return database.error();
    }
    return NsysDatabase(**database, sink).read();
}

} // namespace prism::formats::nsys
