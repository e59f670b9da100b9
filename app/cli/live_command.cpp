// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/live_command.h"

#include "app/cli/live.h"
#include "app/cli/terminal.h"

#include "core/export/json_text.h"
#include "core/import/job.h"
#include "core/live/client_join.h"
#include "core/model/percentile.h"
#include "core/settings/settings.h"
#include "core/store/store.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>

#include <sys/wait.h>
#include <unistd.h>

namespace prism::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t mostCandidates = 64;
constexpr std::uint32_t mostRows = 1'000'000;

bool isFresh(const fs::path& path, std::int64_t since)
{
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
        return false;
    }
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(path, error);
    const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
    return !error && std::time(nullptr) - seconds >= since;
}

/// Files that the command wrote: those that its words name, those in folders that they name, and new ones in
/// the working folder.
std::vector<std::string> candidates(const std::vector<std::string>& words, std::int64_t since)
{
    std::vector<std::string> found;
    const auto take = [&](const fs::path& path) {
        const std::string text = path.lexically_normal().string();
        if (found.size() < mostCandidates && isFresh(path, since)
            && std::find(found.begin(), found.end(), text) == found.end()) {
            found.push_back(text);
        }
    };
    std::error_code error;
    const auto folder = [&](const fs::path& path, int depth) {
        fs::recursive_directory_iterator it(path, fs::directory_options::skip_permission_denied, error);
        for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
            if (it.depth() >= depth) {
                it.disable_recursion_pending();
            }
            take(it->path());
        }
    };
    for (const std::string& word : words) {
        const fs::path path = word.substr(word.find('=') == std::string::npos ? 0 : word.find('=') + 1);
        take(path);
        if (fs::is_directory(path, error)) {
            folder(path, 3);
        }
    }
    folder(".", 0);
    return found;
}

/// Their rows, read by the importers in their sandbox into a database that goes again.
class ClientRows {
public:
    explicit ClientRows(const std::vector<std::string>& files)
    {
        std::string folder = (fs::temp_directory_path() / "prism-live-XXXXXX").string();
        if (files.empty() || !mkdtemp(folder.data())) {
            return;
        }
        m_folder = folder;
        ImportRequest request;
        request.database = folder + "/client.prism";
        request.paths = files;
        request.importChild = setting("import_child").value;
        ImportObserver nobody;
        if (!runImport(request, nobody)) {
            return;
        }
        auto reader = StoreReader::open(request.database);
        if (!reader) {
            return;
        }
        std::uint64_t most = 0;
        const auto done = (*reader)->points([this, &most](const SourceRecord& source, PointDetail&& point) {
            if (point.record.requests > most || producer.empty()) {
                most = point.record.requests;
                producer = source.producer;
                file = source.path;
                best = point.record.id;
                measures = std::move(point.measures);
            }
            return true;
        });
        if (!done || producer.empty()) {
            return;
        }
        if (auto read = (*reader)->requests(best, 0, mostRows)) {
            rows = std::move(*read);
        }
    }
    ~ClientRows()
    {
        std::error_code error;
        if (!m_folder.empty()) {
            fs::remove_all(m_folder, error);
        }
    }
    ClientRows(const ClientRows&) = delete;
    ClientRows& operator=(const ClientRows&) = delete;

    std::string producer, file;
    PointId best = 0;
    std::vector<Measure> measures;
    std::vector<RequestRow> rows;

private:
    std::string m_folder;
};

struct Side {
    std::vector<double> ttft, gaps, e2e;
};

void sortAll(Side& side)
{
    side.ttft = ascending(std::move(side.ttft));
    side.gaps = ascending(std::move(side.gaps));
    side.e2e = ascending(std::move(side.e2e));
}

class Comparison {
public:
    Comparison(const ClientRows& client, const std::vector<live::RequestPtr>& server, live::Session& session)
    {
        const auto join = live::joinByStart(client.rows, server);
        if (!join) {
            return;
        }
        joined = join->pairs.size();
        residual = join->residual.value;
        for (const live::JoinedPair& pair : join->pairs) {
            const RequestRow& theirRow = client.rows[pair.client];
            const live::Request& ourRow = *server[pair.server];
            if (theirRow.ttft && ourRow.ttft()) {
                theirs.ttft.push_back(theirRow.ttft->value);
                ours.ttft.push_back(ourRow.ttft()->value);
                ttftDifference.push_back(theirRow.ttft->value - ourRow.ttft()->value);
            }
            if (theirRow.e2e && ourRow.e2e()) {
                theirs.e2e.push_back(theirRow.e2e->value);
                ours.e2e.push_back(ourRow.e2e()->value);
            }
            theirs.gaps.insert(theirs.gaps.end(), theirRow.gapsMs.begin(), theirRow.gapsMs.end());
            if (const auto events = session.events(ourRow.id)) {
                const auto gaps = live::tokenGaps(*events);
                ours.gaps.insert(ours.gaps.end(), gaps.begin(), gaps.end());
            }
        }
        sortAll(theirs);
        sortAll(ours);
        ttftDifference = ascending(std::move(ttftDifference));
    }

    std::size_t joined = 0;
    double residual = 0;
    Side theirs, ours;
    std::vector<double> ttftDifference; ///< theirs − ours, of each request
};

void printComparison(const ClientRows& client, const Comparison& c, bool json)
{
    TextTable table({ { "" }, { "client", true }, { "server", true }, { "client − server", true } });
    JsonText line;
    line.object().member("type", "comparison").member("producer", client.producer);
    line.member("source", client.file).member("joined", std::uint64_t(c.joined));
    line.member("residual_ms", c.residual);
    const auto rows = [&](const char* title, const char* key, const std::vector<double>& theirs,
                          const std::vector<double>& ours) {
        if (theirs.empty() || ours.empty()) {
            return;
        }
        line.key(key).object();
        for (const double p : { 50.0, 90.0, 99.0 }) {
            const double a = percentileOfSorted(theirs, p);
            const double b = percentileOfSorted(ours, p);
            const std::string stat = Stat::percentile(p).name();
            table.row({ std::string(title) + " " + stat, millisecondsText(a), millisecondsText(b),
                millisecondsText(a - b) });
            line.key(stat).object().member("client_ms", a).member("server_ms", b).endObject();
        }
        line.endObject();
    };
    rows("TTFT", "ttft", c.theirs.ttft, c.ours.ttft);
    rows("ITL", "itl", c.theirs.gaps, c.ours.gaps);
    rows("E2E", "e2e", c.theirs.e2e, c.ours.e2e);
    if (!c.ttftDifference.empty()) {
        line.key("ttft_difference").object();
        line.member("p50_ms", percentileOfSorted(c.ttftDifference, 50));
        line.member("p99_ms", percentileOfSorted(c.ttftDifference, 99)).endObject();
    }
    line.endObject();
    if (json) {
        std::printf("%s\n", line.str().c_str());
        return;
    }
    std::printf("\n%s (%s) beside the server's side, %zu requests joined by their starts (within %s):\n",
        client.producer.c_str(), client.file.c_str(), c.joined, millisecondsText(c.residual).c_str());
    print(table);
    if (!c.ttftDifference.empty()) {
        std::printf("TTFT of a request, client − server: p50 %s, p99 %s\n",
            millisecondsText(percentileOfSorted(c.ttftDifference, 50)).c_str(),
            millisecondsText(percentileOfSorted(c.ttftDifference, 99)).c_str());
    }
}

} // namespace

LiveCommand::LiveCommand(std::vector<std::string> words)
    : m_words(std::move(words))
{
}

LiveCommand::~LiveCommand()
{
    stop();
}

Result<void> LiveCommand::start()
{
    std::vector<char*> arguments;
    for (std::string& word : m_words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    m_startedAt = std::time(nullptr);
    m_pid = fork();
    if (m_pid == 0) {
        // Its output stands apart from ours.
        dup2(STDERR_FILENO, STDOUT_FILENO);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    if (m_pid < 0) {
        return Error { m_words.front(), {}, std::strerror(errno), {} };
    }
    return {};
}

bool LiveCommand::ended()
{
    int status = 0;
    if (m_pid > 0 && waitpid(m_pid, &status, WNOHANG) == m_pid) {
        m_pid = -1;
        m_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (m_status == 127) {
            std::fprintf(stderr, "prismctl: %s cannot be started\n", m_words.front().c_str());
        }
    }
    return m_pid < 0;
}

void LiveCommand::stop()
{
    if (m_pid > 0 && !ended()) {
        kill(m_pid, SIGINT);
        int status = 0;
        waitpid(m_pid, &status, 0);
        m_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        m_pid = -1;
    }
}

void LiveCommand::compare(live::Session& session, bool json)
{
    const std::vector<std::string> files = candidates(m_words, m_startedAt);
    const ClientRows client(files);
    if (client.producer.empty()) {
        std::fprintf(stderr, "No result of a benchmark client was found beside the command.\n");
        return;
    }
    if (client.rows.empty()) {
        std::fprintf(stderr,
            "%s holds no numbers a request: have the client write them (--save-detailed and the like) to "
            "join both sides.\n",
            client.file.c_str());
        return;
    }
    const Comparison comparison(client, session.since({}).ended, session);
    if (comparison.joined == 0) {
        std::fprintf(stderr,
            "The %zu requests of %s do not fit what the server received: nothing is joined.\n",
            client.rows.size(), client.file.c_str());
        return;
    }
    printComparison(client, comparison, json);
}

} // namespace prism::cli
