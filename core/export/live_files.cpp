// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/live_files.h"

#include "core/export/json_text.h"
#include "core/export/live_lines.h"
#include "core/export/points_csv.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace prism {

namespace {

/// Rows of requests begin here; thread ids of the system are far above.
constexpr std::uint64_t firstRow = 1;
/// And the rows of engines, behind any number of requests in flight.
constexpr std::uint64_t firstEngineRow = 1u << 30;

/// Of the format: microseconds, here to the nanosecond.
JsonText& time(JsonText& json, std::string_view name, Nanoseconds value)
{
    return json.key(name).thousandths(value.value);
}

class TraceWriter {
public:
    explicit TraceWriter(const WriteText& write)
        : m_write(write)
    {
        m_write("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
    }
    void end() { m_write("\n]}\n"); }

    void event(JsonText& json)
    {
        m_write(m_first ? "\n" : ",\n");
        m_first = false;
        m_write(json.endObject().str());
    }
    JsonText begin(std::string_view name, std::string_view phase, std::uint64_t pid, std::uint64_t thread)
    {
        JsonText json;
        json.object().member("name", name).member("ph", phase).member("pid", pid).member("tid", thread);
        return json;
    }
    /// `scope`: "g" everything, "t" the row.
    JsonText instant(std::string_view name, std::uint64_t pid, std::uint64_t thread, std::string_view scope,
        Nanoseconds at)
    {
        JsonText json = begin(name, "i", pid, thread);
        time(json.member("s", scope), "ts", at);
        return json;
    }
    void span(
        std::string_view name, std::uint64_t pid, std::uint64_t thread, Nanoseconds from, Nanoseconds to)
    {
        JsonText json = begin(name, "X", pid, thread);
        time(time(json, "ts", from), "dur", to - from);
        event(json);
    }
    void called(std::string_view what, std::uint64_t pid, std::uint64_t thread, const std::string& name)
    {
        JsonText json = begin(what, "M", pid, thread);
        json.key("args").object().member("name", name).endObject();
        event(json);
    }

private:
    const WriteText& m_write;
    bool m_first = true;
};

void stage(TraceWriter& out, std::string_view name, const live::Request& r, std::uint64_t row,
    std::optional<Nanoseconds> from, std::optional<Nanoseconds> to)
{
    if (from && to && *to > *from) {
        out.span(name, r.pid, row, *from, *to);
    }
}

/// One instant a write that carries generated text: several events of one write have one time.
void tokenInstants(
    TraceWriter& out, const live::Request& r, std::uint64_t row, const live::RequestEvents* events)
{
    for (std::size_t i = 0; events && i < events->writes.size(); ++i) {
        const live::EventWrite& w = events->writes[i];
        if (w.tokenEvents > 0) {
            JsonText json = out.instant("token", r.pid, row, "t", w.at);
            json.key("args").object().member("request", r.id);
            json.member("token_events", std::uint64_t(w.tokenEvents)).endObject();
            out.event(json);
        }
    }
    if (events && events->cut) {
        JsonText json
            = out.instant("further token events are not kept", r.pid, row, "t", events->writes.back().at);
        out.event(json);
    }
}

void engineStep(TraceWriter& out, const live::Step& step, std::uint32_t pid)
{
    const std::uint64_t row = firstEngineRow + step.engine;
    // Without a begin that is known a step is the instant of its end.
    const bool whole = step.end > step.begin;
    const std::string_view phase = phaseName(step.phase);
    JsonText json = out.begin(phase.empty() ? "step" : phase, whole ? "X" : "i", pid, row);
    time(json, "ts", whole ? step.begin : step.end);
    if (whole) {
        time(json, "dur", step.end - step.begin);
    } else {
        json.member("s", "t");
    }
    json.key("args").object().member("sequences", std::uint64_t(step.sequences));
    json.member("tokens", std::uint64_t(step.tokens)).member("running", std::uint64_t(step.running));
    json.member("waiting", std::uint64_t(step.waiting));
    if (step.kvUsage) {
        json.member("kv_cache_usage", *step.kvUsage);
    }
    if (!step.requests.empty()) {
        json.key("requests").array();
        for (const live::RequestId id : step.requests) {
            json.number(id);
        }
        json.endArray();
    }
    json.endObject();
    out.event(json);
}

void markEvent(TraceWriter& out, const live::Mark& mark)
{
    if (mark.until && *mark.until > mark.at) {
        // Notes may overlap, which spans of one row must not.
        for (const auto& [phase, at] : { std::pair("b", mark.at), std::pair("e", *mark.until) }) {
            JsonText json = out.begin(mark.text, phase, 0, 0);
            time(json.member("cat", "note").member("id", mark.id), "ts", at);
            out.event(json);
        }
        return;
    }
    JsonText json = out.instant(mark.text, 0, 0, "g", mark.at);
    out.event(json);
}

void jumpEvent(TraceWriter& out, const live::ClockJump& jump)
{
    const bool slept = jump.kind == live::ClockJump::Suspend;
    JsonText json = out.instant(slept ? "the machine slept" : "the wall clock was set", 0, 0, "g", jump.at);
    json.key("args").object().member("seconds", toSeconds(jump.by).value).endObject();
    out.event(json);
}

void lossEvent(TraceWriter& out, const live::LossGap& gap)
{
    const std::string lost
        = std::to_string(gap.dropped) + (gap.dropped == 1 ? " event lost" : " events lost");
    JsonText json = out.instant(lost, 0, 0, "g", gap.from);
    json.key("args").object().member("program", gap.program).member("dropped", gap.dropped).endObject();
    out.event(json);
}

void requestSpans(TraceWriter& out, const live::Request& r, std::uint64_t row, Nanoseconds end)
{
    // Of one that ran at the attach the request line was not seen.
    JsonText json = out.begin(r.path.empty() ? "request" : r.method + " " + r.path, "X", r.pid, row);
    time(time(json, "ts", r.seen), "dur", end - r.seen).key("args").object();
    json.member("id", r.id).member("token_events", r.tokenEvents).memberIfAny("ended", name(r.ended));
    if (r.status) {
        json.member("status", std::uint64_t(*r.status));
    }
    if (const auto ttft = r.ttft()) {
        json.member("ttft_ms", ttft->value);
    }
    if (const auto tpot = r.tpot()) {
        json.member("tpot_ms", tpot->value);
    }
    json.endObject();
    out.event(json);
    stage(out, "lag", r, row, r.arrival, r.read);
    // A first token without text begins the decoding, and parts of a row must not overlap.
    stage(out, "prefill", r, row, r.read, r.firstTokenEvent);
    stage(out, "decode", r, row, r.firstTokenEvent, r.lastTokenEvent);
}

/// Where a request is drawn.
struct Drawn {
    std::uint32_t pid;
    std::uint64_t row;
    Nanoseconds begin, end;
};

/// An arrow from the request that caused another, through a router, to that.
void causeArrow(TraceWriter& out, live::RequestId effect, const Drawn& from, const Drawn& to)
{
    if (to.begin < from.begin || to.begin > from.end) {
        return; // it would hang on nothing
    }
    for (const auto& [phase, at] : { std::pair("s", from), std::pair("f", to) }) {
        JsonText json = out.begin("caused", phase, at.pid, at.row);
        time(json.member("cat", "request").member("id", effect), "ts", to.begin);
        if (phase[0] == 'f') {
            json.member("bp", "e"); // it ends at the span around it, not at the next one
        }
        out.event(json);
    }
}

/// Counters of what the server reports itself.
void readingCounters(TraceWriter& out, const live::EngineReading& r, std::uint32_t pid)
{
    using Member = std::pair<const char*, std::optional<double>>;
    const std::pair<const char*, std::vector<Member>> counters[]
        = { { "/metrics requests", { { "running", r.running }, { "waiting", r.waiting } } },
              { "/metrics tokens/s",
                  { { "prompt", r.promptTokensPerSecond }, { "generation", r.generationTokensPerSecond } } },
              { "/metrics cache", { { "kv usage", r.kvUsage }, { "prefix hits", r.prefixHitRate } } } };
    for (const auto& [name, members] : counters) {
        JsonText json = out.begin(name, "C", pid, 0);
        time(json, "ts", r.at).key("args").object();
        bool any = false;
        for (const auto& [member, value] : members) {
            if (value) {
                json.member(member, *value);
                any = true;
            }
        }
        json.endObject();
        if (any) {
            out.event(json);
        }
    }
}

std::string_view stateName(wire::ThreadState state)
{
    switch (state) {
    case wire::ThreadState::Running:
        return "running";
    case wire::ThreadState::Runnable:
        return "waiting for a CPU";
    case wire::ThreadState::Blocked:
        break;
    }
    return "blocked";
}

std::vector<live::RequestPtr> byArrival(const live::Increment& all)
{
    std::vector<live::RequestPtr> requests = all.ended;
    requests.insert(requests.end(), all.running.begin(), all.running.end());
    std::stable_sort(
        requests.begin(), requests.end(), [](const auto& a, const auto& b) { return a->seen < b->seen; });
    return requests;
}

} // namespace

void writeChromeTrace(const live::Session& session, const WriteText& write)
{
    const live::Status status = session.status();
    const live::Increment all = session.since({});
    TraceWriter out(write);
    std::map<live::TargetNumber, std::uint32_t> pids;
    for (const live::Target& target : status.targets) {
        pids[target.number] = target.server.pid;
        out.called("process_name", target.server.pid, 0,
            target.server.engine.empty() ? "server" : target.server.engine + " " + target.server.model);
    }
    std::map<live::RequestId, Drawn> drawn;
    // The first row that is free takes the next request.
    std::map<std::uint32_t, std::vector<Nanoseconds>> rows;
    std::map<std::uint32_t, std::int64_t> inFlight;
    std::multimap<std::int64_t, std::pair<std::uint32_t, int>> changes;
    for (const live::RequestPtr& r : byArrival(all)) {
        const Nanoseconds end = r->knownUntil(status.now);
        auto& ends = rows[r->pid];
        const auto free = std::find_if(ends.begin(), ends.end(), [&](Nanoseconds e) { return e <= r->seen; });
        const auto row = static_cast<std::uint64_t>(free - ends.begin());
        if (free == ends.end()) {
            ends.push_back(end);
            out.called("thread_name", r->pid, firstRow + row, "requests " + std::to_string(row + 1));
        } else {
            *free = end;
        }
        requestSpans(out, *r, firstRow + row, end);
        drawn.insert({ r->id, { r->pid, firstRow + row, r->seen, end } });
        if (const auto cause = drawn.find(r->cause); cause != drawn.end()) {
            causeArrow(out, r->id, cause->second, drawn.at(r->id));
        }
        tokenInstants(out, *r, firstRow + row, session.events(r->id).get());
        if (r->role == live::ConnectionRole::Server) {
            changes.insert({ r->seen.value, { r->pid, 1 } });
            changes.insert({ end.value, { r->pid, -1 } });
        }
    }
    for (const auto& [at, change] : changes) {
        JsonText json = out.begin("in flight", "C", change.first, 0);
        time(json, "ts", { at }).key("args").object();
        json.member("requests", inFlight[change.first] += change.second).endObject();
        out.event(json);
    }
    for (const live::SchedSpan& span : all.spans) {
        if (span.state != wire::ThreadState::Blocked) {
            const auto pid = pids.find(span.target);
            out.span(stateName(span.state), pid == pids.end() ? 0 : pid->second, span.thread, span.begin,
                span.end);
        }
    }
    for (const live::EngineReading& reading : all.readings) {
        const auto pid = pids.find(reading.target);
        readingCounters(out, reading, pid == pids.end() ? 0 : pid->second);
    }
    std::set<std::pair<std::uint32_t, std::uint16_t>> engines;
    for (const live::Step& step : all.steps) {
        const auto found = pids.find(step.target);
        const std::uint32_t pid = found == pids.end() ? 0 : found->second;
        if (engines.insert({ pid, step.engine }).second) {
            out.called("thread_name", pid, firstEngineRow + step.engine,
                "engine " + std::to_string(step.engine) + " steps");
        }
        engineStep(out, step, pid);
    }
    out.called("process_name", 0, 0, "session");
    for (const live::Mark& mark : all.marks.value_or(std::vector<live::Mark>())) {
        markEvent(out, mark);
    }
    for (const live::ClockJump& jump : all.jumps) {
        jumpEvent(out, jump);
    }
    for (const live::LossGap& gap : all.losses) {
        lossEvent(out, gap);
    }
    out.end();
}

void writeRequestsCsv(const live::Session& session, const WriteText& write)
{
    write("request_id,x_request_id,pid,endpoint,http_status,ended,request_start_ns,request_end_ns,"
          "time_to_first_token_ms,inter_token_latency_ms,inter_chunk_latency_ms,request_latency_ms,"
          "input_sequence_length,output_sequence_length,token_events\n");
    const auto ms = [](std::optional<Milliseconds> value) {
        return value ? formatNumber(value->value, Unit::Millisecond, NumberStyle::Full) : std::string();
    };
    const auto count = [](const auto& value) { return value ? std::to_string(*value) : std::string(); };
    for (const live::RequestPtr& r : byArrival(session.since({}))) {
        const auto wall = [&](std::optional<Nanoseconds> at) {
            const auto unix = at ? session.unixTime(*at) : std::nullopt;
            return count(unix);
        };
        std::string line = std::to_string(r->id) + ',' + csvCell(r->key) + ',' + std::to_string(r->pid) + ','
            + csvCell(r->path) + ',' + count(r->status) + ',' + std::string(name(r->ended)) + ','
            + wall(r->arrival) + ',' + wall(r->end) + ',' + ms(r->ttft()) + ',' + ms(r->tpot()) + ','
            + ms(r->chunkGap()) + ',' + ms(r->e2e()) + ',' + count(r->inputTokens) + ','
            + count(r->outputTokens) + ',' + std::to_string(r->tokenEvents) + '\n';
        write(line);
    }
}

} // namespace prism
