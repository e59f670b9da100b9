// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/query.h"

#include "core/export/benchmark_report.h"
#include "core/export/points_csv.h"
#include "core/export/records_json.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

namespace prism::cli {

namespace {

struct Options {
    Query query;
    std::string format = "csv";
    std::string output = "-";
};

/// Writes to standard output, or to a new file that takes the place of the old one only when it is complete.
class Output {
public:
    explicit Output(const std::string& path)
        : m_path(path)
        , m_file(path == "-" ? stdout : std::fopen((path + ".part").c_str(), "wb"))
    {
    }
    ~Output()
    {
        if (m_file && m_file != stdout) {
            std::fclose(m_file);
            std::remove((m_path + ".part").c_str());
        }
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    bool isOpen() const { return m_file != nullptr; }
    void write(std::string_view text)
    {
        m_failed = std::fwrite(text.data(), 1, text.size(), m_file) != text.size() || m_failed;
    }

    Result<void> finish()
    {
        m_failed = std::fflush(m_file) != 0 || m_failed;
        if (m_failed) {
            return Error { m_path, {}, std::string("cannot be written: ") + std::strerror(errno),
                "Free some space" };
        }
        if (m_file == stdout) {
            return {};
        }
        std::fclose(m_file);
        m_file = nullptr;
        std::error_code error;
        std::filesystem::rename(m_path + ".part", m_path, error);
        return error ? Result<void>(Error { m_path, {}, error.message(), "Choose another place" })
                     : Result<void>();
    }

private:
    std::string m_path;
    std::FILE* m_file;
    bool m_failed = false;
};

Result<void> writeReports(StoreReader& reader, const std::set<PointId>& wanted, Output& out)
{
    std::map<std::string, std::set<std::string>> leftOut; // statistics by measure
    auto done = reader.points([&](const SourceRecord& source, PointDetail&& point) {
        if (wanted.contains(point.record.id)) {
            const BenchmarkReport report = benchmarkReport(point, source);
            out.write(report.json);
            out.write("\n");
            for (const BenchmarkReport::LeftOut& left : report.leftOut) {
                leftOut[left.measure].insert(left.stat);
            }
        }
        return true;
    });
    for (const auto& [measure, stats] : leftOut) {
        std::string list;
        for (const std::string& stat : stats) {
            list += stat.empty() ? "" : (list.empty() ? " " : ", ") + stat;
        }
        std::fprintf(
            stderr, "Left out, for the report has no place for it: %s%s\n", measure.c_str(), list.c_str());
    }
    return done;
}

int run(const Options& options)
{
    const auto a = answer(options.query);
    if (!a) {
        return fail(a.error());
    }
    std::set<PointId> wanted;
    for (const Row row : a->filtered.passing.rows()) {
        wanted.insert(a->table->point(row));
    }
    Output out(options.output);
    if (!out.isOpen()) {
        return fail({ options.output, {}, std::strerror(errno), "Choose a place that you may write to" });
    }
    Result<void> done;
    if (options.format == "csv") {
        done = writePointsCsv(*a->reader, &wanted, [&](std::string_view text) { out.write(text); });
    } else if (options.format == "json") {
        done = a->reader->points([&](const SourceRecord& source, PointDetail&& point) {
            if (wanted.contains(point.record.id)) {
                const Row row = *a->table->rowOf(point.record.id);
                out.write(toJson(point, source, a->judgedOtherwise(row)) + '\n');
            }
            return true;
        });
    } else {
        done = writeReports(*a->reader, wanted, out);
    }
    if (done) {
        done = out.finish();
    }
    return done ? Done : fail(done.error());
}

} // namespace

void addExport(CLI::App& app, int& exit)
{
    auto options = std::make_shared<Options>();
    CLI::App* command
        = app.add_subcommand("export", "Write load points as CSV, JSON lines or Benchmark Reports v0.2");
    addQuery(*command, options->query);
    command->add_option("--format", options->format, "csv, json or benchmark-report")
        ->check(CLI::IsMember({ "csv", "json", "benchmark-report" }))
        ->capture_default_str();
    command->add_option("-o,--output", options->output, "File to write; - is standard output")
        ->capture_default_str();
    command->callback([options, &exit] { exit = run(*options); });
}

} // namespace prism::cli
