// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/live_lines.h"

#include "core/export/json_text.h"
#include "core/live/limits.h"

namespace prism {

namespace {

void time(JsonText& json, std::string_view name, const std::optional<Nanoseconds>& at)
{
    if (at) {
        json.member(name, at->value);
    }
}

void number(JsonText& json, std::string_view name, const std::optional<Milliseconds>& value)
{
    if (value) {
        json.member(name, value->value);
    }
}

void count(JsonText& json, std::string_view name, const std::optional<std::uint64_t>& value)
{
    if (value) {
        json.member(name, *value);
    }
}

std::string_view reasonName(wire::LossReason reason)
{
    switch (reason) {
    case wire::LossReason::RingFull:
        return "ring_full";
    case wire::LossReason::Consumer:
        return "consumer";
    case wire::LossReason::SocketBackpressure:
        return "socket_backpressure";
    case wire::LossReason::GpuActivity:
        return "gpu_activity";
    case wire::LossReason::Parser:
        return "parser";
    case wire::LossReason::Sampled:
        return "sampled";
    case wire::LossReason::Truncated:
        return "truncated";
    case wire::LossReason::Evicted:
        return "evicted";
    case wire::LossReason::BeforeAttach:
        return "before_attach";
    }
    return {};
}

} // namespace

std::string_view phaseName(wire::StepPhase phase)
{
    switch (phase) {
    case wire::StepPhase::Prefill:
        return "prefill";
    case wire::StepPhase::Decode:
        return "decode";
    case wire::StepPhase::Mixed:
        return "mixed";
    case wire::StepPhase::Unknown:
        break;
    }
    return {};
}

std::string serverLine(const live::FoundServer& server)
{
    JsonText json;
    json.object().member("pid", server.pid).memberIfAny("user", server.user);
    json.memberIfAny("engine", server.engine).memberIfAny("engine_version", server.engineVersion);
    json.memberIfAny("model", server.model).key("ports").array();
    for (const std::uint16_t port : server.ports) {
        json.number(std::uint64_t(port));
    }
    json.endArray().key("accelerators").array();
    for (const std::string& accelerator : server.accelerators) {
        json.text(accelerator);
    }
    json.endArray().memberIfAny("container", server.container).memberIfAny("role", server.role);
    if (server.innerPid != 0) {
        json.member("inner_pid", server.innerPid);
    }
    if (!server.upstreams.empty()) {
        json.key("upstreams").array();
        for (const std::uint32_t upstream : server.upstreams) {
            json.number(std::uint64_t(upstream));
        }
        json.endArray();
    }
    if (!server.notes.empty()) {
        json.key("notes").array();
        for (const std::string& note : server.notes) {
            json.text(note);
        }
        json.endArray();
    }
    json.key("tiers").array();
    for (const live::TierChoice& tier : server.tiers) {
        json.object().member("tier", "T" + std::to_string(tier.tier)).member("possible", tier.possible);
        json.member("reason", tier.reason).memberIfAny("remedy", tier.remedy).endObject();
    }
    json.endArray().endObject();
    return json.take();
}

std::string attachedLine(const live::Target& target)
{
    JsonText json;
    json.object().member("type", "attached").member("pid", target.server.pid);
    json.member("start_ns", target.start.value).member("start_unix_ns", target.startUnixNs);
    json.key("tiers").array();
    for (const int tier : target.tiers) {
        json.text("T" + std::to_string(tier));
    }
    json.endArray().member("programs", target.programs);
    const auto ms = [&json](const char* name, const std::optional<Nanoseconds>& value) {
        if (value) {
            json.member(name, toMilliseconds(*value).value);
        }
    };
    ms("attach_ms", target.attachTook);
    ms("cpu_wait_ms", target.cpuWait);
    json.memberIfAny("engine", target.server.engine).memberIfAny("model", target.server.model).endObject();
    return json.take();
}

std::string requestLine(
    const live::Request& request, const live::RequestEvents* events, const std::vector<SloLimit>& limits)
{
    JsonText json;
    json.object().member("type", "request").member("id", request.id).member("pid", request.pid);
    json.memberIfAny("method", request.method).memberIfAny("path", request.path);
    if (request.status) {
        json.member("status", std::uint64_t(*request.status));
    }
    json.member("streamed", request.streamed);
    time(json, "arrival_ns", request.arrival);
    time(json, "read_ns", request.read);
    time(json, "queued_ns", request.queued);
    time(json, "scheduled_ns", request.scheduled);
    time(json, "first_event_ns", request.firstEvent);
    time(json, "first_token_ns", request.firstToken);
    time(json, "end_ns", request.end);
    json.member("events", request.events).member("token_events", request.tokenEvents);
    count(json, "input_tokens", request.inputTokens);
    count(json, "output_tokens", request.outputTokens);
    count(json, "bytes_in", request.bytesIn);
    json.member("bytes_out", request.bytesOut);
    number(json, "ttft_ms", request.ttft());
    number(json, "chunk_gap_ms", request.chunkGap());
    number(json, "tpot_ms", request.tpot());
    number(json, "e2e_ms", request.e2e());
    json.memberIfAny("ended", name(request.ended));
    // Beyond the contract: only where there is something to say.
    if (request.role == live::ConnectionRole::Client) {
        json.member("role", "client");
    }
    if (request.cause != 0) {
        json.member("cause", request.cause);
    }
    json.memberIfAny("key", request.key);
    if (request.inProgress) {
        json.member("in_progress", true);
    }
    if (request.incomplete) {
        json.member("incomplete", true);
    }
    if (!limits.empty()) {
        json.member("verdict",
            request.verdict == SloVerdict::Holds        ? "holds"
                : request.verdict == SloVerdict::Breaks ? "breaks"
                                                        : "unknown");
    }
    if (request.broken != 0 && !limits.empty()) {
        json.key("broke").array();
        for (std::size_t i = 0; i < limits.size() && i < 32; ++i) {
            if ((request.broken >> i & 1) != 0) {
                json.text(live::limitText(limits[i]));
            }
        }
        json.endArray();
    }
    if (events) {
        json.key("event_ns").array();
        for (const live::EventWrite& write : events->writes) {
            for (unsigned i = 0; i < write.events; ++i) {
                json.number(write.at.value);
            }
        }
        json.endArray();
    }
    json.endObject();
    return json.take();
}

std::string iterationLine(const live::Step& step, std::uint32_t pid)
{
    JsonText json;
    json.object().member("type", "iteration").member("pid", pid);
    json.member("start_ns", step.begin.value).member("end_ns", step.end.value);
    json.memberIfAny("phase", phaseName(step.phase));
    json.member("sequences", std::uint64_t(step.sequences)).member("tokens", step.tokens);
    json.member("running", std::uint64_t(step.running)).member("waiting", std::uint64_t(step.waiting));
    if (step.kvUsage) {
        json.member("kv_cache_usage", *step.kvUsage);
    }
    if (!step.requests.empty()) {
        json.key("requests").array();
        for (const live::RequestId request : step.requests) {
            json.number(request);
        }
        json.endArray();
    }
    json.endObject();
    return json.take();
}

std::string engineLine(const live::EngineReading& reading, std::uint32_t pid)
{
    JsonText json;
    json.object().member("type", "engine").member("pid", pid).member("at_ns", reading.at.value);
    json.member("origin", "reported").member("source", "/metrics");
    const std::pair<const char*, std::optional<double>> members[]
        = { { "running", reading.running }, { "waiting", reading.waiting },
              { "kv_cache_usage", reading.kvUsage }, { "prompt_tokens_per_s", reading.promptTokensPerSecond },
              { "generation_tokens_per_s", reading.generationTokensPerSecond },
              { "requests_per_s", reading.requestsPerSecond }, { "preemptions", reading.preemptions },
              { "prefix_cache_hit_rate", reading.prefixHitRate } };
    for (const auto& [name, value] : members) {
        if (value) {
            json.member(name, *value);
        }
    }
    json.endObject();
    return json.take();
}

std::string_view changeName(wire::ProcessChange change)
{
    switch (change) {
    case wire::ProcessChange::Stopped:
        return "stopped";
    case wire::ProcessChange::Continued:
        return "continued";
    case wire::ProcessChange::Executed:
        return "exec";
    case wire::ProcessChange::UidChanged:
        return "uid";
    case wire::ProcessChange::Present:
    case wire::ProcessChange::Forked:
    case wire::ProcessChange::Exited:
        break;
    }
    return {};
}

std::string processLine(const live::ProcessFact& fact, std::uint32_t target)
{
    JsonText json;
    json.object().member("type", "process").member("pid", fact.pid).member("at_ns", fact.at.value);
    json.member("change", changeName(fact.change)).memberIfAny("name", fact.name);
    json.member("uid", fact.uid).member("target_pid", target).endObject();
    return json.take();
}

std::string noteLine(const live::Mark& mark)
{
    JsonText json;
    json.object().member("type", "note").member("at_ns", mark.at.value);
    time(json, "until_ns", mark.until);
    json.member("text", mark.text).endObject();
    return json.take();
}

std::string lossLine(const live::LossTotal& total)
{
    JsonText json;
    json.object().member("type", "loss").member("program", total.program);
    if (total.cpu) {
        json.member("cpu", *total.cpu);
    }
    json.memberIfAny("reason", reasonName(total.reason));
    json.member("attempted", total.attempted).member("emitted", total.emitted);
    json.member("dropped", total.dropped);
    if (total.bytes > 0) {
        json.member("bytes", total.bytes);
    }
    json.endObject();
    return json.take();
}

std::string summaryLine(std::optional<std::uint64_t> requests, const live::LossSum& loss,
    const std::vector<live::ProgramCost>& costs)
{
    std::int64_t cpuNs = 0;
    for (const live::ProgramCost& cost : costs) {
        cpuNs += cost.time.value;
    }
    JsonText json;
    json.object().member("type", "summary");
    if (requests) {
        json.member("requests", *requests);
    }
    json.member("attempted", loss.attempted).member("emitted", loss.emitted);
    json.member("dropped", loss.dropped).member("lost_events", loss.missing());
    if (loss.truncated > 0) {
        json.member("truncated", loss.truncated);
    }
    if (loss.beforeAttach > 0) {
        json.member("before_attach", loss.beforeAttach);
    }
    json.member("cpu_ms", static_cast<double>(cpuNs) / 1e6).endObject();
    return json.take();
}

} // namespace prism
