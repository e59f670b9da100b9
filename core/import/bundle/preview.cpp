// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/preview.h"

#include "core/catalog/catalog.h"
#include "core/import/batch.h"
#include "core/import/before_reading.h"
#include "core/import/checks.h"
#include "core/import/content_hash.h"
#include "core/import/frame_walk.h"
#include "core/import/parser_queue.h"
#include "core/import/run_key.h"
#include "core/model/shown_text.h"
#include "core/store/schema.h"

#include <chrono>
#include <map>
#include <set>
#include <utility>

namespace prism {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto progressEvery = std::chrono::milliseconds(100);

/// Makes summaries of what the parser says of one file: of itself, or of each member of an archive.
class FileReading : private FrameTaker {
public:
    FileReading(std::string name, std::string sha256)
        : m_walk(name)
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
    Step take(const protocol::Frame& frame, LoadPoint& scratch)
    {
        m_step = {};
        auto lie = m_walk.take(frame, *this, scratch);
        m_step.lie = lie ? std::move(*lie) : lie.error().reason;
        return std::move(m_step);
    }

private:
    struct Part {
        FileResult result;
        SummaryBuilder summary;
        std::optional<RunKeys> keys; ///< once a point has come
        std::optional<ContentHash> hash; ///< of a member
        bool log = false;
    };

    Result<void> recognised(const protocol::Recognised& recognised) override
    {
        m_part.result.producer = recognised.producer;
        return {};
    }
    Result<void> member(const std::string& name) override
    {
        m_isArchive = true;
        m_part = {};
        m_part.result.source = name;
        m_part.hash.emplace();
        return {};
    }
    Result<void> bytes(std::string_view bytes) override
    {
        m_part.hash->add(bytes);
        return {};
    }
    Result<void> point(LoadPoint& point) override
    {
        makeShown(point);
        if (const auto& catalog = Catalog::standard()) {
            catalog->apply(point);
        }
        checkMeanings(point, m_part.result.producer);
        if (!m_part.keys) {
            m_part.keys.emplace(m_part.result.producer, m_part.result.source);
        }
        m_part.summary.point(point, ContentHash::of(m_part.keys->of(point)));
        return {};
    }
    Result<void> requestCount(std::size_t count) override
    {
        m_part.summary.requests(count);
        return {};
    }
    Result<void> series(std::uint32_t, TimeSeries&& series) override
    {
        m_part.summary.series(series);
        return {};
    }
    Result<void> spans(const TraceBatch& batch) override
    {
        m_part.summary.spans(batch);
        return {};
    }
    Result<void> sheet(const TraceSheet& sheet) override
    {
        m_part.summary.sheet(sheet);
        return {};
    }
    Result<void> warning(Warning&& warning) override
    {
        m_part.log = warning.code == "log-text" || m_part.log;
        return {};
    }
    Result<void> count(const std::string& what, std::uint64_t number) override
    {
        m_part.result.counts[what] = number;
        return {};
    }

    Result<void> end(const protocol::End& end) override
    {
        m_broken = m_broken || end.outcome == Outcome::Refused;
        m_step.ended = !end.ofMember;
        m_step.refused = m_step.ended && m_broken;
        // An archive is its members; it has a line of its own only when it could not be walked.
        if (m_step.ended && m_isArchive && end.outcome != Outcome::Refused) {
            return {};
        }
        FileResult& result = m_part.result;
        result.source = m_step.ended ? m_name : result.source;
        result.sha256 = m_part.hash ? m_part.hash->hex() : m_sha256;
        result.outcome = end.outcome;
        if (end.outcome == Outcome::Refused || end.outcome == Outcome::Skipped) {
            result.reason = end.reason;
            result.reason->file = result.source;
            m_part.summary = {};
        }
        m_step.prints = m_part.summary.takePrints();
        m_step.summary = m_part.summary.take();
        m_step.summary->log = m_part.log;
        describe(*m_step.summary, result, {});
        m_part = {};
        return {};
    }

    FrameWalk m_walk;
    std::string m_name;
    std::string m_sha256;
    Part m_part;
    Step m_step; ///< of the frame that is taken
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
            if (auto stored = addStored(m_bundle, *m_reader); !stored) {
                return stored.error();
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
        FileReading::Step step = m_reading->take(frame, m_point);
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
    LoadPoint m_point; ///< scratch
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
