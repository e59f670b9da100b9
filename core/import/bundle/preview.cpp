// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/preview.h"

#include "core/catalog/catalog.h"
#include "core/import/batch.h"
#include "core/import/before_reading.h"
#include "core/import/checks.h"
#include "core/import/claims.h"
#include "core/import/content_hash.h"
#include "core/import/parser_queue.h"
#include "core/import/run_key.h"
#include "core/store/schema.h"
#include "core/store/trace_blobs.h"

#include <chrono>
#include <map>
#include <set>
#include <utility>

namespace prism {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto progressEvery = std::chrono::milliseconds(100);

/// Makes summaries of what the parser says of one file: of itself, or of each member of an archive.
class FileReading {
public:
    FileReading(std::string name, std::string sha256)
        : m_claims(name)
        , m_name(std::move(name))
        , m_sha256(std::move(sha256))
    {
        m_part.result.source = m_name;
    }

    struct Step {
        std::string lie;
        bool ended = false;
        bool refused = false;
        std::optional<FileSummary> summary;
        std::vector<PointPrint> prints;
    };
    Step take(const protocol::Frame& frame)
    {
        Step step;
        step.lie = m_claims.order(frame.type);
        if (step.lie.empty()) {
            protocol::Decoder d(frame.payload);
            takeFrame(frame, d, step);
            if (step.lie.empty() && !d.ok()) {
                step.lie = "rows that make no sense";
            }
        }
        return step;
    }

private:
    struct Part {
        FileResult result;
        SummaryBuilder summary;
        std::optional<ContentHash> hash; ///< of a member
        bool log = false;
    };

    void takeFrame(const protocol::Frame& frame, protocol::Decoder& d, Step& step)
    {
        using protocol::Type;
        switch (frame.type) {
        case Type::Recognised: {
            const protocol::Recognised recognised = protocol::decodeRecognised(d);
            step.lie = m_claims.recognised(recognised);
            m_part.result.producer = recognised.producer;
            break;
        }
        case Type::Member:
            m_isArchive = true;
            m_part = {};
            m_part.result.source = d.text();
            m_part.hash.emplace();
            step.lie = m_claims.member(m_part.result.source);
            break;
        case Type::Bytes:
            m_part.hash->add(frame.payload);
            break;
        case Type::Point:
            takePoint(d, step);
            break;
        case Type::Requests:
            d.integer(); // the point's number
            m_part.summary.requests(d.count(1, protocol::mostRows));
            break;
        case Type::Series:
            d.integer();
            m_part.summary.series(protocol::decodeSeries(d));
            break;
        case Type::Spans:
        case Type::TraceSheet:
            takeTimeline(frame, d);
            break;
        case Type::Warn:
            m_part.log = protocol::decodeWarning(d).code == "log-text" || m_part.log;
            break;
        case Type::Attach:
            for (std::size_t left = d.count(1, protocol::mostOfPoint); left > 0 && d.ok(); --left) {
                const std::string what = d.text();
                m_part.result.counts[what] = d.integer();
                step.lie = m_claims.hold(what.size() + 64) ? step.lie : "more content than a file can have";
            }
            break;
        case Type::End:
            takeEnd(d, step);
            break;
        case Type::Ready:
        case Type::Gaps:
        case Type::Progress:
            break; // nothing that a summary tells
        }
    }

    void takePoint(protocol::Decoder& d, Step& step)
    {
        protocol::decodePoint(d, m_point);
        if (!d.ok()) {
            return;
        }
        step.lie = Claims::point(m_point);
        if (const auto& catalog = Catalog::standard()) {
            catalog->apply(m_point);
        }
        checkMeanings(m_point, m_part.result.producer);
        m_part.summary.point(
            m_point, ContentHash::of(runKey(m_part.result.producer, m_part.result.source, m_point)));
    }

    void takeTimeline(const protocol::Frame& frame, protocol::Decoder& d)
    {
        TraceBatch batch;
        TraceSheet sheet;
        if (frame.type == protocol::Type::Spans) {
            store::readBatch(frame.payload, batch) ? m_part.summary.spans(batch) : d.fail();
        } else {
            store::readSheet(frame.payload, sheet) ? m_part.summary.sheet(sheet) : d.fail();
        }
    }

    void takeEnd(protocol::Decoder& d, Step& step)
    {
        const protocol::End end = protocol::decodeEnd(d);
        step.lie = d.ok() ? m_claims.end(end) : "rows that make no sense";
        if (!step.lie.empty()) {
            return;
        }
        m_broken = m_broken || end.outcome == Outcome::Refused;
        step.ended = !end.ofMember;
        step.refused = step.ended && m_broken;
        // An archive is its members; it has a line of its own only when it could not be walked.
        if (step.ended && m_isArchive && end.outcome != Outcome::Refused) {
            return;
        }
        FileResult& result = m_part.result;
        result.source = step.ended ? m_name : result.source;
        result.sha256 = m_part.hash ? m_part.hash->hex() : m_sha256;
        result.outcome = end.outcome;
        if (end.outcome == Outcome::Refused || end.outcome == Outcome::Skipped) {
            result.reason = end.reason;
            result.reason->file = result.source;
            m_part.summary = {};
        }
        step.prints = m_part.summary.takePrints();
        step.summary = m_part.summary.take();
        step.summary->log = m_part.log;
        describe(*step.summary, result, {});
        m_part = {};
    }

    Claims m_claims;
    std::string m_name;
    std::string m_sha256;
    Part m_part;
    LoadPoint m_point; ///< scratch
    bool m_isArchive = false;
    bool m_broken = false;
};

class Reading {
public:
    Reading(const ImportRequest& request, ImportObserver& observer, std::stop_token stop)
        : m_request(request)
        , m_observer(observer)
        , m_stop(std::move(stop))
    {
    }

    Result<std::unique_ptr<BundlePreview>> run()
    {
        if (auto read = readDatabase(); !read) {
            return read.error();
        }
        m_databases = filesOfOpenDatabases();
        m_queue = findFiles(m_request.paths, [this] { return m_stop.stop_requested(); });
        m_progress.filesTotal = m_queue.size();
        for (const FoundFile& file : m_queue) {
            m_progress.bytesTotal += file.bytes;
        }
        while (!m_stop.stop_requested() && (m_next < m_queue.size() || !m_parsers.empty())) {
            const auto done = m_next < m_queue.size() && m_parsers.wantsMore() ? takeNext() : receive();
            if (!done) {
                return done.error();
            }
            tell();
        }
        if (m_stop.stop_requested()) {
            m_parsers.abandon();
            return Error { {}, {}, "reading was cancelled", {} };
        }
        return finish();
    }

private:
    /// What the database knows; none is made where none is.
    Result<void> readDatabase()
    {
        if (!store::existsWithContent(m_request.database)) {
            return {};
        }
        auto reader = StoreReader::open(m_request.database);
        if (!reader) {
            return reader.error();
        }
        m_reader = std::move(*reader);
        const auto sources = m_reader->sources();
        if (!sources) {
            return sources.error();
        }
        for (const SourceRecord& source : *sources) {
            if (m_batch.isCurrent(source)) {
                m_known.emplace(source.sha256, source.producer);
            }
        }
        return {};
    }

    Result<std::unique_ptr<BundlePreview>> finish()
    {
        std::vector<RunPlace> known;
        std::optional<std::vector<Decision>> remembered;
        BundleFolder folder = folderOf(m_queue);
        if (m_reader) {
            if (auto pending = addPending(m_bundle, *m_reader); !pending) {
                return pending.error();
            }
            auto runs = knownRuns(m_bundle, *m_reader);
            auto decisions = rememberedDecisions(*m_reader, folder);
            if (!runs || !decisions) {
                return !runs ? runs.error() : decisions.error();
            }
            known = std::move(*runs);
            remembered = std::move(*decisions);
        }
        std::string note = m_bundle.note();
        auto preview = std::make_unique<BundlePreview>(
            std::move(m_bundle), std::move(known), std::move(folder), std::move(remembered));
        preview->note = m_parsers.note() + (m_parsers.note().empty() || note.empty() ? "" : " ") + note;
        return preview;
    }

    void add(FileSummary summary, std::vector<PointPrint> prints)
    {
        const auto known = m_known.find(summary.sha256);
        if (!summary.sha256.empty() && known != m_known.end()) {
            summary.parts.clear();
            summary.points.clear();
            summary.outcome = Outcome::Unchanged;
            summary.producer = known->second;
            prints.clear();
        } else if (summary.outcome == Outcome::Imported || summary.outcome == Outcome::Attached) {
            m_known.emplace(summary.sha256, summary.producer);
        }
        m_bundle.add(std::move(summary), std::move(prints));
    }

    void report(FileResult result)
    {
        ++m_progress.filesDone;
        FileSummary summary;
        describe(summary, result, {});
        m_bundle.add(std::move(summary), {});
    }

    Result<void> takeNext()
    {
        const FoundFile& found = m_queue[m_next++];
        if (auto skipped = notRead(found, m_databases)) {
            report(std::move(*skipped));
            return {};
        }
        FileResult result;
        result.source = found.path;
        if (found.path == "-") {
            result.reason = Error { "standard input", {}, "it can be read once only",
                "Save it to a file to see what it would become" };
            report(std::move(result));
            return {};
        }
        const auto descriptor = openToRead(found.path);
        if (!descriptor) {
            result.reason = descriptor.error();
            report(std::move(result));
            return {};
        }
        auto file = std::make_unique<FileInFlight>(found.path, *descriptor);
        if (auto hashed = file->hash(0, m_stop); !hashed) {
            result.reason = hashed.error();
            report(std::move(result));
            return {};
        }
        if (const auto known = m_known.find(file->sha256()); known != m_known.end()) {
            result.sha256 = file->sha256();
            result.outcome = Outcome::Unchanged;
            result.producer = known->second;
            report(std::move(result));
            return {};
        }
        return m_parsers.add(std::move(file));
    }

    Result<void> receive()
    {
        auto failed = m_parsers.receive(
            [this](FileInFlight& file, const protocol::Frame& frame) { return take(file, frame); });
        if (!failed) {
            return failed.error();
        }
        if (*failed) {
            m_reading.reset();
            FileResult result;
            result.source = (*failed)->file->name();
            result.reason = std::move((*failed)->reason);
            m_progress.bytesDone += (*failed)->file->bytes();
            report(std::move(result));
        }
        return {};
    }

    Result<ParserQueue::Taken> take(FileInFlight& file, const protocol::Frame& frame)
    {
        if (!m_reading || m_readingNumber != file.number()) {
            m_reading.emplace(file.name(), file.sha256());
            m_readingNumber = file.number();
        }
        FileReading::Step step = m_reading->take(frame);
        if (!step.lie.empty()) {
            return ParserQueue::Taken { .lie = std::move(step.lie) };
        }
        if (step.summary) {
            m_progress.rows += step.summary->pointCount + step.summary->requests;
            add(std::move(*step.summary), std::move(step.prints));
        }
        if (step.ended) {
            m_reading.reset();
            m_progress.bytesDone += file.bytes();
            ++m_progress.filesDone;
        }
        return ParserQueue::Taken { .ended = step.ended, .refused = step.refused };
    }

    void tell()
    {
        if (Clock::now() - m_told < progressEvery) {
            return;
        }
        m_told = Clock::now();
        m_progress.current = m_parsers.empty() ? std::string() : m_parsers.front()->name();
        m_observer.progress(m_progress);
    }

    const ImportRequest& m_request;
    ImportObserver& m_observer;
    std::stop_token m_stop;
    Batch m_batch { m_request };
    std::unique_ptr<StoreReader> m_reader;
    std::map<std::string, std::string> m_known; ///< producers by the hash of bytes that are there already
    std::set<FileIdentity> m_databases; ///< files of those that are open here
    std::vector<FoundFile> m_queue;
    std::size_t m_next = 0;
    ParserQueue m_parsers { m_request };
    std::optional<FileReading> m_reading;
    std::uint32_t m_readingNumber = 0;
    BundleCollector m_bundle;
    ImportProgress m_progress;
    Clock::time_point m_told = Clock::now();
};

} // namespace

BundlePreview::BundlePreview(BundleCollector bundle, std::vector<RunPlace> known, BundleFolder folder,
    std::optional<std::vector<Decision>> remembered)
    : m_bundle(std::move(bundle))
    , m_known(std::move(known))
    , m_folder(std::move(folder))
    , m_remembered(std::move(remembered))
{
}

BundlePlan BundlePreview::plan(const std::vector<Decision>& decisions)
{
    return m_bundle.plan(m_known, decisions, m_folder.root);
}

Result<std::unique_ptr<BundlePreview>> previewImport(
    const ImportRequest& request, ImportObserver& observer, std::stop_token stop)
{
    return Reading(request, observer, std::move(stop)).run();
}

} // namespace prism
