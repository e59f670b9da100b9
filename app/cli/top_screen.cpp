// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/top_screen.h"

#include "app/cli/live.h"
#include "app/cli/terminal.h"

#include "core/live/limits.h"

#include <algorithm>
#include <cstdio>

namespace prism::cli {

namespace {

/// Cuts at a character, not within one.
std::string fitted(std::string text, std::size_t width)
{
    while (displayWidth(text) > width) {
        do {
            text.pop_back();
        } while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80);
        if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0xc0) {
            text.pop_back();
        }
    }
    return text;
}

std::string number(double value, const char* format = "%.1f")
{
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, format, value);
    return buffer;
}

std::string headLine(const TopView& view)
{
    std::string out;
    for (const live::Target& target : view.status.targets) {
        const std::string engine = target.server.engine.empty() ? "process" : target.server.engine;
        out += (out.empty() ? "" : " + ") + printable(engine);
        out += target.server.engineVersion.empty() ? "" : " " + printable(target.server.engineVersion);
        out += target.server.model.empty() ? "" : "  " + printable(target.server.model);
        out += target.server.pid != 0 ? "  pid " + std::to_string(target.server.pid) : "";
        for (const std::uint16_t port : target.server.ports) {
            out += " :" + std::to_string(port);
        }
        out += target.attached ? "" : " (gone)";
    }
    return out.empty() ? "nothing is attached" : out;
}

std::string costLine(const TopView& view)
{
    const double cores = view.status.probeCores + view.status.helperCores;
    return "probing " + number(100 * cores, "%.2f") + " % of a core (helper "
        + number(100 * view.status.helperCores, "%.2f") + " %), "
        + lossText(view.status.loss, view.window.lost > 0) + ", "
        + std::to_string(view.status.recordsPerSecond) + "/s";
}

/// How many of the window's requests held the limits; empty without limits.
std::string limitsLine(const TopView& view)
{
    std::string names;
    for (const SloLimit& limit : view.limits) {
        names += (names.empty() ? "limits " : ", ") + live::limitText(limit);
    }
    const std::uint32_t judged = view.window.holds + view.window.breaks;
    return names.empty() ? names
                         : names + ": " + std::to_string(view.window.holds) + " of " + std::to_string(judged)
            + " held, ! broke one";
}

/// What the server itself reports, or why it reports nothing; empty when nobody asked it.
std::string engineLine(const TopView& view, const live::Target& target)
{
    const std::string title = "/metrics        ";
    const auto found = view.readings.find(target.number);
    if (!target.metricsProblem.empty() || found == view.readings.end()) {
        return target.metricsProblem.empty() ? std::string() : title + printable(target.metricsProblem);
    }
    const live::EngineReading& r = found->second;
    std::string out = title;
    const auto add = [&out](const char* name, std::optional<double> value, double factor, const char* format,
                         const char* unit) {
        if (value) {
            out += std::string(name) + ' ' + number(*value * factor, format) + unit + "   ";
        }
    };
    add("running", r.running, 1, "%.0f", "");
    add("waiting", r.waiting, 1, "%.0f", "");
    add("KV cache", r.kvUsage, 100, "%.1f", " %");
    add("prompt", r.promptTokensPerSecond, 1, "%.1f", " tok/s");
    add("output", r.generationTokensPerSecond, 1, "%.1f", " tok/s");
    add("prefix hits", r.prefixHitRate, 100, "%.1f", " %");
    if (r.preemptions && *r.preemptions > 0) {
        add("preempted", r.preemptions, 1, "%.0f", "");
    }
    return out;
}

/// `running`: what may be longer than all that have ended.
std::string statisticsLine(
    const char* title, const live::Sketch& sketch, std::optional<Milliseconds> running = std::nullopt)
{
    std::optional<double> longest = sketch.max();
    if (running && running->value > longest.value_or(0)) {
        longest = running->value;
    }
    const auto cell = [](std::optional<double> value) { return padLeft(millisecondsText(value), 12); };
    std::string out = title;
    out.resize(16, ' ');
    out += cell(sketch.percentile(50)) + cell(sketch.percentile(90)) + cell(sketch.percentile(99));
    return out + cell(longest) + padLeft(std::to_string(sketch.count()), 10);
}

std::string requestLine(const live::Request& request, const live::Status& status)
{
    const auto ms = [](std::optional<Milliseconds> value) {
        return padLeft(millisecondsText(value ? std::optional(value->value) : std::nullopt), 11);
    };
    const Milliseconds age
        = toMilliseconds(request.end.value_or(std::max(status.now, request.seen)) - request.seen);
    std::optional<Milliseconds> gap = request.gapMax;
    if (const auto open = request.openGap(status.told); open && (!gap || open->length() > *gap)) {
        gap = open->length();
    }
    for (const live::Gap& slow : request.slowestGaps) {
        gap = !gap || slow.length() > *gap ? slow.length() : *gap;
    }
    std::string state = request.running() ? "running" : std::string(name(request.ended));
    state += request.broken != 0 ? " !" : "";
    state.resize(14, ' ');
    return padLeft(std::to_string(request.id), 8) + ms(age) + ms(request.ttft()) + ms(gap)
        + padLeft(std::to_string(request.tokenEvents), 8) + "  " + state + printable(request.path);
}

} // namespace

std::vector<live::RequestPtr> slowestOf(const std::vector<live::RequestPtr>& running,
    const std::vector<live::RequestPtr>& ended, Nanoseconds now, std::size_t most)
{
    std::vector<live::RequestPtr> all = running;
    all.insert(all.end(), ended.begin(), ended.end());
    const auto age
        = [now](const live::RequestPtr& r) { return r->end.value_or(std::max(now, r->seen)) - r->seen; };
    std::stable_sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return age(a) > age(b); });
    all.resize(std::min(all.size(), most));
    return all;
}

std::vector<std::string> topScreen(const TopView& view, std::size_t width, std::size_t height)
{
    const live::Bucket& w = view.window;
    const auto rate = [&view](std::uint32_t count) {
        return view.seconds > 0 ? number(count / view.seconds) + "/s" : std::string("–");
    };
    std::vector<std::string> lines { headLine(view), costLine(view), "",
        "in flight " + std::to_string(view.status.inFlight) + "   requests " + rate(w.ended)
            + "   token events " + rate(w.tokenEvents) + "   failed " + std::to_string(w.failed) + "   last "
            + number(view.seconds, view.seconds < 10 ? "%.1f" : "%.0f") + " s",
        limitsLine(view),
        std::string(16, ' ') + padLeft("p50", 12) + padLeft("p90", 12) + padLeft("p99", 12)
            + padLeft("max", 12) + padLeft("count", 10),
        statisticsLine("TTFT", w.ttft), statisticsLine("Token gap (ITL)", w.gap, view.runningGap),
        statisticsLine("E2E", w.e2e), statisticsLine("Event-loop lag", w.lag), "",
        padLeft("request", 8) + padLeft("age", 11) + padLeft("TTFT", 11) + padLeft("max gap", 11)
            + padLeft("events", 8) + "  state         path" };
    if (!live::seesRequests(view.status)) {
        lines.erase(lines.begin() + 3, lines.end());
        lines.emplace_back("Requests are not seen: that takes tier 1.");
        lines.emplace_back();
    }
    if (w.unseen) {
        lines[2] = "! A server was not observed in all of this time: counts and rates miss what it did then.";
    }
    if (!view.note.empty()) {
        lines[2] = "! " + view.note;
    }
    for (const live::Target& target : view.status.targets) {
        if (std::string line = engineLine(view, target); !line.empty()) {
            lines.insert(lines.begin() + 4, std::move(line));
        }
    }
    for (const live::RequestPtr& request : view.slowest) {
        lines.push_back(requestLine(*request, view.status));
    }
    const std::string foot = "q quits";
    lines.resize(std::min(lines.size(), height > 0 ? height - 1 : 0));
    lines.resize(height > 0 ? height - 1 : 0);
    lines.push_back(foot);
    for (std::string& line : lines) {
        line = fitted(std::move(line), width);
    }
    return lines;
}

} // namespace prism::cli
