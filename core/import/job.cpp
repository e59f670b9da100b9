// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/job.h"

#include "core/import/before_reading.h"
#include "core/import/bundle/store_bundle.h"
#include "core/import/content_hash.h"
#include "core/import/file_in_flight.h"
#include "core/import/import_counts.h"
#include "core/import/known_bytes.h"
#include "core/import/parser_queue.h"
#include "core/import/paths.h"
#include "core/import/spool.h"
#include "core/import/together.h"
#include "core/store/store.h"
#include "core/store/writer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <set>
#include <utility>

#include <unistd.h>

namespace prism {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t filesACommit = 512; ///< each writes the same inner pages again, and waits for the disk
constexpr auto commitEvery = std::chrono::milliseconds(100);
constexpr auto progressEvery = std::chrono::milliseconds(100);
constexpr std::size_t keptInMemory = 256u << 10;

class Job {
public:
    Job(const ImportRequest& request, ImportObserver& observer, std::stop_token stop)
        : m_request(request)
        , m_observer(observer)
        , m_stop(std::move(stop))
    {
    }

    Result<ImportSummary> run()
    {
        auto writer = StoreWriter::open(
            m_request.database, [this](const std::string& who) { m_observer.waiting(who); }, m_stop,
            "importing");
        if (!writer) {
            return m_stop.stop_requested() ? cancelled() : Result<ImportSummary>(writer.error());
        }
        m_writer = std::move(*writer);
        m_known.emplace(*m_writer);
        m_bench.emplace(*m_writer, m_batch);
        m_databases = filesOfOpenDatabases();
        m_queue = findFiles(m_request.paths, [this] { return m_stop.stop_requested(); });
        if (!m_request.pastedText.empty()) {
            m_queue.push_back({ m_request.pastedName.empty() ? "pasted text" : m_request.pastedName,
                m_request.pastedText.size(), true, false, {}, {} });
            m_pasted = m_queue.size() - 1;
        }
        m_progress.filesTotal = m_queue.size();
        for (const FoundFile& file : m_queue) {
            m_progress.bytesTotal += file.bytes;
        }
        m_folder = folderOf(m_queue);
        for (const auto step : { &Job::readDecisions, &Job::readQueue, &Job::takeTogether, &Job::readQueue,
                 &Job::storeBundle, &Job::linkWholes }) {
            const auto done = (this->*step)();
            if (m_stop.stop_requested()) {
                return cancelled();
            }
            if (!done) {
                return done.error();
            }
        }
        tell(true);
        for (const std::string& note : { m_parsers.note(), m_bundle.note() }) {
            m_summary.note += (m_summary.note.empty() || note.empty() ? "" : " ") + note;
        }
        return m_summary;
    }

private:
    /// All that is queued or being read, to its last commit.
    Result<void> readQueue()
    {
        while (!m_stop.stop_requested() && (m_next < m_queue.size() || !m_parsers.empty())) {
            auto done = m_next < m_queue.size() && m_parsers.wantsMore() ? takeNext() : receive();
            if (done) {
                done = commitWhenDue(false);
            }
            if (!done) {
                return done;
            }
        }
        return m_stop.stop_requested() ? Result<void>() : commitWhenDue(true);
    }

    Result<void> takeTogether()
    {
        auto texts = m_together.make(*m_writer, m_request.database, m_request.paths);
        if (!texts) {
            return texts.error();
        }
        for (JoinedText& one : *texts) {
            m_queue.push_back({ one.name, one.text.size(), true, false, {}, {} });
            m_progress.bytesTotal += one.text.size();
            ++m_progress.filesTotal;
            m_texts.emplace(m_queue.size() - 1, std::move(one.text));
        }
        return {};
    }

    /// The user's word for this import, else what is remembered for folders of this shape.
    Result<void> readDecisions()
    {
        if (m_request.decisions) {
            m_decisions = *m_request.decisions;
        } else {
            auto reader = StoreReader::open(m_request.database);
            auto remembered = reader ? rememberedDecisions(**reader, m_folder) : reader.error();
            if (!remembered) {
                return remembered.error();
            }
            m_decisions = std::move(*remembered).value_or(std::vector<Decision>());
        }
        m_words = LastWords(m_decisions, m_folder.root);
        return {};
    }

    /// What belongs together is stored when all files are.
    Result<void> storeBundle()
    {
        auto stored = prism::storeBundle(
            m_bundle, { m_folder, m_decisions, m_request.memory }, *m_writer, m_request.database);
        if (!stored) {
            return stored.error();
        }
        m_summary.linked = stored->linked;
        m_summary.note = std::move(stored->note);
        m_summary.questions = std::move(stored->questions);
        m_summary.remembered = stored->remembered;
        for (const MergedTwin& twin : stored->twins) {
            m_counts.withdraw(twin.path);
        }
        m_summary.twins = std::move(stored->twins);
        m_summary.runs = stored->runs.value_or(m_summary.runs);
        return {};
    }

    Result<void> linkWholes()
    {
        const auto any = m_together.linkWholes(*m_writer);
        return any && *any ? m_writer->commit() : any ? Result<void>() : any.error();
    }

    ImportSummary cancelled()
    {
        for (auto& file : m_parsers.abandon()) {
            (void)file->abandon(m_writer.get());
        }
        if (m_writer) {
            (void)commitWhenDue(true);
        }
        m_summary.cancelled = true;
        return m_summary;
    }

    Result<void> takeNext()
    {
        const std::size_t at = m_next++;
        const FoundFile& found = m_queue[at];
        if (auto skipped = notRead(found, m_databases)) {
            report(std::move(*skipped));
            return {};
        }
        FileResult result;
        result.source = found.path;
        const auto word = m_words.on(found.path);
        if (word && word->kind == Decision::Kind::LeaveOut) {
            result.outcome = Outcome::Skipped;
            result.reason = word->edit == 0
                ? Error { found.path, {}, "you left it out", "Import it alone to have it" }
                : Error { found.path, {}, "it is left out" + whenceOf(word->edit),
                      "Import it alone to have it, or take that back with prismctl undo "
                          + std::to_string(word->edit) };
            report(std::move(result));
            return {};
        }
        const auto descriptor = openFile(found, at);
        if (!descriptor) {
            if (!m_stop.stop_requested()) {
                result.reason = descriptor.error();
                report(std::move(result));
            }
            return {};
        }
        auto file = std::make_unique<FileInFlight>(found.path, *descriptor);
        if (auto hashed = file->hash(keptInMemory, m_stop); !hashed) {
            if (!m_stop.stop_requested()) {
                result.reason = hashed.error();
                report(std::move(result));
            }
            return {};
        }
        result.sha256 = file->sha256();
        const auto known = m_known->answer(result, m_batch);
        if (!known) {
            return known.error();
        }
        if (known->restored) {
            m_summary.sources.push_back(*known->restored);
        }
        if (known->answered) {
            m_together.stored(result);
            report(std::move(result));
            return {};
        }
        file->result() = std::move(result);
        return m_parsers.add(std::move(file));
    }

    Result<int> openFile(const FoundFile& found, std::size_t at)
    {
        if (m_pasted && *m_pasted == at) {
            // What was selected by hand seldom includes the last line end; a file without it would be
            // doubted.
            const bool ended = m_request.pastedText.ends_with('\n');
            return spoolText(found.path, ended ? m_request.pastedText : m_request.pastedText + '\n');
        }
        if (const auto text = m_texts.find(at); text != m_texts.end()) {
            return spoolText(found.path, text->second);
        }
        if (found.path == "-") {
            return spoolDescriptor("standard input", STDIN_FILENO, m_stop);
        }
        return openToRead(found.path);
    }

    /// What the frames of one file make: rows in the store, lines to tell.
    Result<ParserQueue::Taken> take(FileInFlight& file, const protocol::Frame& frame)
    {
        // Rows that cannot be stored are the file's fault; a writer that cannot go on is not.
        const auto faultOf = [this](const Error& error) {
            return m_writer->usable() ? Result<ParserQueue::Taken>(ParserQueue::Taken { .fault = error })
                                      : Result<ParserQueue::Taken>(error);
        };
        auto step = file.take(frame, *m_bench);
        if (!step) {
            return faultOf(step.error());
        }
        if (!step->lie.empty()) {
            return ParserQueue::Taken { .lie = step->lie };
        }
        for (FileResult& result : step->results) {
            FileSummary summary = step->summary ? std::move(*step->summary) : FileSummary {};
            describe(summary, result, step->source);
            if (auto merged = mergeTwins(std::move(summary), std::move(step->prints), result); !merged) {
                return faultOf(merged.error());
            }
            finished(std::move(result), step->source);
        }
        m_progress.rows += step->rows;
        m_bytesOfCurrent = file.bytesRead();
        if (step->ended) {
            m_progress.bytesDone += file.bytes();
            m_bytesOfCurrent = 0;
            ++m_progress.filesDone;
        }
        return ParserQueue::Taken { .ended = step->ended, .refused = step->refused };
    }

    Result<void> receive()
    {
        auto failed = m_parsers.receive(
            [this](FileInFlight& file, const protocol::Frame& frame) { return take(file, frame); });
        tell(false);
        if (m_stop.stop_requested()) {
            if (failed && *failed) {
                (void)(*failed)->file->abandon(m_writer.get());
            }
            return {}; // run() sees to the others
        }
        if (!failed) {
            return failed.error();
        }
        return *failed ? refuse(std::move(**failed)) : Result<void>();
    }

    /// The file that was being read goes with its parser.
    Result<void> refuse(ParserQueue::Failed failed)
    {
        if (auto done = failed.file->abandon(m_writer.get()); !done) {
            return done;
        }
        FileResult result = failed.file->result();
        result.outcome = Outcome::Refused;
        result.reason = std::move(failed.reason);
        m_progress.bytesDone += failed.file->bytes();
        m_bytesOfCurrent = 0;
        report(std::move(result));
        return {};
    }

    void finished(FileResult result, std::optional<SourceId> source)
    {
        if (source) {
            m_summary.sources.push_back(*source);
            if (!result.sha256.empty()) {
                m_batch.insert(result.sha256);
            }
            ++m_uncommitted;
        }
        m_results.push_back(std::move(result));
    }

    /// The same result in another encoding stands behind the richer one, with the same commit.
    Result<void> mergeTwins(FileSummary summary, std::vector<PointPrint> prints, FileResult& result)
    {
        std::vector<TwinFinder::Twin> twins = m_bundle.add(std::move(summary), std::move(prints));
        if (auto parts = m_together.mergeParts(twins, result, *m_writer, m_bundle); !parts) {
            return parts;
        }
        for (const TwinFinder::Twin& twin : twins) {
            if (m_words.on(twin.poorerPath) || m_words.on(twin.richerPath)) {
                continue; // the user's word is stored with the bundle
            }
            const SourceId poorer = m_bundle.fileOf(twin.poorer).source;
            if (auto marked = m_writer->setTwin(poorer, twin.richerSha256); !marked) {
                return marked;
            }
            if (twin.poorerPath != result.source && twin.richerPath != result.source) {
                // The text of a sweep, behind all its stages now: neither the first of them nor it is this
                // file.
                m_counts.behind(result.source, twin.poorerPath);
                continue;
            }
            if (result.sources.empty()) {
                result.sources.push_back(twin.richerPath);
            }
            result.sources.push_back(twin.poorerPath);
        }
        return {};
    }

    /// A result that needs no commit of its own, told in its turn.
    void report(FileResult result)
    {
        FileSummary summary;
        describe(summary, result, {});
        m_bundle.add(std::move(summary), {});
        ++m_progress.filesDone;
        m_results.push_back(std::move(result));
    }

    Result<void> commitWhenDue(bool now)
    {
        const bool due = now || m_uncommitted >= filesACommit || Clock::now() - m_lastCommit >= commitEvery;
        if (!due || m_results.empty()) {
            return {};
        }
        if (m_uncommitted > 0) {
            if (auto done = m_writer->commit(); !done) {
                return done;
            }
        }
        m_uncommitted = 0;
        m_lastCommit = Clock::now();
        auto lost = m_writer->takeLostWords();
        for (FileResult& result : m_results) {
            if (const auto words = lost.extract(result.sha256); !words.empty()) {
                result.warnings.insert(result.warnings.end(), words.mapped().begin(), words.mapped().end());
            }
            if (m_together.isNoPair(result)) {
                continue;
            }
            m_counts.add(result);
            m_observer.file(result);
            const bool hasWord = m_words.on(result.source).has_value();
            m_together.keep(std::move(result), hasWord);
        }
        m_results.clear();
        return {};
    }

    void tell(bool now)
    {
        if (!now && Clock::now() - m_lastTold < progressEvery) {
            return;
        }
        m_lastTold = Clock::now();
        ImportProgress progress = m_progress;
        progress.bytesDone += m_bytesOfCurrent;
        progress.current = m_parsers.empty() ? std::string() : m_parsers.front()->name();
        m_observer.progress(progress);
    }

    const ImportRequest& m_request;
    ImportObserver& m_observer;
    std::stop_token m_stop;
    std::unique_ptr<StoreWriter> m_writer;
    std::optional<KnownBytes> m_known;
    ParserQueue m_parsers { m_request };
    std::set<FileIdentity> m_databases; ///< files of those that are open here
    std::vector<FoundFile> m_queue;
    std::optional<std::size_t> m_pasted;
    Together m_together;
    std::map<std::size_t, std::string> m_texts; ///< that it made, by their number in the queue
    std::size_t m_next = 0;
    BundleCollector m_bundle;
    BundleFolder m_folder;
    std::vector<Decision> m_decisions;
    LastWords m_words; ///< of m_decisions
    Batch m_batch { m_request }; ///< of what this job stored
    std::optional<FileInFlight::Bench> m_bench;
    std::vector<FileResult> m_results; ///< told after the next commit
    std::size_t m_uncommitted = 0;
    ImportProgress m_progress;
    std::uint64_t m_bytesOfCurrent = 0;
    ImportSummary m_summary;
    ImportCounts m_counts { m_summary };
    Clock::time_point m_lastCommit = Clock::now();
    Clock::time_point m_lastTold = Clock::now();
};

} // namespace

std::string_view name(Outcome outcome)
{
    static constexpr std::array<std::string_view, 5> names { "imported", "unchanged", "attached", "refused",
        "skipped" };
    return names[static_cast<std::size_t>(outcome)];
}

Result<ImportSummary> runImport(const ImportRequest& request, ImportObserver& observer, std::stop_token stop)
{
    return Job(request, observer, std::move(stop)).run();
}

} // namespace prism
