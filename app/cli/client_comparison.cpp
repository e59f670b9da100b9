// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/client_comparison.h"

#include "app/cli/live.h"
#include "app/cli/terminal.h"

#include "core/export/json_text.h"
#include "core/import/job.h"
#include "core/live/client_join.h"
#include "core/live/recording.h"
#include "core/model/percentile.h"
#include "core/settings/settings.h"
#include "core/store/store.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>

namespace prism::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t mostFiles = 64;
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

/// What we saw ourselves, and may be still writing.
bool isRecording(const fs::path& path)
{
    std::array<char, live::recordingMagic.size()> begin {};
    std::ifstream file(path, std::ios::binary);
    return file.read(begin.data(), begin.size())
        && std::string_view(begin.data(), begin.size()) == live::recordingMagic;
}

/// Files that the command wrote: those that its words name, those in folders that they name, and new ones in
/// the working folder. No more than mostFiles of them.
std::vector<std::string> writtenBy(const std::vector<std::string>& words, std::int64_t since)
{
    std::vector<std::string> found;
    std::set<std::string> leftOut;
    const auto take = [&](const fs::path& path) {
        const std::string text = path.lexically_normal().string();
        if (!isFresh(path, since) || isRecording(path)
            || std::find(found.begin(), found.end(), text) != found.end()) {
            return;
        }
        if (found.size() < mostFiles) {
            found.push_back(text);
        } else {
            leftOut.insert(text);
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
    if (!leftOut.empty()) {
        std::fprintf(stderr,
            "%zu files are new beside the command: the client's result is looked for in the first %zu.\n",
            found.size() + leftOut.size(), found.size());
    }
    return found;
}

/// The client's requests, read by the importers in their sandbox into a database that goes again.
struct ClientRows {
    std::string producer, file;
    std::vector<RequestRow> rows;
    std::uint64_t requests = 0; ///< of the point: more than `rows` where there are too many
    std::uint64_t otherPoints = 0; ///< with requests of their own, which are not read
};

/// The client's point with the most requests.
Result<ClientRows> readRows(const std::vector<std::string>& files, const std::string& database)
{
    ImportRequest request;
    request.database = database;
    request.paths = files;
    request.importChild = setting("import_child").value;
    ImportObserver nobody;
    if (const auto imported = runImport(request, nobody); !imported) {
        return imported.error();
    }
    auto reader = StoreReader::open(database);
    if (!reader) {
        return reader.error();
    }
    ClientRows client;
    PointId best = 0;
    std::uint64_t withRequests = 0;
    const auto done = (*reader)->points([&](const SourceRecord& source, PointDetail&& point) {
        if (source.producer == live::recordingProducer) {
            return true; // a recording: what we saw, and no client's word
        }
        withRequests += point.record.requests > 0 ? 1 : 0;
        if (point.record.requests > client.requests || client.producer.empty()) {
            client.requests = point.record.requests;
            client.producer = source.producer;
            client.file = source.path;
            best = point.record.id;
        }
        return true;
    });
    if (!done) {
        return done.error();
    }
    if (client.producer.empty()) {
        return client;
    }
    client.otherPoints = withRequests > 0 ? withRequests - 1 : 0;
    auto rows = (*reader)->requests(best, 0, mostRows);
    if (!rows) {
        return rows.error();
    }
    client.rows = std::move(*rows);
    return client;
}

/// Without a producer where no file is a result.
Result<ClientRows> readRows(const std::vector<std::string>& files)
{
    if (files.empty()) {
        return ClientRows();
    }
    std::string folder = (fs::temp_directory_path() / "prism-live-XXXXXX").string();
    if (!mkdtemp(folder.data())) {
        return Error { folder, {}, std::strerror(errno), "Set TMPDIR to a folder that can be written" };
    }
    auto client = readRows(files, folder + "/client.prism");
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return client;
}

/// What of the client's numbers is not in the table.
void sayWhatIsLeftOut(const ClientRows& client)
{
    if (client.rows.size() < client.requests) {
        std::fprintf(stderr, "%s has %s requests: the first %zu are compared.\n", client.file.c_str(),
            std::to_string(client.requests).c_str(), client.rows.size());
    }
    if (client.otherPoints > 0) {
        std::fprintf(stderr,
            "The client left %s load points with requests: the one with the most is compared. Record one "
            "load at a time to see the others.\n",
            std::to_string(client.otherPoints + 1).c_str());
    }
}

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

/// "12 requests joined, 10 of them by their ids, 2 by their starts (…); half of their starts lie within 0.1
/// ms"
std::string joinedText(const live::ClientJoin& join)
{
    const std::size_t byStart = join.pairs.size() - join.byId;
    const std::string starts
        = "by their starts (all within " + millisecondsText(live::joinTolerance.value) + " of each other)";
    std::string text = std::to_string(join.pairs.size()) + " requests joined ";
    if (byStart == 0) {
        text += "by their ids";
    } else if (join.byId == 0) {
        text += starts;
    } else {
        text.pop_back();
        text += ", " + std::to_string(join.byId) + " of them by their ids, " + std::to_string(byStart) + ' '
            + starts;
    }
    if (join.residual) {
        text += "; half of their starts lie within " + millisecondsText(join.residual->value);
    }
    return text;
}

void printComparison(
    const ClientRows& client, const live::ClientJoin& join, const Comparison& comparison, bool json)
{
    TextTable table({ { "" }, { "client", true }, { "server", true }, { "client − server", true },
        { "requests", true } });
    JsonText line;
    line.object().member("type", "comparison").member("producer", client.producer);
    line.member("source", client.file).member("joined", std::uint64_t(join.pairs.size()));
    line.member("joined_by_id", std::uint64_t(join.byId));
    line.member("joined_by_start", std::uint64_t(join.pairs.size() - join.byId));
    line.member("client_alone", std::uint64_t(join.clientAlone));
    line.member("server_alone", std::uint64_t(join.serverAlone));
    line.member("tolerance_ms", live::joinTolerance.value);
    if (join.residual) {
        line.member("residual_ms", join.residual->value);
    }
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
    std::printf("\n%s (%s) beside the server's side: %s. %zu of the client and %zu of the server have no "
                "counterpart.\n",
        client.producer.c_str(), client.file.c_str(), joinedText(join).c_str(), join.clientAlone,
        join.serverAlone);
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
    const auto read = readRows(writtenBy(words, since));
    if (!read) {
        std::fprintf(
            stderr, "prismctl: the client's result cannot be read: %s\n", read.error().text().c_str());
        return;
    }
    const ClientRows& client = *read;
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
    sayWhatIsLeftOut(client);
    const std::vector<live::RequestPtr> server = session.since({}).ended;
    if (session.status().requestsFrom) {
        std::fprintf(stderr,
            "Of the server's requests the newest %zu are still in memory: earlier ones are not joined.\n",
            server.size());
    }
    const auto join = live::joinClient(client.rows, server);
    if (!join) {
        std::fprintf(stderr, "Nothing of the %zu requests of %s is joined: %s.\n", client.rows.size(),
            client.file.c_str(), join.error().text().c_str());
        return;
    }
    printComparison(client, *join, Comparison(client, server, session, *join), json);
}

} // namespace prism::cli
