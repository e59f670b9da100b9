// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/session_state.h"

#include "core/live/limits.h"

#include <algorithm>
#include <limits>

namespace prism::live {

namespace {

constexpr auto restless = std::chrono::milliseconds(10);
constexpr auto restful = std::chrono::milliseconds(100);

std::size_t most(const Budgets& budgets, std::size_t facts)
{
    return budgets.boundedFacts ? facts : std::numeric_limits<std::size_t>::max();
}

} // namespace

Session::State::State(const Budgets& budgets, std::string where)
    : m_recording(budgets.recordingBytes)
    , m_budgets(budgets)
    , m_where(std::move(where))
    , m_ended(budgets.requests)
    , m_losses(most(budgets, 65536))
    , m_probes(most(budgets, 4096))
    , m_processes(most(budgets, 16384))
    , m_samples(most(budgets, 262144))
    , m_readings(most(budgets, 262144))
    , m_spans(budgets.spans)
    , m_steps(most(budgets, 262144))
    , m_jumps(most(budgets, 4096))
{
}

Session::State::~State()
{
    m_stop = true;
    wake();
    if (m_thread.joinable()) {
        m_thread.join();
    }
    m_pollers.clear(); // they call back
}

void Session::State::startLive(std::unique_ptr<StreamClient> client, bool here)
{
    m_here = here;
    m_client = std::move(client);
    m_helper = m_client->program();
    m_recording.session(m_helper, m_where);
    m_thread = std::thread([this] {
        runLive();
        runEnded();
    });
}

void Session::State::startReplay(std::unique_ptr<RecordingReader> reader, double speed)
{
    m_reader = std::move(reader);
    m_phase = Phase::Replaying;
    m_speed = speed;
    m_thread = std::thread([this] {
        runReplay();
        runEnded();
    });
}

void Session::State::startAlone()
{
    m_here = true;
    m_recording.session("no helper", m_where);
    m_thread = std::thread([this] {
        runAlone();
        runEnded();
    });
}

void Session::State::wake()
{
    {
        const std::lock_guard lock(m_commandMutex);
        m_commanded.notify_all();
    }
    if (m_client) {
        m_client->wake();
    }
}

void Session::State::runCommands()
{
    std::vector<std::function<void()>> commands;
    {
        const std::lock_guard lock(m_commandMutex);
        commands.swap(m_commands);
    }
    for (const auto& command : commands) {
        command();
    }
}

void Session::State::runLive()
{
    auto lastNews = Clock::now();
    while (!stopping()) {
        runCommands();
        const auto pumped = m_client->pump(busy() ? restless : restful, *this);
        if (!pumped || *pumped == StreamClient::Pumped::Ended) {
            finish(pumped ? "The helper ended the session." : pumped.error().text());
            return;
        }
        const auto now = Clock::now();
        lastNews = *pumped == StreamClient::Pumped::Something ? now : lastNews;
        housekeeping(now - lastNews > std::chrono::milliseconds(30));
    }
}

void Session::State::runReplay()
{
    while (!stopping() && m_reader->next(*this)) {
        housekeeping(false);
        waitForReader();
    }
    if (!stopping()) {
        finish(m_reader->problem());
    }
}

bool Session::State::untaken() const
{
    return m_budgets.waitForReader
        && (m_taken.ended < m_ended.end() || m_taken.losses < m_losses.end()
            || m_taken.probes < m_probes.end() || m_taken.processes < m_processes.end()
            || m_taken.steps < m_steps.end() || m_taken.readings < m_readings.end()
            || m_taken.jumps < m_jumps.end());
}

void Session::State::waitForReader()
{
    const auto waits = [this] {
        const std::lock_guard lock(m_mutex);
        m_dirty = m_dirty || untaken(); // what the reader has not taken yet it is told of
        return untaken();
    };
    while (!stopping() && waits()) {
        runCommands();
        notify();
        std::unique_lock lock(m_commandMutex);
        m_commanded.wait_for(lock, restless);
    }
}

void Session::State::taken(const Cursor& cursor)
{
    {
        const std::lock_guard lock(m_mutex);
        m_taken = cursor;
    }
    wake();
}

void Session::State::runAlone()
{
    auto nextClock = Clock::now();
    while (!stopping()) {
        runCommands();
        if (Clock::now() >= nextClock) {
            (void)records(m_metricsRecords.clocks());
            nextClock = Clock::now() + std::chrono::seconds(1);
        }
        housekeeping(true);
        std::unique_lock lock(m_commandMutex);
        m_commanded.wait_for(
            lock, m_dirty ? restless : restful, [this] { return stopping() || !m_commands.empty(); });
    }
}

bool Session::State::onThread(const std::function<void()>& command)
{
    auto done = std::make_shared<std::promise<void>>();
    auto ran = done->get_future();
    {
        const std::lock_guard lock(m_commandMutex);
        if (m_closedForCommands) {
            return false;
        }
        m_commands.push_back([command, done] {
            command();
            done->set_value();
        });
    }
    wake();
    ran.wait();
    return true;
}

void Session::State::runEnded()
{
    while (!stopping()) {
        runCommands();
        housekeeping(false);
        std::unique_lock lock(m_commandMutex);
        const bool busy = m_judgeFrom.has_value() || m_dirty;
        m_commanded.wait_for(
            lock, busy ? restless : restful, [this] { return stopping() || !m_commands.empty(); });
    }
}

bool Session::State::busy() const
{
    const std::lock_guard lock(m_mutex);
    return m_dirty || m_judgeFrom;
}

void Session::State::housekeeping(bool idle)
{
    {
        const std::lock_guard lock(m_mutex);
        if (idle) {
            m_assembly.idle();
        }
        judgeAgain();
        thin();
        const auto now = Clock::now();
        if (now - m_rateFrom >= std::chrono::seconds(1)) {
            const double seconds = std::chrono::duration<double>(now - m_rateFrom).count();
            m_rate = static_cast<std::uint64_t>(
                static_cast<double>(m_assembly.recordCount() - m_rateRecords) / seconds);
            m_rateRecords = m_assembly.recordCount();
            m_rateFrom = now;
        }
    }
    if (!m_reader) {
        const std::lock_guard lock(m_recordingMutex);
        m_recording.tick(m_assembly.now());
    }
    notify();
}

void Session::State::onChange(std::function<void()> changed, std::chrono::milliseconds atMost)
{
    const std::lock_guard lock(m_changedMutex);
    m_changed = std::move(changed);
    m_changedAtMost = atMost;
    m_dirty = true;
}

void Session::State::notify()
{
    const std::lock_guard lock(m_changedMutex);
    const auto now = Clock::now();
    if (!m_changed) {
        m_dirty = false;
    } else if (m_dirty && now - m_notified >= m_changedAtMost) {
        m_dirty = false;
        m_notified = now;
        m_changed();
    }
}

void Session::State::finish(const std::string& reason)
{
    {
        const std::lock_guard lock(m_mutex);
        m_assembly.finish();
        for (auto& [number, target] : m_targets) {
            if (target.attached) {
                target.attached = false;
                target.end = m_assembly.now();
                target.endReason = reason;
            }
        }
        m_phase = Phase::Ended;
        m_endReason = reason;
        m_dirty = true;
    }
    m_pollers.clear();
    {
        const std::lock_guard lock(m_commandMutex);
        m_closedForCommands = true;
    }
    runCommands();
    for (auto& [id, question] : m_questions) {
        question->done.set_value(Error { m_where, {}, reason.empty() ? "the session is over" : reason, {} });
    }
    m_questions.clear();
}

Result<void> Session::State::ask(
    wire::Verb verb, wire::FieldWriter fields, EachReply each, std::stop_token stop)
{
    const std::stop_token wanted = std::move(stop);
    auto question = std::make_shared<Question>();
    question->each = std::move(each);
    auto done = question->done.get_future();
    {
        const std::lock_guard lock(m_commandMutex);
        if (alone()) {
            return Error { m_where, {}, "there is no helper to ask",
                "Name the :PORT of a server that has /metrics, or install prism-probed" };
        }
        if (!m_client || m_closedForCommands) {
            return Error { m_where, {}, "the session is over: there is no helper to ask", "Attach again" };
        }
        m_commands.push_back([this, verb, fields = std::move(fields), question] {
            m_questions.emplace(m_client->ask(verb, fields), question);
        });
    }
    wake();
    while (done.wait_for(restful) != std::future_status::ready) {
        if (wanted.stop_requested()) {
            // The answer may come yet and is then taken by the question, which nobody waits for.
            return Error { m_where, {}, "stopped", {} };
        }
    }
    return done.get();
}

Result<void> Session::State::reply(const wire::MessageHeader& header, std::span<const std::byte> fields)
{
    const auto it = m_questions.find(header.id);
    if (it == m_questions.end()) {
        return {};
    }
    const std::shared_ptr<Question> question = it->second;
    if (header.more == 0) {
        m_questions.erase(it);
    }
    question->each(static_cast<wire::Status>(header.status), fields);
    if (header.more == 0) {
        question->done.set_value({});
    }
    return {};
}

void Session::State::began(Target target, bool metrics, bool passive)
{
    const TargetNumber number = target.number;
    {
        const std::lock_guard lock(m_recordingMutex);
        m_recording.target(target);
    }
    {
        const std::lock_guard lock(m_mutex);
        keep(std::move(target));
    }
    if (!metrics) {
        m_noMetrics.insert(number);
    } else if (passive) {
        watchMetrics(number);
    }
}

void Session::State::over(TargetNumber number, const std::string& why)
{
    dropMetrics(number);
    {
        const std::lock_guard lock(m_recordingMutex);
        m_recording.detached(number);
    }
    const std::lock_guard lock(m_mutex);
    m_assembly.detached(number);
    targetGone(number, m_assembly.now(), why);
}

Result<void> Session::State::records(std::span<const std::byte> payload)
{
    {
        const std::lock_guard lock(m_recordingMutex);
        m_recording.records(payload);
    }
    const std::lock_guard lock(m_mutex);
    m_toldAt = Clock::now();
    m_dirty = true;
    if (!m_assembly.records(payload)) {
        return Error { m_where, {}, "the helper sent a record that cannot be one", {} };
    }
    tellSeries();
    return {};
}

bool Session::State::records(std::span<const std::byte> payload, Nanoseconds)
{
    Nanoseconds at {};
    wire::RecordWalk walk(payload);
    while (const auto view = walk.next()) {
        at = std::max(at, instant(view->header.timeNs));
    }
    pace(at);
    const std::lock_guard lock(m_mutex);
    m_dirty = true;
    const bool wellFormed = m_assembly.records(payload);
    tellSeries();
    return wellFormed;
}

void Session::State::pace(Nanoseconds at)
{
    while (!stopping()) {
        const double speed = m_speed;
        if (speed <= 0 || at.value == 0 || !isAttached()) { // without a target nothing is there to be seen
            m_paceFrom.reset();
            return;
        }
        const auto now = Clock::now();
        if (!m_paceFrom || speed != m_pacedSpeed) {
            m_paceFrom = at;
            m_paceStart = now;
            m_pacedSpeed = speed;
        }
        const auto due = m_paceStart
            + std::chrono::nanoseconds(
                static_cast<std::int64_t>(static_cast<double>((at - *m_paceFrom).value) / speed));
        if (due <= now) {
            return;
        }
        runCommands();
        housekeeping(false);
        std::unique_lock lock(m_commandMutex);
        m_commanded.wait_until(lock, std::min(due, now + restful));
    }
}

void Session::State::setSpeed(double speed)
{
    m_speed = speed;
    wake();
}

void Session::State::setTiers(TargetNumber target, const std::vector<int>& tiers)
{
    {
        const std::lock_guard lock(m_mutex);
        if (const auto it = m_targets.find(target); it != m_targets.end()) {
            it->second.tiers = tiers;
        }
        if (isObserving()) {
            m_series.observedFrom(m_assembly.now());
        }
    }
    if (std::find(tiers.begin(), tiers.end(), 0) == tiers.end()) {
        dropMetrics(target);
    } else if (!m_noMetrics.contains(target)) {
        watchMetrics(target);
    }
}

void Session::State::session(const std::string& helper, const std::string& where)
{
    const std::lock_guard lock(m_mutex);
    m_helper = helper;
    (void)where; // the file is where this session's stream comes from
}

void Session::State::target(const Target& target)
{
    const std::lock_guard lock(m_mutex);
    keep(target);
}

void Session::State::detached(TargetNumber target)
{
    const std::lock_guard lock(m_mutex);
    m_assembly.detached(target);
    targetGone(target, m_assembly.now(), {});
}

void Session::State::known(std::span<const std::byte> payload)
{
    const std::lock_guard lock(m_mutex);
    m_assembly.known(payload);
}

} // namespace prism::live
