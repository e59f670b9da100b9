// SPDX-License-Identifier: GPL-3.0-or-later
// The window at its two heaviest moments: while a folder of 1000 files is imported, and at its start with 10
// 000 runs. The longest time that one event holds the GUI thread is what a user feels as a stall.
#include "app/charts/chart_panel.h"
#include "app/charts/chart_view.h"
#include "app/intake/intake.h"
#include "app/shell/main_window.h"
#include "app/theme/theme.h"
#include "core/import/job.h"
#include "tests/support/own_folders.h"
#include "tests/support/vllm_results.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <vector>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;

/// Measures every event that the loop handles, those inside others as part of them.
class MeasuredApplication : public QApplication {
public:
    using QApplication::QApplication;

    bool notify(QObject* receiver, QEvent* event) override
    {
        const bool outermost = m_depth == 0;
        if (outermost) {
            m_clock.start();
        }
        ++m_depth;
        const bool done = QApplication::notify(receiver, event);
        --m_depth;
        if (outermost) {
            m_heldMs.push_back(static_cast<double>(m_clock.nsecsElapsed()) / 1e6);
        }
        return done;
    }
    std::vector<double> takeHeldMs() { return std::exchange(m_heldMs, {}); }

private:
    int m_depth = 0;
    QElapsedTimer m_clock;
    std::vector<double> m_heldMs;
};

void writeRuns(const QString& folder, int runs, const QList<int>& concurrencies)
{
    QDir().mkpath(folder);
    for (int run = 0; run < runs; ++run) {
        prism::test::writeVllmResults(folder, QStringLiteral("org/model-%1").arg(run), concurrencies);
    }
}

void importFolder(MeasuredApplication& application, const QString& root)
{
    const QString results = root + QStringLiteral("/results");
    writeRuns(results, 125, { 1, 2, 4, 8, 16, 32, 64, 128 });
    MainWindow window(root + QStringLiteral("/import.db"));
    window.resize(1440, 900);
    window.show();
    QElapsedTimer settle;
    for (settle.start(); settle.elapsed() < 500;) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
    }
    application.takeHeldMs();
    Intake intake;
    intake.paths = { results };
    QElapsedTimer whole;
    whole.start();
    window.import(intake);
    while (window.jobs().running() > 0 || window.chart().isBuilding()
        || window.workspace().table()->rows() < 1000) {
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
    }
    const double wall = static_cast<double>(whole.elapsed()) / 1e3;
    std::vector<double> held = application.takeHeldMs();
    std::sort(held.begin(), held.end());
    std::printf("folder of 1000 files: longest event %.1f ms (goal 50), second %.1f ms, %zu events, %.1f s\n",
        held.back(), held[held.size() - 2], held.size(), wall);
}

int start(const QString& root)
{
    const QString results = root + QStringLiteral("/many");
    writeRuns(results, 10'000, { 4 });
    ImportRequest request;
    request.database = (root + QStringLiteral("/many.db")).toStdString();
    request.paths = { results.toStdString() };
    ImportObserver silent;
    if (const auto done = runImport(request, silent); !done || done->runs != 10'000) {
        std::fprintf(stderr, "the import of 10 000 runs failed\n");
        return 1;
    }
    QElapsedTimer clock;
    clock.start();
    MainWindow window(QString::fromStdString(request.database));
    window.resize(1440, 900);
    window.show();
    while (!window.chart().chart() || window.chart().isBuilding()) {
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
    }
    window.grab();
    std::printf("window with 10 000 runs: %lld ms from its making to chart and table drawn (goal 800)\n",
        static_cast<long long>(clock.elapsed()));
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    MeasuredApplication application(argc, argv);
    Theme::current().apply(Theme::Choice::Light);
    const QTemporaryDir root;
    importFolder(application, root.path());
    return start(root.path());
}
