// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/file_in_flight.h"

#include "core/catalog/catalog.h"
#include "core/import/importer.h"
#include "core/import/run_key.h"
#include "core/model/shown_text.h"
#include "core/store/trace_blobs.h"

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
    , m_claims(m_name)
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

Result<void> FileInFlight::addPoint(LoadPoint& point, StoreWriter& writer, Step& step)
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
        held = held && (!fresh || m_claims.hold(sizeof warning + warning.code.size() + warning.text.size()));
    }
    const auto id = source(writer);
    if (!id) {
        return id.error();
    }
    const std::string key = runKey(m_part.recognised.producer, m_part.name, point);
    held = held && (!m_part.runs.insert(key).second || m_claims.hold(key.size() + 64));
    if (!held) {
        step.lie = "more different runs and warnings than a file can have";
        return {};
    }
    ++m_part.points;
    const RunKey run { ContentHash::of(key), point.label, m_part.recognised.producer };
    m_part.summary.point(point, run.key);
    return writer.addPoint(*id, point, run, SummaryBuilder::measured(point));
}

Result<void> FileInFlight::takeRequests(protocol::Decoder& d, StoreWriter& writer, Step& step)
{
    const auto point = static_cast<std::uint32_t>(d.integer());
    std::vector<RequestRow> rows;
    for (std::size_t left = d.count(1, protocol::mostRows); left > 0 && d.ok(); --left) {
        makeShown(rows.emplace_back(protocol::decodeRequest(d)).error);
    }
    if (!d.ok()) {
        return {};
    }
    if (!m_part.checks.contains(point) && !m_claims.hold(sizeof(RequestCheck) + 64)) {
        step.lie = "requests of more points than a file can have";
        return {};
    }
    RequestCheck& check = m_part.checks[point];
    // A request that was observed ends with its last byte: usage and [DONE] follow the last token.
    const bool endsWithToken = m_part.recognised.producer != "prism-live";
    for (const RequestRow& row : rows) {
        step.lie = Claims::request(row);
        if (!step.lie.empty()) {
            return {};
        }
        check.add(row, endsWithToken);
    }
    m_part.requests += rows.size();
    m_part.summary.requests(rows.size());
    step.rows += rows.size();
    const auto id = source(writer);
    return id ? writer.addRequests(*id, point, rows) : Result<void>(id.error());
}

Result<void> FileInFlight::takeGaps(protocol::Decoder& d, StoreWriter& writer)
{
    const auto point = static_cast<std::uint32_t>(d.integer());
    const auto id = source(writer);
    if (!id) {
        return id.error();
    }
    for (std::size_t left = d.count(1, protocol::mostRows); left > 0 && d.ok(); --left) {
        const auto request = static_cast<std::uint32_t>(d.integer());
        const std::vector<double> gaps = d.numbers();
        if (d.ok()) {
            if (auto done = writer.addGaps(*id, point, request, gaps); !done) {
                return done;
            }
        }
    }
    return {};
}

Result<void> FileInFlight::takeSpans(
    std::string_view bytes, protocol::Decoder& d, StoreWriter& writer, Step& step)
{
    TraceBatch batch;
    const auto behind = [](const std::vector<std::uint32_t>& column, std::uint32_t end) {
        const auto most = std::max_element(column.begin(), column.end());
        return most == column.end() ? end : std::max(end, *most == UINT32_MAX ? UINT32_MAX : *most + 1);
    };
    if (m_part.hasSheet || !store::readBatch(bytes, batch) || !Claims::areTimes(batch)
        || (m_part.spans += batch.spans.size()) > mostSpansOfTrace) {
        d.fail();
        return {};
    }
    m_part.laneEnd = behind(batch.flows.lane, behind(batch.spans.lane, m_part.laneEnd));
    m_part.nameEnd = behind(batch.spans.name, m_part.nameEnd);
    m_part.summary.spans(batch);
    step.rows += batch.spans.size();
    const auto id = source(writer);
    return id ? writer.addTrace(*id, batch) : Result<void>(id.error());
}

Result<void> FileInFlight::takeSheet(std::string_view bytes, protocol::Decoder& d, StoreWriter& writer)
{
    TraceSheet sheet;
    if (std::exchange(m_part.hasSheet, true) || !store::readSheet(bytes, sheet)
        || m_part.laneEnd > sheet.lanes.size() || m_part.nameEnd > sheet.names.size()) {
        d.fail();
        return {};
    }
    m_part.summary.sheet(sheet);
    const auto id = source(writer);
    return id ? writer.addTraceSheet(*id, sheet) : Result<void>(id.error());
}

Result<FileInFlight::Step> FileInFlight::take(const protocol::Frame& frame, Bench& bench)
{
    Step step;
    step.lie = m_claims.order(frame.type);
    if (!step.lie.empty()) {
        return step;
    }
    protocol::Decoder d(frame.payload);
    if (auto done = takeFrame(frame, d, bench, step); !done) {
        return done.error();
    }
    const bool isPacked = frame.type == protocol::Type::Bytes || frame.type == protocol::Type::Spans
        || frame.type == protocol::Type::TraceSheet;
    if (step.lie.empty() && (!d.ok() || (!d.atEnd() && !isPacked))) {
        step.lie = "rows that make no sense";
    }
    return step;
}

Result<void> FileInFlight::takeFrame(
    const protocol::Frame& frame, protocol::Decoder& d, Bench& bench, Step& step)
{
    StoreWriter& writer = bench.writer;
    switch (frame.type) {
    case protocol::Type::Ready:
        break;
    case protocol::Type::Recognised:
        m_part.recognised = protocol::decodeRecognised(d);
        step.lie = m_claims.recognised(m_part.recognised);
        break;
    case protocol::Type::Point:
        return takePoint(d, bench, step);
    case protocol::Type::Requests:
        return takeRequests(d, writer, step);
    case protocol::Type::Gaps:
        return takeGaps(d, writer);
    case protocol::Type::Series:
        return takeSeries(d, writer);
    case protocol::Type::Spans:
        return takeSpans(frame.payload, d, writer, step);
    case protocol::Type::TraceSheet:
        return takeSheet(frame.payload, d, writer);
    case protocol::Type::Warn:
        takeWarning(d, step);
        break;
    case protocol::Type::Attach:
        takeCounts(d, step);
        break;
    case protocol::Type::Member:
        takeMember(d, step);
        break;
    case protocol::Type::Bytes:
        return takeBytes(frame.payload, writer);
    case protocol::Type::Progress:
        m_bytesRead = d.integer();
        break;
    case protocol::Type::End: {
        const protocol::End end = protocol::decodeEnd(d);
        step.lie = d.ok() ? m_claims.end(end) : std::string();
        if (d.ok() && step.lie.empty()) {
            return takeEnd(end, writer, bench.batch, step);
        }
        break;
    }
    }
    return {};
}

Result<void> FileInFlight::takePoint(protocol::Decoder& d, Bench& bench, Step& step)
{
    protocol::decodePoint(d, bench.point);
    if (!d.ok()) {
        return {};
    }
    step.lie = Claims::point(bench.point);
    if (!step.lie.empty()) {
        return {};
    }
    ++step.rows;
    return addPoint(bench.point, bench.writer, step);
}

Result<void> FileInFlight::takeSeries(protocol::Decoder& d, StoreWriter& writer)
{
    const auto point = static_cast<std::uint32_t>(d.integer());
    TimeSeries series = protocol::decodeSeries(d);
    if (!d.ok()) {
        return {};
    }
    makeShown(series.name);
    m_part.summary.series(series);
    const auto id = source(writer);
    return id ? writer.addSeries(*id, point, series) : Result<void>(id.error());
}

void FileInFlight::takeWarning(protocol::Decoder& d, Step& step)
{
    m_part.warnings.push_back(protocol::decodeWarning(d));
    Warning& last = m_part.warnings.back();
    makeShown(last);
    if (m_part.warnings.size() > protocol::mostWarnings
        || !m_claims.hold(sizeof last + last.code.size() + last.text.size() + last.path.size())) {
        step.lie = "more warnings than a file can earn";
    }
}

void FileInFlight::takeCounts(protocol::Decoder& d, Step& step)
{
    for (std::size_t left = d.count(1, protocol::mostOfPoint); left > 0 && d.ok(); --left) {
        const std::string what = d.text();
        m_part.counts[what] = d.integer();
        if (!m_claims.hold(what.size() + 64)) {
            step.lie = "more kinds of content than a file can have";
            return;
        }
    }
}

void FileInFlight::takeMember(protocol::Decoder& d, Step& step)
{
    m_isArchive = true;
    m_part = Part {};
    m_part.name = d.text();
    m_part.hash.emplace();
    step.lie = m_claims.member(m_part.name);
}

/// Claims::order() has seen to it that they are a member's.
Result<void> FileInFlight::takeBytes(std::string_view bytes, StoreWriter& writer)
{
    const auto id = source(writer);
    if (!id) {
        return id.error();
    }
    m_part.hash->add(bytes);
    m_part.bytes += bytes.size();
    return writer.addOriginal(*id, bytes);
}

Result<void> FileInFlight::takeEnd(
    const protocol::End& end, StoreWriter& writer, const Batch& batch, Step& step)
{
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
    } else if (auto done = complete(end, writer, batch, result, step); !done) {
        return done;
    }
    m_broken = m_broken || end.outcome == Outcome::Refused;
    if (end.ofMember) {
        step.results.push_back(std::move(result));
        m_part = Part {};
        return {};
    }
    step.ended = true;
    step.refused = m_broken;
    // An archive is its members; it has a line of its own only when it could not be walked.
    if (!m_isArchive || end.outcome == Outcome::Refused) {
        result.source = m_name;
        step.results.push_back(std::move(result));
    } else if (!m_memberHashes.empty()) {
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
