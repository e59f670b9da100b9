// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/job.h"

#include "core/import/content_hash.h"
#include "core/import/file_in_flight.h"
#include "core/import/known_bytes.h"
#include "core/import/paths.h"
#include "core/import/snapshot_pairs.h"
#include "core/import/spool.h"
#include "core/store/store.h"
#include "core/store/writer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <set>
#include <unordered_map>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace prism {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t mostInFlight = 16;
constexpr std::size_t filesACommit = 64;
constexpr auto commitEvery = std::chrono::milliseconds(100);
constexpr auto progressEvery = std::chrono::milliseconds(100);
constexpr auto patience = std::chrono::milliseconds(50);
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
        findDatabaseFiles();
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
        for (const auto step : { &Job::readQueue, &Job::takeSnapshotPairs, &Job::readQueue }) {
            const auto done = (this->*step)();
            if (m_stop.stop_requested()) {
                return cancelled();
            }
            if (!done) {
                return done.error();
            }
        }
        tell(true);
        return m_summary;
    }

private:
    /// All that is queued or being read, to its last commit.
    Result<void> readQueue()
    {
        while (!m_stop.stop_requested() && (m_next < m_queue.size() || !m_inFlight.empty())) {
            auto done = m_next < m_queue.size() && m_inFlight.size() < mostInFlight ? takeNext() : receive();
            if (done) {
                done = commitWhenDue(false);
            }
            if (!done) {
                return done;
            }
        }
        return m_stop.stop_requested() ? Result<void>() : commitWhenDue(true);
    }

    /// Snapshots of a server's metrics that came together are measurements between them, which are read as
    /// files of their own.
    Result<void> takeSnapshotPairs()
    {
        if (m_snapshots.size() < 2) {
            return {};
        }
        auto reader = StoreReader::open(m_request.database);
        if (!reader) {
            return reader.error();
        }
        const auto original
            = [&](const std::string& sha256, std::size_t limit) -> std::optional<std::string> {
            auto bytes = (*reader)->original(sha256, 0, limit + 1);
            return bytes && bytes->size() <= limit ? std::optional(std::move(*bytes)) : std::nullopt;
        };
        for (SnapshotPair& pair : pairSnapshots(m_snapshots, m_request.paths, original)) {
            m_queue.push_back({ pair.name, pair.text.size(), true, false, {}, {} });
            m_progress.bytesTotal += pair.text.size();
            ++m_progress.filesTotal;
            m_pairs.emplace(m_queue.size() - 1, std::move(pair));
        }
        m_snapshots.clear();
        return {};
    }

    /// What does not belong together is told where it was asked for, and is nothing where it only lay
    /// together.
    bool isNoPair(FileResult& result) const
    {
        const auto pair = std::find_if(
            m_pairs.begin(), m_pairs.end(), [&](const auto& p) { return p.second.name == result.source; });
        if (pair == m_pairs.end() || result.outcome != Outcome::Refused) {
            return false;
        }
        result.outcome = Outcome::Skipped;
        return !pair->second.asked;
    }

    ImportSummary cancelled()
    {
        m_child.reset();
        for (auto& file : m_inFlight) {
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
        FileResult result;
        result.source = found.path;
        if (found.foreign || !found.problem.empty()) {
            result.outcome = found.foreign ? Outcome::Skipped : Outcome::Refused;
            result.reason = found.foreign ? Error { found.path, {},
                "no result is expected in a file of this kind", "Name it to have it read" }
                                          : cannotRead(found.path, found.problem);
            report(std::move(result));
            return {};
        }
        if (m_databaseFiles.contains(found.identity)) {
            result.outcome = Outcome::Skipped;
            result.reason = Error { found.path, {}, "this is the database itself", {} };
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
            report(std::move(result));
            return {};
        }
        file->result() = std::move(result);
        return submit(std::move(file));
    }

    /// Asked before a file is opened: closing a descriptor of the database would drop SQLite's locks on it.
    void findDatabaseFiles()
    {
        for (const char* suffix : { "", "-wal", "-shm", "-journal", ".lock" }) {
            if (const auto identity = identityOf(m_request.database + suffix)) {
                m_databaseFiles.insert(*identity);
            }
        }
    }

    Result<int> openFile(const FoundFile& found, std::size_t at)
    {
        if (m_pasted && *m_pasted == at) {
            // What was selected by hand seldom includes the last line end; a file without it would be
            // doubted.
            const bool ended = m_request.pastedText.ends_with('\n');
            return spoolText(found.path, ended ? m_request.pastedText : m_request.pastedText + '\n');
        }
        if (const auto pair = m_pairs.find(at); pair != m_pairs.end()) {
            return spoolText(found.path, pair->second.text);
        }
        if (found.path == "-") {
            return spoolDescriptor("standard input", STDIN_FILENO, m_stop);
        }
        const int descriptor = ::open(found.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        return descriptor < 0 ? Result<int>(cannotRead(found.path, std::strerror(errno)))
                              : Result<int>(descriptor);
    }

    Result<void> submit(std::unique_ptr<FileInFlight> file)
    {
        if (!m_child) {
            auto child = ChildProcess::start(m_request.importChild);
            if (!child) {
                return child.error();
            }
            m_child = std::move(*child);
        }
        file->setNumber(++m_number);
        const ControlMessage message { file->number(), file->name(), m_request.forcedImporter,
            file->descriptor() };
        m_inFlight.push_back(std::move(file));
        if (const auto sent = m_child->submit(message); !sent) {
            // Answers to files before this one may still be in the pipe: receive() reads them first.
            m_child->hangUp();
        }
        return {};
    }

    Result<void> receive()
    {
        std::optional<Error> storeError;
        const auto got = m_child->read(patience, [&](const protocol::Frame& frame) -> Result<void> {
            if (m_inFlight.empty() || frame.file != m_inFlight.front()->number()) {
                return Error { {}, {}, "the parser answered for a file that it was not given",
                    "Report the file" };
            }
            FileInFlight& file = *m_inFlight.front();
            auto step = file.take(frame, *m_writer, m_batch);
            if (!step) {
                storeError = step.error();
                return step.error();
            }
            if (step->senseless) {
                return Error { {}, {}, "rows that make no sense", {} };
            }
            for (FileResult& result : step->results) {
                if (auto merged = mergeTwins(step->print, result); !merged) {
                    storeError = merged.error();
                    return merged;
                }
                finished(std::move(result), step->source);
            }
            m_progress.rows += step->rows;
            m_bytesOfCurrent = file.bytesRead();
            if (step->ended) {
                m_progress.bytesDone += file.bytes();
                m_bytesOfCurrent = 0;
                ++m_progress.filesDone;
                m_inFlight.pop_front();
            }
            return {};
        });
        tell(false);
        if (m_stop.stop_requested()) {
            return {};
        }
        if (storeError) {
            // Rows that cannot be stored are the file's fault; a writer that cannot go on is not.
            if (!m_writer->usable()) {
                return *storeError;
            }
            auto dropped = dropFront(std::move(*storeError));
            return dropped ? resubmit() : dropped;
        }
        if (!got) {
            return childEnded("sent something that it must not (" + got.error().reason + ')');
        }
        // Counted in looks, not by the clock: a machine that slept must not condemn a parser that slept with
        // it.
        m_silence = *got == ChildProcess::Read::Nothing ? m_silence + patience : std::chrono::milliseconds(0);
        if (m_silence >= m_request.mostSilence) {
            m_silence = std::chrono::milliseconds(0);
            return childEnded("told nothing for "
                + std::to_string(
                    std::chrono::duration_cast<std::chrono::seconds>(m_request.mostSilence).count())
                + " s");
        }
        return *got == ChildProcess::Read::Ended ? childEnded(m_child->why()) : Result<void>();
    }

    Result<void> childEnded(const std::string& how)
    {
        if (m_inFlight.empty()) {
            m_child.reset();
            return {};
        }
        auto done = dropFront({ {}, {}, "the parser " + how + " while it read the file",
            "Nothing of it is stored; report the file if it is a real result" });
        if (done && how.find("could not be started") != std::string::npos) {
            return Error { {}, {}, "the program prism-import cannot be started",
                "Check the installation with prismctl doctor" };
        }
        return done ? resubmit() : done;
    }

    /// Refuses the file that was being read; its parser goes with it.
    Result<void> dropFront(Error reason)
    {
        m_child.reset();
        auto broken = std::move(m_inFlight.front());
        m_inFlight.pop_front();
        if (auto done = broken->abandon(m_writer.get()); !done) {
            return done;
        }
        FileResult result = broken->result();
        result.outcome = Outcome::Refused;
        reason.file = broken->name();
        result.reason = std::move(reason);
        m_progress.bytesDone += broken->bytes();
        report(std::move(result));
        return {};
    }

    /// The files behind it go to a new parser.
    Result<void> resubmit()
    {
        std::deque<std::unique_ptr<FileInFlight>> waiting = std::move(m_inFlight);
        m_inFlight.clear();
        for (auto& file : waiting) {
            if (auto done = submit(std::move(file)); !done) {
                return done;
            }
        }
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
    Result<void> mergeTwins(TwinFinder::Source& print, FileResult& result)
    {
        if (print.id == 0) {
            return {};
        }
        const SourceId added = std::exchange(print.id, 0);
        TwinFinder::Source source = std::move(print);
        source.id = added;
        for (const TwinFinder::Twin& twin : m_twins.add(std::move(source))) {
            if (auto marked = m_writer->setTwin(twin.poorer, twin.richerSha256); !marked) {
                return marked;
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
        for (FileResult& result : m_results) {
            if (isNoPair(result)) {
                continue;
            }
            count(result);
            m_observer.file(result);
            if (isSnapshot(result)) {
                m_snapshots.push_back(std::move(result));
            }
        }
        m_results.clear();
        return {};
    }

    void count(const FileResult& result)
    {
        switch (result.outcome) {
        case Outcome::Imported:
            ++m_summary.imported;
            break;
        case Outcome::Unchanged:
            ++m_summary.unchanged;
            break;
        case Outcome::Attached:
            ++m_summary.attached;
            break;
        case Outcome::Refused:
            ++m_summary.refused;
            break;
        case Outcome::Skipped:
            ++m_summary.skipped;
            break;
        }
        if (!isPoorerTwin(result)) {
            m_summary.runs += result.runs;
            m_summary.points += result.points;
            m_counted.emplace(result.source, std::pair(result.runs, result.points));
        }
        // What came before the richer file that it now stands behind is no point of its own any more.
        for (std::size_t i = 1; i < result.sources.size(); ++i) {
            if (const auto before = m_counted.extract(result.sources[i])) {
                m_summary.runs -= before.mapped().first;
                m_summary.points -= before.mapped().second;
            }
        }
        m_summary.requests += result.requests;
    }

    void tell(bool now)
    {
        if (!now && Clock::now() - m_lastTold < progressEvery) {
            return;
        }
        m_lastTold = Clock::now();
        ImportProgress progress = m_progress;
        progress.bytesDone += m_bytesOfCurrent;
        progress.current = m_inFlight.empty() ? std::string() : m_inFlight.front()->name();
        m_observer.progress(progress);
    }

    const ImportRequest& m_request;
    ImportObserver& m_observer;
    std::stop_token m_stop;
    std::unique_ptr<StoreWriter> m_writer;
    std::optional<KnownBytes> m_known;
    std::unique_ptr<ChildProcess> m_child;
    std::set<FileIdentity> m_databaseFiles;
    std::vector<FoundFile> m_queue;
    std::optional<std::size_t> m_pasted;
    std::vector<FileResult> m_snapshots; ///< of servers' metrics, that were told
    std::map<std::size_t, SnapshotPair> m_pairs; ///< by their number in the queue
    std::size_t m_next = 0;
    std::deque<std::unique_ptr<FileInFlight>> m_inFlight; ///< in the order of their answers
    std::uint32_t m_number = 0;
    TwinFinder m_twins;
    std::unordered_map<std::string, std::pair<std::uint64_t, std::uint64_t>>
        m_counted; ///< runs and points of each told file
    Hashes m_batch; ///< of what this job stored
    std::vector<FileResult> m_results; ///< told after the next commit
    std::size_t m_uncommitted = 0;
    std::chrono::milliseconds m_silence { 0 }; ///< since the parser's last word
    ImportProgress m_progress;
    std::uint64_t m_bytesOfCurrent = 0;
    ImportSummary m_summary;
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
