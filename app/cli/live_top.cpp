// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/live.h"
#include "app/cli/terminal.h"
#include "app/cli/top_screen.h"

#include <algorithm>
#include <cstdio>

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace prism::cli {

namespace {

constexpr Nanoseconds window { 10'000'000'000 };
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
    explicit Watch(live::Session& session)
        : m_session(session)
    {
    }
    TopView view(std::size_t rows)
    {
        TopView view;
        view.status = m_session.status();
        live::Increment news = m_session.since(m_cursor);
        m_cursor = news.next;
        m_recent.insert(m_recent.end(), news.ended.begin(), news.ended.end());
        const Nanoseconds from = view.status.now - window;
        std::erase_if(
            m_recent, [from](const live::RequestPtr& r) { return r->end.value_or(r->seen) < from; });
        view.seconds = toSeconds(window).value;
        view.window = m_session.total({ from, view.status.now + Nanoseconds { 1 } });
        view.limits = m_session.limits();
        for (const live::EngineReading& reading : news.readings) {
            m_readings[reading.target] = reading;
        }
        view.readings = m_readings;
        view.slowest = slowestOf(news.running, m_recent, view.status.now, rows);
        return view;
    }

private:
    live::Session& m_session;
    live::Cursor m_cursor;
    std::vector<live::RequestPtr> m_recent;
    std::map<live::TargetNumber, live::EngineReading> m_readings;
};

int top(const TopOptions& options)
{
    StopOnSignal stop;
    auto session = connectLive(options.live, stop.token());
    if (!session) {
        return fail(session.error());
    }
    const auto target = attachLive(**session, options.target, options.live, { 0, 1 }, stop.token());
    if (!target) {
        return fail(target.error());
    }
    Watch watch(**session);
    std::string reason;
    if (options.once || !standardOutputIsTerminal()) {
        poll(nullptr, 0, refreshMs);
        for (const std::string& line : topScreen(watch.view(12), terminalWidth(), 24)) {
            std::printf("%s\n", line.c_str());
        }
    } else {
        Screen screen;
        while (!stop.token().stop_requested()) {
            const auto [columns, rows] = Screen::size();
            const TopView view = watch.view(rows);
            screen.show(topScreen(view, columns, rows));
            reason = view.status.endReason;
            if (screen.quits(refreshMs) || view.status.phase == live::Phase::Ended) {
                break;
            }
        }
    }
    if ((*session)->status().phase == live::Phase::Live) {
        (void)(*session)->detach(target->number);
    } else if (!reason.empty()) {
        std::fprintf(stderr, "prismctl: %s\n", reason.c_str());
        return JobFailed;
    }
    return Done;
}

} // namespace

void addLiveTop(CLI::App& live, int& exit)
{
    auto options = std::make_shared<TopOptions>();
    CLI::App* command
        = live.add_subcommand("top", "Show a server's requests and latencies, refreshed in place");
    command->add_option(
        "--helper", options->live.helper, "The helper's socket or program, ssh:HOST, or none");
    addLimits(*command, options->live);
    command->add_option(
        "TARGET", options->target, "A PID or :PORT (default: the only server of the machine)");
    addWays(*command, options->live);
    command->add_flag("--once", options->once, "Print one screen and end");
    command->callback([options, &exit] {
        if (!options->target.empty() && !isTarget(options->target)) {
            std::fprintf(stderr, "prismctl: name a PID or :PORT\n");
            exit = WrongUsage;
            return;
        }
        exit = top(*options);
    });
}

} // namespace prism::cli
