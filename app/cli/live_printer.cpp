// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/live_printer.h"

#include "app/cli/live.h"
#include "app/cli/terminal.h"

#include "core/export/live_lines.h"
#include "core/live/limits.h"

#include <cstdio>
#include <ctime>
#include <span>

namespace prism::cli {

namespace {

/// "12:03:04.123", local time.
std::string clockText(std::optional<std::int64_t> unixNs)
{
    if (!unixNs) {
        return "–";
    }
    const std::time_t seconds = *unixNs / 1'000'000'000;
    std::tm local {};
    char text[32];
    localtime_r(&seconds, &local);
    const std::size_t size = std::strftime(text, sizeof text, "%H:%M:%S", &local);
    std::snprintf(
        text + size, sizeof text - size, ".%03d", static_cast<int>(*unixNs % 1'000'000'000 / 1'000'000));
    return text;
}

} // namespace

LivePrinter::LivePrinter(live::Session& session, const LiveOptions& options)
    : m_session(session)
    , m_options(options)
{
}

/// The one thing of ours that talks to the server is said, and why nothing comes of it.
void LivePrinter::metrics(const live::Target& target)
{
    const std::string text = !target.metricsProblem.empty() ? target.metricsProblem
        : target.metricsUrl.empty()                         ? std::string()
                                    : "Reading " + target.metricsUrl + " (--no-metrics leaves it out).";
    std::string& told = m_metrics[target.number];
    if (told != text && target.attached) {
        told = text;
        std::fprintf(stderr, "%s\n", printable(text).c_str());
    }
}

void LivePrinter::attached(const live::Status& status)
{
    for (const live::Target& target : status.targets) {
        if (status.phase == live::Phase::Live) {
            metrics(target);
        }
        if (!m_told.insert(target.number).second) {
            continue;
        }
        if (m_options.json) {
            std::printf("%s\n", attachedLine(target).c_str());
        } else {
            const std::string name
                = target.server.engine.empty() ? "the process" : printable(target.server.engine);
            const std::string pid
                = target.server.pid != 0 ? " (pid " + std::to_string(target.server.pid) + ")" : std::string();
            std::fprintf(stderr, "Attached to %s%s.\n", name.c_str(), pid.c_str());
        }
    }
}

void LivePrinter::tell(const live::Status& status, const live::Increment& news)
{
    if (news.skipped) {
        std::fprintf(stderr,
            "prismctl: so much came at once that some of it was forgotten before it could be "
            "printed; record to a file to have it all\n");
    }
    for (const live::ClockJump& jump : news.jumps) {
        std::fprintf(stderr, "prismctl: %s\n", jumpText(jump).c_str());
    }
    for (const live::ProcessFact& fact : news.processes) {
        if (const std::string text = changeText(fact); !text.empty()) {
            std::fprintf(stderr, "prismctl: %s\n", text.c_str());
        }
    }
    for (const live::ProbeFact& fact : news.probes) {
        const std::string hint = missingText(fact);
        if (!hint.empty() && m_hints.insert(hint).second) {
            std::fprintf(stderr, "prismctl: %s\n", hint.c_str());
        }
    }
    for (const live::Target& target : status.targets) {
        // What ended the session is told once, at its end.
        const std::string text = target.endReason == status.endReason ? std::string() : endText(target);
        if (!text.empty() && m_toldEnd.insert(target.number).second) {
            std::fprintf(stderr, "prismctl: %s\n", text.c_str());
        }
    }
}

void LivePrinter::requestLine(const live::Request& request)
{
    if (!m_head) {
        m_head = true;
        std::printf("%-12s %4s %9s %9s %9s %9s %6s %6s  request\n", "arrival", "code", "TTFT", "gap p50",
            "gap max", "E2E", "tokens", "events");
    }
    const auto ms = [](std::optional<Milliseconds> value) {
        return padLeft(millisecondsText(value ? std::optional(value->value) : std::nullopt), 9);
    };
    const auto count
        = [](std::optional<std::uint64_t> value) { return padLeft(value ? std::to_string(*value) : "–", 6); };
    std::string line = padLeft(clockText(m_session.unixTime(request.seen)), 12) + ' '
        + padLeft(request.status ? std::to_string(*request.status) : "–", 4) + ' ' + ms(request.ttft()) + ' '
        + ms(request.gapP50) + ' ' + ms(request.gapMax) + ' ' + ms(request.e2e()) + ' '
        + count(request.outputTokens) + ' ' + count(request.tokenEvents) + "  "
        + (request.path.empty() ? "(its line was not seen)"
                                : printable(request.method) + ' ' + printable(request.path));
    if (request.ended != live::Ended::Complete) {
        line += "  " + std::string(name(request.ended));
    }
    if (request.incomplete) {
        line += "  in part lost";
    }
    const auto limits = m_session.limits();
    for (std::size_t i = 0; i < limits.size(); ++i) {
        if ((request.broken >> i & 1u) != 0) {
            line += "  ! " + live::limitText(limits[i]);
        }
    }
    std::printf("%s\n", line.c_str());
}

void LivePrinter::documents(
    const live::Status& status, const live::Increment& news, std::span<const live::RequestPtr> ended)
{
    const auto limits = m_session.limits();
    for (const live::RequestPtr& request : ended) {
        const auto events = m_options.chunks ? m_session.events(request->id) : nullptr;
        m_untimed += m_options.chunks && request->events > 0 && (!events || events->cut) ? 1 : 0;
        std::printf("%s\n", prism::requestLine(*request, events.get(), limits).c_str());
    }
    const auto pidOf = [&status](live::TargetNumber number) {
        std::uint32_t pid = 0;
        for (const live::Target& target : status.targets) {
            pid = target.number == number ? target.server.pid : pid;
        }
        return pid;
    };
    for (const live::Step& step : news.steps) {
        std::printf("%s\n", iterationLine(step, pidOf(step.target)).c_str());
    }
    for (const live::ProcessFact& fact : news.processes) {
        if (!changeName(fact.change).empty()) {
            std::printf("%s\n", processLine(fact, pidOf(fact.target)).c_str());
        }
    }
    for (const live::EngineReading& reading : news.readings) {
        std::printf("%s\n", engineLine(reading, pidOf(reading.target)).c_str());
    }
}

void LivePrinter::print()
{
    const live::Status status = m_session.status();
    const live::Increment news = m_session.since(m_cursor);
    // Where limits changed, all come again; what was told stays as it was told.
    const std::uint64_t first = news.next.ended - news.ended.size();
    const std::size_t told = m_cursor.ended > first ? m_cursor.ended - first : 0;
    m_cursor = news.next;
    const std::span<const live::RequestPtr> ended = std::span(news.ended).subspan(told);
    attached(status);
    tell(status, news);
    if (m_options.json) {
        documents(status, news, ended);
    } else {
        for (const live::RequestPtr& request : ended) {
            requestLine(*request);
        }
    }
    std::fflush(stdout);
    m_session.taken(m_cursor);
}

void LivePrinter::percentiles(const std::string& title, const live::Sketch& sketch)
{
    if (sketch.count() > 0) {
        std::printf("%-20s p50 %s   p90 %s   p99 %s   max %s   (%llu)\n", title.c_str(),
            millisecondsText(sketch.percentile(50)).c_str(), millisecondsText(sketch.percentile(90)).c_str(),
            millisecondsText(sketch.percentile(99)).c_str(), millisecondsText(sketch.max()).c_str(),
            static_cast<unsigned long long>(sketch.count()));
    }
}

/// As they stand at the end: each may have been changed or taken back.
void LivePrinter::notes()
{
    live::Cursor anew = m_cursor;
    anew.marks = UINT64_MAX;
    const auto marks = m_session.since(anew).marks;
    for (const live::Mark& mark : marks.value_or(std::vector<live::Mark>())) {
        if (m_options.json) {
            std::printf("%s\n", noteLine(mark).c_str());
        } else {
            std::printf("%s note: %s\n", clockText(m_session.unixTime(mark.at)).c_str(),
                printable(mark.text).c_str());
        }
    }
}

void LivePrinter::finish()
{
    print();
    notes();
    if (m_untimed > 0) {
        std::fprintf(stderr, "prismctl: of %llu requests not every event's time was kept\n",
            static_cast<unsigned long long>(m_untimed));
    }
    const auto losses = m_session.lossTotals();
    const live::Status status = m_session.status();
    if (m_options.json) {
        for (const live::LossTotal& loss : losses) {
            if (live::saysLoss(loss)) {
                std::printf("%s\n", lossLine(loss).c_str());
            }
        }
        const bool seen = live::seesRequests(status);
        std::printf("%s\n",
            summaryLine(seen ? std::optional(status.requests) : std::nullopt, status.loss, m_session.costs())
                .c_str());
        std::fflush(stdout);
        return;
    }
    if (!live::seesRequests(status)) {
        std::printf("Requests were not seen: that takes tier 1.\n");
        return;
    }
    const live::Bucket total = m_session.total({ { 0 }, { INT64_MAX } });
    std::printf("%llu requests, %u failed, %llu token events\n",
        static_cast<unsigned long long>(status.requests), total.failed,
        static_cast<unsigned long long>(total.tokenEvents));
    percentiles("TTFT", total.ttft);
    percentiles("Gap between tokens", total.gap);
    percentiles("TPOT", total.tpot);
    percentiles("E2E", total.e2e);
    percentiles("Event-loop lag", total.lag);
    if (const auto limits = m_session.limits(); !limits.empty()) {
        std::string names;
        for (const SloLimit& limit : limits) {
            names += (names.empty() ? "" : ", ") + live::limitText(limit);
        }
        std::printf("%u requests held %s, %u broke a limit\n", total.holds, names.c_str(), total.breaks);
    }
    if (total.unseen) {
        std::printf("A server was not observed all the time: the numbers miss what it did then\n");
    }
    const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    const live::LossSum& loss = status.loss;
    if (loss.missing() > 0) {
        std::printf("%s: the numbers miss what the lost ones would have told\n", lossText(loss).c_str());
    }
    std::uint64_t unread = 0;
    for (const live::LossTotal& of : losses) {
        unread += of.reason == wire::LossReason::Parser ? of.bytes : 0;
    }
    if (unread > 0) {
        std::printf(
            "%llu bytes could not be read as HTTP: of clients that speak something else, or of what had "
            "begun before the attach\n",
            number(unread));
    }
    if (loss.truncated > 0) {
        std::printf("%llu writes were looked at in part: events in the rest of them are not counted\n",
            number(loss.truncated));
    }
    if (loss.beforeAttach > 0) {
        std::printf("%llu requests had begun before the attach: they have no arrival and no TTFT\n",
            number(loss.beforeAttach));
    }
}

} // namespace prism::cli
