// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/client_comparison.h"

#include "app/cli/live.h"
#include "app/cli/terminal.h"

#include "core/export/json_text.h"
#include "core/import/job.h"
#include "core/live/client_join.h"
#include "core/model/percentile.h"
#include "core/settings/settings.h"
#include "core/store/store.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

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

/// One quantity of the pairs that both sides know it of.
struct Compared {
    const char* title;
    const char* key;
    std::vector<double> theirs, ours; ///< milliseconds; ascending in the end
    std::size_t pairs = 0;

    void add(std::optional<double> their, std::optional<double> our)
    {
        if (their && our) {
            theirs.push_back(*their);
            ours.push_back(*our);
            ++pairs;
        }
    }
};

std::optional<double> valueOf(std::optional<Milliseconds> time)
{
    return time ? std::optional(time->value) : std::nullopt;
}

/// (tn - t1)/(n - 1) from what the row tells.
std::optional<double> tpotOf(const RequestRow& row)
{
    if (!row.ttft || !row.e2e || !row.osl || *row.osl < 2) {
        return std::nullopt;
    }
    return (row.e2e->value - row.ttft->value) / static_cast<double>(*row.osl - 1);
}

class Comparison {
public:
    Comparison(const ClientRows& client, const std::vector<live::RequestPtr>& server, live::Session& session,
        const live::ClientJoin& join)
    {
        for (const live::JoinedPair& pair : join.pairs) {
            const RequestRow& theirs = client.rows[pair.client];
            const live::Request& ours = *server[pair.server];
            ttft.add(valueOf(theirs.ttft), valueOf(ours.ttft()));
            if (theirs.ttft && ours.ttft()) {
                ttftDifference.push_back(theirs.ttft->value - ours.ttft()->value);
            }
            tpot.add(tpotOf(theirs), valueOf(ours.tpot()));
            e2e.add(valueOf(theirs.e2e), valueOf(ours.e2e()));
            // Gaps of a pair count where both sides have all of them.
            const auto events = session.events(ours.id);
            if (!theirs.gapsMs.empty() && events && !events->cut && !ours.incomplete) {
                const auto gaps = live::tokenGaps(*events);
                itl.theirs.insert(itl.theirs.end(), theirs.gapsMs.begin(), theirs.gapsMs.end());
                itl.ours.insert(itl.ours.end(), gaps.begin(), gaps.end());
                ++itl.pairs;
            }
        }
        for (Compared* compared : { &ttft, &tpot, &itl, &e2e }) {
            compared->theirs = ascending(std::move(compared->theirs));
            compared->ours = ascending(std::move(compared->ours));
        }
        ttftDifference = ascending(std::move(ttftDifference));
    }

    Compared ttft { "TTFT", "ttft", {}, {} }, tpot { "TPOT", "tpot", {}, {} }, itl { "ITL", "itl", {}, {} },
        e2e { "E2E", "e2e", {}, {} };
    std::vector<double> ttftDifference; ///< theirs − ours, of each request
};

void printComparison(
    const ClientRows& client, const live::ClientJoin& join, const Comparison& comparison, bool json)
{
    TextTable table({ { "" }, { "client", true }, { "server", true }, { "client − server", true },
        { "requests", true } });
    JsonText line;
    line.object().member("type", "comparison").member("producer", client.producer);
    line.member("source", client.file).member("joined", std::uint64_t(join.pairs.size()));
    line.member("client_alone", std::uint64_t(join.clientAlone));
    line.member("server_alone", std::uint64_t(join.serverAlone));
    line.member("tolerance_ms", live::joinTolerance.value).member("residual_ms", join.residual.value);
    for (const Compared* c : { &comparison.ttft, &comparison.tpot, &comparison.itl, &comparison.e2e }) {
        if (c->theirs.empty() || c->ours.empty()) {
            continue;
        }
        line.key(c->key).object().member("requests", std::uint64_t(c->pairs));
        for (const double p : { 50.0, 90.0, 99.0 }) {
            const double a = percentileOfSorted(c->theirs, p);
            const double b = percentileOfSorted(c->ours, p);
            const std::string stat = Stat::percentile(p).name();
            table.row({ std::string(c->title) + " " + stat, millisecondsText(a), millisecondsText(b),
                millisecondsText(a - b), std::to_string(c->pairs) });
            line.key(stat).object().member("client_ms", a).member("server_ms", b).endObject();
        }
        line.endObject();
    }
    const std::vector<double>& difference = comparison.ttftDifference;
    if (!difference.empty()) {
        line.key("ttft_difference").object();
        line.member("p50_ms", percentileOfSorted(difference, 50));
        line.member("p99_ms", percentileOfSorted(difference, 99)).endObject();
    }
    line.endObject();
    if (json) {
        std::printf("%s\n", line.str().c_str());
        return;
    }
    std::printf(
        "\n%s (%s) beside the server's side: %zu requests joined by their starts (half within %s, "
        "all within %s of each other). %zu of the client and %zu of the server have no counterpart.\n",
        client.producer.c_str(), client.file.c_str(), join.pairs.size(),
        millisecondsText(join.residual.value).c_str(), millisecondsText(live::joinTolerance.value).c_str(),
        join.clientAlone, join.serverAlone);
    print(table);
    if (!difference.empty()) {
        std::printf("TTFT of a request, client − server: p50 %s, p99 %s\n",
            millisecondsText(percentileOfSorted(difference, 50)).c_str(),
            millisecondsText(percentileOfSorted(difference, 99)).c_str());
    }
}

} // namespace

void compareWithClient(
    const std::vector<std::string>& words, std::int64_t since, live::Session& session, bool json)
{
    const ClientRows client(candidates(words, since));
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
    const std::vector<live::RequestPtr> server = session.since({}).ended;
    const auto join = live::joinByStart(client.rows, server);
    if (!join) {
        std::fprintf(stderr, "Nothing of the %zu requests of %s is joined: %s.\n", client.rows.size(),
            client.file.c_str(), join.error().text().c_str());
        return;
    }
    printComparison(client, *join, Comparison(client, server, session, *join), json);
}

} // namespace prism::cli
