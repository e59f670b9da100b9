// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/session.h"

#include "core/live/ask_models.h"
#include "core/live/messages.h"
#include "core/live/session_state.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include <fcntl.h>
#include <unistd.h>

namespace prism::live {

namespace {

constexpr std::size_t mostServers = 4096;
constexpr std::size_t mostFeatures = 256;

/// A file that is read from front to back and closed with the source.
class FileSource : public read::ByteSource {
public:
    explicit FileSource(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    ~FileSource() override { close(m_descriptor); }
    FileSource(const FileSource&) = delete;
    FileSource& operator=(const FileSource&) = delete;

    Result<std::size_t> read(std::span<char> buffer) override
    {
        const ssize_t size = ::read(m_descriptor, buffer.data(), buffer.size());
        if (size < 0) {
            return Error { {}, {}, std::strerror(errno), {} };
        }
        return static_cast<std::size_t>(size);
    }

private:
    int m_descriptor;
};

Error refusal(wire::Status status, const std::string& sentence, const std::string& what)
{
    if (!sentence.empty()) {
        // An error ends with a full stop by itself.
        return { what, {}, sentence.substr(0, sentence.find_last_not_of(". ") + 1), {} };
    }
    switch (status) {
    case wire::Status::Refused:
        return { what, {}, "you may not observe this process", "Ask its owner or an administrator" };
    case wire::Status::NotFound:
        return { what, {}, "there is no such process", "List the servers again" };
    case wire::Status::Impossible:
        return { what, {}, "this kernel or this process does not allow it", "See what doctor says" };
    case wire::Status::Busy:
        return { what, {}, "the helper is busy", "Try again in a moment" };
    case wire::Status::Ok:
    case wire::Status::Invalid:
        break;
    }
    return { what, {}, "the helper did not understand the question", {} };
}

} // namespace

Budgets Budgets::everything()
{
    Budgets all;
    all.requests = all.writes = all.stepRequests = all.spans = std::numeric_limits<std::size_t>::max();
    all.boundedFacts = false;
    return all;
}

Session::Session(std::unique_ptr<State> state)
    : m_state(std::move(state))
{
}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::connect(
    const HelperAddress& helper, const Budgets& budgets, std::stop_token stop)
{
    const std::stop_token wanted = std::move(stop);
    if (helper.kind == HelperAddress::None) {
        auto alone = std::make_unique<State>(budgets, helper.shown);
        alone->startAlone();
        return std::unique_ptr<Session>(new Session(std::move(alone)));
    }
    auto client = StreamClient::connect(helper, wanted);
    if (!client) {
        return client.error();
    }
    auto state = std::make_unique<State>(budgets, helper.shown);
    state->startLive(std::move(*client), helper.here);
    return std::unique_ptr<Session>(new Session(std::move(state)));
}

Result<std::unique_ptr<Session>> Session::replay(const std::string& file, double speed,
    const Budgets& budgets, std::vector<SloLimit> limits, std::vector<SloLimit> otherwise)
{
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return Error { file, {}, std::strerror(errno), "Check the path and its permissions" };
    }
    auto reader = RecordingReader::open(std::make_unique<FileSource>(descriptor), file);
    if (!reader) {
        return reader.error();
    }
    auto state = std::make_unique<State>(budgets, file);
    state->m_limits = std::move(otherwise);
    if (!limits.empty()) {
        state->setLimits(std::move(limits));
    }
    state->startReplay(std::move(*reader), speed);
    return std::unique_ptr<Session>(new Session(std::move(state)));
}

void Session::onChange(std::function<void()> changed, std::chrono::milliseconds atMost)
{
    m_state->onChange(std::move(changed), atMost);
}

Result<std::vector<FoundServer>> Session::servers(std::stop_token stop)
{
    auto found = std::make_shared<std::vector<FoundServer>>();
    auto failure = std::make_shared<std::optional<Error>>();
    const auto each = [state = m_state.get(), found, failure](wire::Status status, auto fields) {
        if (status != wire::Status::Ok) {
            *failure = refusal(status, readSentence(fields), {});
            return;
        }
        FoundServer server = readServer(fields);
        if (server.pid != 0 && found->size() < mostServers) {
            found->push_back(std::move(server));
        }
        const std::lock_guard lock(state->m_mutex);
        state->m_found = *found;
    };
    if (auto done = m_state->ask(wire::Verb::List, {}, each, std::move(stop)); !done) {
        return done.error();
    }
    if (*failure) {
        return **failure;
    }
    const std::size_t unasked = keepThoseThatSpeak(*found, m_state->here());
    const std::lock_guard lock(m_state->m_mutex);
    m_state->m_found = *found;
    m_state->m_unasked = unasked;
    return *found;
}

std::size_t Session::unasked() const
{
    const std::lock_guard lock(m_state->m_mutex);
    return m_state->m_unasked;
}

Result<std::vector<MachineFeature>> Session::machine(std::stop_token stop)
{
    auto features = std::make_shared<std::vector<MachineFeature>>();
    auto failure = std::make_shared<std::optional<Error>>();
    const auto each = [features, failure](wire::Status status, auto fields) {
        if (status != wire::Status::Ok) {
            *failure = refusal(status, readSentence(fields), {});
            return;
        }
        MachineFeature feature = readFeature(fields);
        if (!feature.name.empty() && features->size() < mostFeatures) {
            features->push_back(std::move(feature));
        }
    };
    if (auto done = m_state->ask(wire::Verb::Doctor, {}, each, std::move(stop)); !done) {
        return done.error();
    }
    if (*failure) {
        return **failure;
    }
    return *features;
}

Result<Target> Session::attach(const AttachRequest& request, std::stop_token stop)
{
    const auto known = [&]() -> std::optional<FoundServer> {
        const std::lock_guard lock(m_state->m_mutex);
        for (const FoundServer& server : m_state->m_found) {
            const bool same = request.startTicks == 0 || server.startTicks == request.startTicks;
            if (server.pid == request.pid && same) {
                return server;
            }
        }
        return std::nullopt;
    };
    std::optional<FoundServer> server = known();
    if (!server) {
        // What it is helps to name it, but a process that is no server that we know can be attached too.
        (void)servers(stop);
        server = known();
    }
    std::uint64_t tiers = 0;
    for (const int tier : request.tiers) {
        tiers |= std::uint64_t(1) << tier;
    }
    wire::FieldWriter fields;
    fields.integer(wire::AttachKey::Pid, request.pid);
    if (request.startTicks != 0) {
        fields.integer(wire::AttachKey::StartTicks, request.startTicks);
    }
    fields.integer(wire::AttachKey::Tiers, tiers).integer(wire::AttachKey::Family, request.family ? 1 : 0);
    if (request.probeBudget > 0) {
        fields.number(wire::AttachKey::ProbeBudget, request.probeBudget);
    }
    auto answer = std::make_shared<std::optional<Result<Target>>>();
    const std::string what = "process " + std::to_string(request.pid);
    const auto each = [state = m_state.get(), answer, server, what, request](
                          wire::Status status, auto reply) {
        if (status != wire::Status::Ok) {
            *answer = refusal(status, readSentence(reply), what);
            return;
        }
        Target target = readTarget(reply);
        const std::uint64_t startTicks = target.server.startTicks;
        target.server = server.value_or(FoundServer {});
        target.server.pid = request.pid;
        target.server.startTicks = startTicks != 0 ? startTicks : target.server.startTicks;
        const bool passive = std::find(request.tiers.begin(), request.tiers.end(), 0) != request.tiers.end();
        state->began(target, request.metrics, passive);
        *answer = target;
    };
    if (auto done = m_state->ask(wire::Verb::Attach, std::move(fields), each, std::move(stop)); !done) {
        return done.error();
    }
    return **answer;
}

Result<void> Session::setTiers(TargetNumber target, const std::vector<int>& tiers, std::stop_token stop)
{
    std::uint64_t bits = 0;
    for (const int tier : tiers) {
        bits |= std::uint64_t(1) << tier;
    }
    wire::FieldWriter fields;
    fields.integer(wire::AttachKey::Target, target).integer(wire::AttachKey::Tiers, bits);
    auto failure = std::make_shared<std::optional<Error>>();
    const auto each = [state = m_state.get(), failure, target, tiers](wire::Status status, auto reply) {
        if (status != wire::Status::Ok) {
            *failure = refusal(status, readSentence(reply), {});
        } else {
            state->setTiers(target, tiers);
        }
    };
    if (auto done = m_state->ask(wire::Verb::SetTiers, std::move(fields), each, std::move(stop)); !done) {
        return done.error();
    }
    return *failure ? Result<void>(**failure) : Result<void>();
}

Result<void> Session::detach(TargetNumber target, std::stop_token stop)
{
    if (m_state->alone()) {
        (void)m_state->onThread([state = m_state.get(), target] { state->over(target, {}); });
        return {};
    }
    wire::FieldWriter fields;
    fields.integer(wire::AttachKey::Target, target);
    auto failure = std::make_shared<std::optional<Error>>();
    const auto each = [state = m_state.get(), failure, target](wire::Status status, auto reply) {
        if (status != wire::Status::Ok) {
            *failure = refusal(status, readSentence(reply), {});
        } else {
            state->over(target, {});
        }
    };
    if (auto done = m_state->ask(wire::Verb::Detach, std::move(fields), each, std::move(stop)); !done) {
        return done.error();
    }
    return *failure ? Result<void>(**failure) : Result<void>();
}

Status Session::status() const
{
    Status status = m_state->status();
    const std::lock_guard lock(m_state->m_recordingMutex);
    status.recordingBytes = m_state->m_recording.memoryBytes();
    status.recordingFrom = m_state->m_recording.droppedUntil();
    status.recordingFile = m_state->m_recording.file();
    status.recordingProblem = m_state->m_recording.problem();
    return status;
}

Increment Session::since(const Cursor& cursor) const
{
    return m_state->since(cursor);
}

void Session::taken(const Cursor& cursor)
{
    m_state->taken(cursor);
}

std::shared_ptr<const RequestEvents> Session::events(RequestId id) const
{
    return m_state->events(id);
}

SeriesColumns Session::columns(TimeRange range, Nanoseconds step, Nanoseconds window) const
{
    const std::lock_guard lock(m_state->m_mutex);
    return m_state->m_series.columns(range, step, window);
}

std::vector<HeatColumn> Session::heat(HeatOf of, TimeRange range, Nanoseconds step) const
{
    const std::lock_guard lock(m_state->m_mutex);
    return m_state->m_series.heat(of, range, step);
}

Bucket Session::total(TimeRange range) const
{
    const std::lock_guard lock(m_state->m_mutex);
    return m_state->m_series.total(range);
}

std::vector<LossTotal> Session::lossTotals() const
{
    const std::lock_guard lock(m_state->m_mutex);
    return m_state->m_assembly.lossTotals();
}

std::vector<ProgramCost> Session::costs() const
{
    const std::lock_guard lock(m_state->m_mutex);
    return m_state->m_assembly.costs();
}

std::optional<std::int64_t> Session::unixTime(Nanoseconds time) const
{
    const std::lock_guard lock(m_state->m_mutex);
    return m_state->m_assembly.clocks().unixTime(time);
}

void Session::setLimits(std::vector<SloLimit> limits)
{
    m_state->setLimits(std::move(limits));
}

std::vector<SloLimit> Session::limits() const
{
    const std::lock_guard lock(m_state->m_mutex);
    return m_state->m_limits;
}

std::uint64_t Session::addMark(Nanoseconds at, std::optional<Nanoseconds> until, std::string text)
{
    return m_state->addMark({ 0, at, until, std::move(text) });
}

void Session::changeMark(std::uint64_t id, std::string text)
{
    m_state->changeMark(id, std::move(text));
}

void Session::setSpeed(double speed)
{
    m_state->setSpeed(speed);
}

Result<void> Session::record(const std::string& file)
{
    const std::lock_guard lock(m_state->m_recordingMutex);
    return m_state->m_recording.open(file);
}

Result<SavedRecording> Session::stopRecording()
{
    const std::lock_guard lock(m_state->m_recordingMutex);
    const auto written = m_state->m_recording.close();
    if (!written) {
        return written.error();
    }
    return SavedRecording { written->bytes, written->complete };
}

} // namespace prism::live
