// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/live.h"
#include "app/cli/terminal.h"
#include "app/cli/top_screen.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace prism::cli {

namespace {

constexpr Nanoseconds longWindow { 10'000'000'000 };
/// Of a single screen: nobody waits ten seconds for it.
constexpr Nanoseconds shortWindow { 2'000'000'000 };
/// A clock that stands still on the other side does not keep a single screen back for longer.
constexpr auto mostWait = std::chrono::seconds(3);
constexpr int lookMs = 50;
constexpr int refreshMs = 500;

struct TopOptions {
    LiveOptions live;
    std::string target;
    bool once = false;
};

/// The terminal's second screen without echo and cursor; what was there before comes back.
class Screen {
public:
    Screen()
    {
        m_input = tcgetattr(STDIN_FILENO, &m_before) == 0;
        if (m_input) {
            termios raw = m_before;
            raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
            tcsetattr(STDIN_FILENO, TCSANOW, &raw);
        }
        put("\x1b[?1049h\x1b[?25l");
    }
    ~Screen()
    {
        put("\x1b[?25h\x1b[?1049l");
        if (m_input) {
            tcsetattr(STDIN_FILENO, TCSANOW, &m_before);
        }
    }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    void show(const std::vector<std::string>& lines)
    {
        // Line by line over what stands there: no flicker.
        std::string out = "\x1b[H";
        for (std::size_t i = 0; i < lines.size(); ++i) {
            out += lines[i] + "\x1b[K" + (i + 1 < lines.size() ? "\r\n" : "");
        }
        put(out + "\x1b[J");
    }
    static std::pair<std::size_t, std::size_t> size()
    {
        winsize size {};
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
            return { 80, 24 };
        }
        return { size.ws_col, size.ws_row };
    }
    /// Waits for a key; true when it asks to quit.
    bool quits(int milliseconds) const
    {
        pollfd polled { STDIN_FILENO, POLLIN, 0 };
        if (!m_input) {
            poll(nullptr, 0, milliseconds);
            return false;
        }
        char key = 0;
        return poll(&polled, 1, milliseconds) > 0 && ::read(STDIN_FILENO, &key, 1) == 1
            && (key == 'q' || key == 'Q');
    }

private:
    static void put(const std::string& text)
    {
        std::fwrite(text.data(), 1, text.size(), stdout);
        std::fflush(stdout);
    }
    termios m_before {};
    bool m_input = false;
};

class Watch {
public:
    Watch(live::Session& session, Nanoseconds window)
        : m_session(session)
        , m_window(window)
    {
    }
    TopView view(std::size_t rows)
    {
        TopView view;
        view.status = m_session.status();
        live::Increment news = m_session.since(m_cursor);
        m_cursor = news.next;
        m_recent.insert(m_recent.end(), news.ended.begin(), news.ended.end());
        const Nanoseconds until = observedUntil(view.status);
        // Buckets count as a whole: the window begins with one, and is as long as what it holds.
        const std::int64_t step = live::SeriesStore::finest.value;
        const Nanoseconds begin { ((until - m_window).value + step - 1) / step * step };
        const Nanoseconds from = std::max(begin, view.status.start);
        std::erase_if(
            m_recent, [from](const live::RequestPtr& r) { return r->end.value_or(r->seen) < from; });
        if (until > from) {
            view.seconds = toSeconds(until - from).value;
            view.window = m_session.total({ from, until + Nanoseconds { 1 } });
        }
        view.limits = m_session.limits();
        for (const live::EngineReading& reading : news.readings) {
            m_readings[reading.target] = reading;
        }
        view.readings = m_readings;
        for (const live::RequestPtr& request : news.running) {
            const auto gap = request->openGap(view.status.told);
            if (gap && request->role == live::ConnectionRole::Server) {
                view.runningGap = std::max(view.runningGap.value_or(gap->length()), gap->length());
            }
        }
        view.slowest = slowestOf(news.running, m_recent, view.status.now, rows);
        hear(news);
        view.note = noteOf(view.status);
        return view;
    }
    static bool full(const live::Status& status, Nanoseconds window)
    {
        return status.now - status.start >= window;
    }

private:
    struct Hint {
        std::optional<live::ProbeFact> fact;
        std::optional<std::uint32_t> stopped; ///< a process; absent as the fact is: of a clock
        std::string text;
    };
    static Nanoseconds observedUntil(const live::Status& status)
    {
        Nanoseconds until {};
        for (const live::Target& target : status.targets) {
            until = std::max(until, target.attached ? status.now : target.end.value_or(status.now));
        }
        return until;
    }
    void hear(const live::Increment& news)
    {
        for (const live::ProbeFact& fact : news.probes) {
            // The newest word on a probe counts: one that works again says nothing.
            std::erase_if(m_hints, [&fact](const Hint& hint) {
                return hint.fact && hint.fact->target == fact.target && hint.fact->name == fact.name
                    && (fact.name != live::leftProcess || hint.fact->hint == fact.hint);
            });
            if (std::string text = missingText(fact); !text.empty()) {
                m_hints.push_back({ fact, std::nullopt, std::move(text) });
            }
        }
        for (const live::ProcessFact& process : news.processes) {
            // Whatever else becomes of one that is stopped, it goes on.
            std::erase_if(m_hints, [&](const Hint& hint) { return hint.stopped == process.pid; });
            if (process.change == wire::ProcessChange::Exited) {
                std::erase_if(m_hints,
                    [&](const Hint& hint) { return hint.fact && live::isAbout(*hint.fact, process); });
            } else if (process.change == wire::ProcessChange::Stopped) {
                m_hints.push_back({ std::nullopt, process.pid, changeText(process) });
            }
        }
        for (const live::ClockJump& jump : news.jumps) {
            std::erase_if(m_hints, [](const Hint& hint) { return !hint.fact && !hint.stopped; });
            m_hints.push_back({ std::nullopt, std::nullopt, jumpText(jump) });
        }
    }
    std::string noteOf(const live::Status& status) const
    {
        if (!status.endReason.empty()) {
            return printable(status.endReason);
        }
        for (const live::Target& target : status.targets) {
            if (std::string text = endText(target); !text.empty()) {
                return text;
            }
        }
        return m_hints.empty() ? std::string() : m_hints.back().text;
    }

    live::Session& m_session;
    Nanoseconds m_window;
    live::Cursor m_cursor;
    std::vector<live::RequestPtr> m_recent;
    std::map<live::TargetNumber, live::EngineReading> m_readings;
    std::vector<Hint> m_hints; ///< the newest last, one a probe or process
};

bool isOver(const live::Status& status)
{
    return status.phase == live::Phase::Ended || !anyAttached(status);
}

void print(const std::vector<std::string>& lines)
{
    for (const std::string& line : lines) {
        std::printf("%s\n", line.c_str());
    }
}

/// One screen of a window that is full.
void once(live::Session& session, const std::stop_token& stop)
{
    Watch watch(session, shortWindow);
    const auto until = std::chrono::steady_clock::now() + mostWait;
    for (live::Status status = session.status(); !stop.stop_requested() && !isOver(status)
         && !Watch::full(status, shortWindow) && std::chrono::steady_clock::now() < until;
         status = session.status()) {
        poll(nullptr, 0, lookMs);
    }
    print(topScreen(watch.view(12), terminalWidth(), 24));
}

/// Until the user or the last target ends it; the last screen of the latter stays.
void refreshed(live::Session& session, const std::stop_token& stop)
{
    Watch watch(session, longWindow);
    std::vector<std::string> lines;
    {
        Screen screen;
        while (!stop.stop_requested()) {
            const auto [columns, rows] = Screen::size();
            const TopView view = watch.view(rows);
            lines = topScreen(view, columns, rows);
            screen.show(lines);
            if (isOver(view.status)) {
                break;
            }
            if (screen.quits(refreshMs)) {
                return;
            }
        }
    }
    if (isOver(session.status())) {
        lines.pop_back(); // says which key quits
        print(lines);
    }
}

int top(const TopOptions& options)
{
    StopOnSignal stop;
    auto session = connectLive(options.live, stop.token());
    if (!session) {
        return fail(session.error());
    }
    if (const auto attached = attachAll(**session, options.target, options.live, stop.token()); !attached) {
        return fail(attached.error());
    }
    if (options.once || !standardOutputIsTerminal()) {
        once(**session, stop.token());
    } else {
        refreshed(**session, stop.token());
    }
    const live::Status status = (*session)->status();
    if (!isOver(status)) {
        detachAll(**session);
        return Done;
    }
    if (!status.endReason.empty()) {
        std::fprintf(stderr, "prismctl: %s\n", printable(status.endReason).c_str());
    }
    for (const live::Target& target : status.targets) {
        if (const std::string text = endText(target); !text.empty() && target.endReason != status.endReason) {
            std::fprintf(stderr, "prismctl: %s\n", text.c_str());
        }
    }
    return JobFailed;
}

} // namespace

void addLiveTop(CLI::App& live, int& exit)
{
    auto options = std::make_shared<TopOptions>();
    CLI::App* command
        = live.add_subcommand("top", "Show a server's requests and latencies, refreshed in place");
    addHelper(*command, options->live, true);
    addLimits(*command, options->live);
    command->add_option(
        "TARGET", options->target, "A PID or :PORT (default: the only server of the machine)");
    addWays(*command, options->live);
    addTargets(*command, options->live);
    command->add_flag("--once", options->once, "Look for two seconds, print one screen and end");
    command->callback([options, &exit] { exit = mayBeTarget(options->target) ? top(*options) : WrongUsage; });
}

} // namespace prism::cli
