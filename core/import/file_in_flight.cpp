// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/file_in_flight.h"

#include "core/catalog/catalog.h"
#include "core/import/importer.h"
#include "core/import/local_time.h"
#include "core/import/run_key.h"
#include "core/model/shown_text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace prism {

namespace {

constexpr std::size_t chunk
    = read::windowOf(256u << 10); ///< stays in the processor's cache between read and hash
constexpr std::size_t originalChunk = read::windowOf(1u << 20); ///< the store packs it without a copy

} // namespace

FileInFlight::FileInFlight(std::string name, int descriptor)
    : m_name(std::move(name))
    , m_descriptor(descriptor)
    , m_walk(m_name)
{
    m_part.name = m_name;
    fstat(m_descriptor, &m_status);
}

FileInFlight::~FileInFlight()
{
    close(m_descriptor);
}

Result<void> FileInFlight::hash(std::size_t kept, const std::stop_token& stop)
{
    m_stop = stop;
    ContentHash hash;
    std::vector<char> buffer(std::min<std::size_t>(chunk, bytes() + 1));
    off_t at = 0;
    while (!stop.stop_requested()) {
        const ssize_t size = pread(m_descriptor, buffer.data(), buffer.size(), at);
        if (size < 0) {
            return Error { m_name, {}, std::strerror(errno), "Check the file and its place" };
        }
        if (size == 0) {
            break;
        }
        hash.add({ buffer.data(), static_cast<std::size_t>(size) });
        if (bytes() <= kept) {
            m_kept.append(buffer.data(), static_cast<std::size_t>(size));
        }
        at += size;
    }
    if (stop.stop_requested()) {
        return Error { m_name, {}, "the import was cancelled", {} };
    }
    m_sha256 = hash.hex();
    return {};
}

bool FileInFlight::changedMeanwhile() const
{
    struct stat now { };
    return fstat(m_descriptor, &now) != 0 || now.st_size != m_status.st_size
        || now.st_mtim.tv_sec != m_status.st_mtim.tv_sec || now.st_mtim.tv_nsec != m_status.st_mtim.tv_nsec;
}

Result<SourceId> FileInFlight::source(StoreWriter& writer)
{
    if (!m_part.source) {
        const auto begun = writer.begin({ m_part.name, m_isArchive ? std::string() : m_sha256,
            m_isArchive ? 0 : bytes(), m_part.recognised.producer, m_part.recognised.version });
        if (!begun) {
            return begun.error();
        }
        m_part.source = *begun;
    }
    return *m_part.source;
}

Result<FileInFlight::Step> FileInFlight::take(const protocol::Frame& frame, Bench& bench)
{
    m_bench = &bench;
    m_step = {};
    auto lie = m_walk.take(frame, *this, bench.point);
    m_bench = nullptr;
    if (!lie) {
        return lie.error();
    }
    if (!lie->empty()) {
        m_step.lie = std::move(*lie);
    }
    return std::move(m_step);
}

Result<void> FileInFlight::recognised(const protocol::Recognised& recognised)
{
    m_part.recognised = recognised;
    return {};
}

Result<void> FileInFlight::point(LoadPoint& point)
{
    makeShown(point);
    const auto& catalog = Catalog::standard();
    if (catalog) {
        catalog->apply(point);
    }
    checkMeanings(point, m_part.recognised.producer);
    bool held = true;
    for (const Warning& warning : point.warnings) {
        const auto [kind, fresh] = m_part.pointWarnings.try_emplace(warning.code, warning, 0);
        ++kind->second.second;
        held = held && (!fresh || m_walk.hold(sizeof warning + warning.code.size() + warning.text.size()));
    }
    const auto id = source(m_bench->writer);
    if (!id) {
        return id.error();
    }
    if (!m_part.keys) {
        m_part.keys.emplace(m_part.recognised.producer, m_part.name);
    }
    const std::string key = m_part.keys->of(point);
    held = held && (!m_part.runs.insert(key).second || m_walk.hold(key.size() + 64));
    if (!held) {
        m_step.lie = "more different runs and warnings than a file can have";
        return {};
    }
    ++m_step.rows;
    ++m_part.points;
    m_part.anyNumber = m_part.anyNumber
        || std::any_of(point.measures.begin(), point.measures.end(),
            [](const Measure& m) { return m.status == Status::Ok; });
    const RunKey run { ContentHash::of(key), point.label, m_part.recognised.producer };
    m_part.summary.point(point, run.key);
    return m_bench->writer.addPoint(*id, point, run, SummaryBuilder::measured(point), local::measured(point));
}

Result<void> FileInFlight::requests(std::uint32_t point, std::vector<RequestRow>&& rows)
{
    if (!m_part.checks.contains(point) && !m_walk.hold(sizeof(RequestCheck) + 64)) {
        m_step.lie = "requests of more points than a file can have";
        return {};
    }
    RequestCheck& check = m_part.checks[point];
    const bool endsWithToken = producerInfo(m_part.recognised.producer).endsWithToken;
    for (RequestRow& row : rows) {
        makeShown(row.error);
        check.add(row, endsWithToken);
    }
    m_part.requests += rows.size();
    m_part.anyNumber = m_part.anyNumber || !rows.empty();
    m_part.summary.requests(rows.size());
    m_step.rows += rows.size();
    const auto id = source(m_bench->writer);
    return id ? m_bench->writer.addRequests(*id, point, rows) : Result<void>(id.error());
}

Result<void> FileInFlight::gaps(std::uint32_t point, std::uint32_t request, const std::vector<double>& gaps)
{
    const auto id = source(m_bench->writer);
    return id ? m_bench->writer.addGaps(*id, point, request, gaps) : Result<void>(id.error());
}

Result<void> FileInFlight::series(std::uint32_t point, TimeSeries&& series)
{
    makeShown(series.name);
    m_part.summary.series(series);
    m_part.anyNumber = m_part.anyNumber || !series.values.empty();
    const auto id = source(m_bench->writer);
    return id ? m_bench->writer.addSeries(*id, point, series) : Result<void>(id.error());
}

Result<void> FileInFlight::spans(const TraceBatch& batch)
{
    m_part.summary.spans(batch);
    m_part.anyNumber = m_part.anyNumber || batch.spans.size() > 0;
    m_step.rows += batch.spans.size();
    const auto id = source(m_bench->writer);
    return id ? m_bench->writer.addTrace(*id, batch) : Result<void>(id.error());
}

Result<void> FileInFlight::sheet(const TraceSheet& sheet)
{
    m_part.summary.sheet(sheet);
    const auto id = source(m_bench->writer);
    return id ? m_bench->writer.addTraceSheet(*id, sheet) : Result<void>(id.error());
}

Result<void> FileInFlight::warning(Warning&& warning)
{
    makeShown(m_part.warnings.emplace_back(std::move(warning)));
    return {};
}

Result<void> FileInFlight::count(const std::string& what, std::uint64_t number)
{
    m_part.counts[what] = number;
    m_part.anyNumber = m_part.anyNumber || number > 0;
    return {};
}

Result<void> FileInFlight::progress(std::uint64_t bytes)
{
    m_bytesRead = bytes;
    return {};
}

Result<void> FileInFlight::member(const std::string& name)
{
    m_isArchive = true;
    m_part = Part {};
    m_part.name = name;
    m_part.hash.emplace();
    return {};
}

/// The walk has seen to it that they are a member's.
Result<void> FileInFlight::bytes(std::string_view bytes)
{
    const auto id = source(m_bench->writer);
    if (!id) {
        return id.error();
    }
    m_part.hash->add(bytes);
    m_part.bytes += bytes.size();
    return m_bench->writer.addOriginal(*id, bytes);
}

Result<void> FileInFlight::end(const protocol::End& end)
{
    StoreWriter& writer = m_bench->writer;
    FileResult result = m_result;
    result.source = m_part.name;
    result.outcome = end.outcome;
    result.producer = m_part.recognised.producer;
    result.warnings = m_part.warnings;
    result.counts = m_part.counts;
    if (end.outcome == Outcome::Refused || end.outcome == Outcome::Skipped) {
        result.reason = end.reason;
        makeShown(*result.reason);
        result.reason->file = m_part.name;
        if (auto done = abandon(&writer); !done) {
            return done;
        }
    } else if (auto done = complete(end, writer, m_bench->batch, result, m_step); !done) {
        return done;
    }
    m_broken = m_broken || end.outcome == Outcome::Refused;
    if (end.ofMember) {
        m_step.results.push_back(std::move(result));
        m_part = Part {};
        return {};
    }
    m_step.ended = true;
    m_step.refused = m_broken;
    // An archive is its members; it has a line of its own only when it could not be walked.
    if (!m_isArchive || end.outcome == Outcome::Refused) {
        result.source = m_name;
        m_step.results.push_back(std::move(result));
    } else if (!m_memberHashes.empty() && !m_broken) { // what was refused is tried and told again
        return writer.rememberArchive(m_sha256, m_memberHashes);
    }
    return {};
}

Result<void> FileInFlight::complete(
    const protocol::End& end, StoreWriter& writer, const Batch& batch, FileResult& result, Step& step)
{
    const auto id = source(writer);
    if (!id) {
        return id.error();
    }
    StoreWriter::Finished finished;
    if (m_part.hash) {
        finished.sha256 = m_part.hash->hex();
        finished.bytes = m_part.bytes;
        result.sha256 = finished.sha256;
        m_memberHashes.push_back(finished.sha256);
    } else if (changedMeanwhile()) {
        result.outcome = Outcome::Refused;
        result.reason = Error { m_name, {}, "the file changed while it was read",
            "Import it again when it is complete" };
        return abandon(&writer);
    }
    // A file's copy may have been in flight before it.
    const auto known = writer.known(result.sha256);
    if (!known) {
        return known.error();
    }
    if ((*known && batch.isCurrent(**known)) || batch.contains(result.sha256)) {
        result.outcome = Outcome::Unchanged;
        return abandon(&writer);
    }
    if (batch.isForced()) {
        if (auto why = isNoReading(end, *known)) {
            result.outcome = Outcome::Refused;
            result.reason = std::move(*why);
            return abandon(&writer);
        }
    }
    const auto removed = *known ? Result<std::optional<SourceRecord>>(std::optional<SourceRecord>())
                                : writer.removedWith(result.sha256);
    if (!removed) {
        return removed.error();
    }
    const bool readBefore = *known || *removed;
    if (*known || (*removed && !batch.isCurrent(**removed))) {
        m_part.warnings.push_back({ "read-anew",
            "Read anew, for this Prism or its mapping reads the file otherwise than the one before.", {},
            Severity::Note });
    }
    if (!m_part.hash) {
        if (auto done = storeOriginal(writer); !done) {
            return done;
        }
    }
    for (const auto& [point, check] : m_part.checks) {
        check.tell(m_part.warnings);
    }
    finished.newReading = readBefore;
    finished.warnings = m_part.warnings;
    finished.counts = m_part.counts;
    finished.attached = end.outcome == Outcome::Attached;
    finished.covers = finished.attached ? m_part.summary.covers() : std::nullopt;
    finished.coversLocally = finished.attached ? m_part.summary.coversLocally() : std::nullopt;
    result.warnings = toldWarnings();
    result.runs = m_part.runs.size();
    result.points = m_part.points;
    result.requests = m_part.requests;
    if (auto done = writer.finish(*id, finished); !done) {
        return done;
    }
    step.source = *id;
    step.prints = m_part.summary.takePrints();
    step.summary = m_part.summary.take();
    step.summary->log = std::any_of(finished.warnings.begin(), finished.warnings.end(),
        [](const Warning& warning) { return warning.code == "log-text"; });
    return {};
}

std::optional<Error> FileInFlight::isNoReading(
    const protocol::End& end, const std::optional<SourceRecord>& before) const
{
    const std::string& producer = m_part.recognised.producer;
    const std::string as = "read as " + (findImporter(producer) ? toolName(producer) : "you say");
    if (!m_part.anyNumber) {
        return Error { m_part.name, {}, as + ", the file holds no measure, request, sample or span",
            "Import it without --as and --mapping, or with the right ones" };
    }
    if (before && !before->attached && end.outcome == Outcome::Attached) {
        return Error { m_part.name, {}, as + ", the file would lose the points that it has in the database",
            "Take it off with prismctl forget first, if that is meant" };
    }
    return std::nullopt;
}

std::vector<Warning> FileInFlight::toldWarnings() const
{
    std::vector<Warning> told = m_part.warnings;
    for (const auto& [code, kind] : m_part.pointWarnings) {
        told.push_back(kind.first);
        if (kind.second > 1) {
            told.back().text += " (the first of " + std::to_string(kind.second) + " like it)";
        }
    }
    return told;
}

Result<void> FileInFlight::storeOriginal(StoreWriter& writer)
{
    if (bytes() == m_kept.size()) {
        return writer.addOriginal(*m_part.source, m_kept);
    }
    std::vector<char> buffer(originalChunk);
    off_t at = 0;
    while (true) {
        if (m_stop.stop_requested()) {
            return Error { m_name, {}, "the import was cancelled", {} };
        }
        const ssize_t size = pread(m_descriptor, buffer.data(), buffer.size(), at);
        if (size < 0) {
            return Error { m_name, {}, std::strerror(errno), "Check the file and its place" };
        }
        if (size == 0) {
            return {};
        }
        if (auto done = writer.addOriginal(*m_part.source, { buffer.data(), static_cast<std::size_t>(size) });
            !done) {
            return done;
        }
        at += size;
    }
}

Result<void> FileInFlight::abandon(StoreWriter* writer)
{
    if (!m_part.source || !writer) {
        return {};
    }
    const SourceId id = *m_part.source;
    m_part.source.reset();
    return writer->abandon(id);
}

} // namespace prism
