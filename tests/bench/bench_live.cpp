// SPDX-License-Identifier: GPL-3.0-or-later
// What the Live perspective costs while it follows a server at 20 000 token events a second: the stream comes
// over a socket as from a helper. Prints one line; ends with 1 when a limit is broken.
// bench_live [--seconds N] [--requests R] [--tokens T] [--show]
#include "app/live/live_perspective.h"
#include "app/live/request_table.h"
#include "app/selection/workspace.h"
#include "app/shell/main_window.h"
#include "app/theme/theme.h"
#include "tests/support/fake_helper.h"
#include "tests/support/simulated_server.h"

#include <QApplication>
#include <QTemporaryDir>
#include <QTimer>

#include <ctime>

using namespace prism;
using namespace prism::app;

namespace {

double secondsOf(clockid_t clock)
{
    timespec t {};
    clock_gettime(clock, &t);
    return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

std::int64_t monotonicNs()
{
    timespec t {};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return std::int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

double argument(const QStringList& arguments, const QString& name, double fallback)
{
    const qsizetype at = arguments.indexOf(name);
    return at >= 0 && at + 1 < arguments.size() ? arguments[at + 1].toDouble() : fallback;
}

live::FoundServer server()
{
    live::FoundServer found;
    found.pid = 48213;
    found.user = "inference";
    found.engine = "vllm";
    found.engineVersion = "0.11.0";
    found.model = "Llama-3.1-8B-Instruct";
    found.ports = { 8000 };
    found.accelerators = { "GPU 0 H100" };
    found.role = "server";
    found.tiers
        = { { 0, true, {}, {} }, { 1, true, {}, {} }, { 2, false, "this version has no uprobes", {} } };
    return found;
}

} // namespace

int main(int argc, char** argv)
{
    QTemporaryDir own;
    qputenv("XDG_CONFIG_HOME", own.path().toUtf8());
    if (!qEnvironmentVariableIsSet("DISPLAY")) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    QApplication application(argc, argv);
    const QStringList arguments = QApplication::arguments();
    Theme::current().apply(
        arguments.contains(QStringLiteral("--light")) ? Theme::Choice::Light : Theme::Choice::Dark);
    const double seconds = argument(arguments, QStringLiteral("--seconds"), 10);
    test::SimulatedServer::Load load;
    load.requestsPerSecond = argument(arguments, QStringLiteral("--requests"), 100);
    load.tokens = unsigned(argument(arguments, QStringLiteral("--tokens"), 200));

    test::FakeHelper helper;
    helper.setServers({ server() });
    const std::int64_t start = monotonicNs() - 40'000'000'000; // a window full of the past
    live::Target target = helper.target();
    target.start = { start };
    helper.setTarget(target);
    qputenv("PRISM_HELPER", QByteArray::fromStdString(helper.socket()));
    test::SimulatedServer simulated(load, start);

    MainWindow window(own.filePath(QStringLiteral("live.db")));
    window.resize(1440, 900);
    window.show();
    window.setPerspective(MainWindow::Perspective::Live);
    window.workspace().setSlo({ { findMetric("ttft"), Stat::percentile(99), 300 },
                                  { findMetric("itl"), Stat::percentile(99), 100 } },
        true);
    auto session = live::Session::connect(helper.address());
    const auto servers = (*session)->servers();
    const auto attached = (*session)->attach({ 48213, 0, { 0, 1 }, true });
    if (!attached) {
        std::fprintf(stderr, "%s\n", attached.error().text().c_str());
        return 1;
    }
    window.live().session().adopt(std::move(*session));

    std::atomic<bool> stop = false;
    std::atomic<double> generator = 0; // its own CPU time
    std::thread feed([&] {
        std::int64_t told = start;
        while (!stop) {
            const std::int64_t now = monotonicNs();
            while (told < now) { // in frames of a helper's size
                told = std::min(now, told + 20'000'000);
                helper.send(simulated.until(told));
            }
            generator = secondsOf(CLOCK_THREAD_CPUTIME_ID);
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    });
    int frames = 0;
    QObject::connect(&window.live().timeline(), &TimelineView::painted, [&frames] { ++frames; });
    double gui = 0, all = 0, fed = 0, wall = 0;
    std::uint64_t tokens = 0;
    QTimer::singleShot(3'000, [&] { // the past is taken over first
        gui = secondsOf(CLOCK_THREAD_CPUTIME_ID);
        all = secondsOf(CLOCK_PROCESS_CPUTIME_ID);
        fed = generator;
        wall = secondsOf(CLOCK_MONOTONIC);
        frames = 0;
        tokens = simulated.tokenEvents();
    });
    qint64 behind = 0;
    QTimer look;
    QObject::connect(&look, &QTimer::timeout, [&] { behind = std::max(behind, window.live().behindMs()); });
    look.start(500);
    const bool stay = arguments.contains(QStringLiteral("--show"));
    if (!stay) {
        QTimer::singleShot(int(3'000 + seconds * 1'000), &application, &QCoreApplication::quit);
    }
    QApplication::exec();
    const double took = secondsOf(CLOCK_MONOTONIC) - wall;
    const double guiShare = (secondsOf(CLOCK_THREAD_CPUTIME_ID) - gui) / took;
    const double allShare = (secondsOf(CLOCK_PROCESS_CPUTIME_ID) - all - (generator - fed)) / took;
    std::printf(
        "token events/s %.0f  frames/s %.1f  GUI thread %.1f %%  window and session %.1f %% of a core  "
        "screen at most %lld ms behind  in flight %llu\n",
        double(simulated.tokenEvents() - tokens) / took, frames / took, guiShare * 100, allShare * 100,
        static_cast<long long>(behind),
        static_cast<unsigned long long>(window.live().session().status().inFlight));
    stop = true;
    feed.join();
    return allShare <= 0.25 && behind <= 100 ? 0 : 1;
}
