// SPDX-License-Identifier: GPL-3.0-or-later
// A parser that was taken over behind the real window: it dies, floods, lies or says nothing. The window
// stays alive and names the file, the database is whole, and the next file is imported. What each of its lies
// costs the job is core/import/tst_lying_parser.
#include "app/jobs/job_model.h"
#include "app/jobs/jobs_pane.h"
#include "app/shell/main_window.h"
#include "core/store/store.h"
#include "tests/support/lying_once.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"
#include "tests/support/vllm_results.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QToolButton>
#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;
constexpr int patienceMs = 120'000;

} // namespace

class TestHostileParser : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<MainWindow> m_window;

    QString path(const QString& name) const { return m_dir->filePath(name); }

    /// The first parser that is started lies; those behind it are the real one.
    void becomeLiar(const QByteArray& lie)
    {
        QFile script(path(QStringLiteral("parser")));
        QVERIFY(script.open(QIODevice::WriteOnly));
        script.write(QByteArray::fromStdString(
            prism::test::lyingOnce(lie.toStdString(), path(QStringLiteral("once")).toStdString())));
        script.close();
        script.setPermissions(QFile::ReadOwner | QFile::ExeOwner);
        qputenv("PRISM_IMPORT_CHILD", QFile::encodeName(script.fileName()));
    }

    QString write(const QString& name, int concurrency) const
    {
        QFile out(path(name));
        if (!out.open(QIODevice::WriteOnly)) {
            qFatal("no folder to write into");
        }
        out.write(prism::test::vllmResult(QStringLiteral("org/model"), concurrency));
        return out.fileName();
    }

    /// The next file is imported by the same window, into a database in which every page is in order.
    void theNextFileIsImported()
    {
        m_window->import({ { write(QStringLiteral("b.json"), 2) }, {} });
        QTRY_VERIFY_WITH_TIMEOUT(
            m_window->workspace().table() && m_window->workspace().table()->rows() == 1, patienceMs);
        QVERIFY(!m_window->grab().isNull());
        auto reader = StoreReader::open(path(QStringLiteral("prism.db")).toStdString());
        QVERIFY(reader);
        const auto whole = (*reader)->check();
        QVERIFY2(whole, whole ? "" : whole.error().text().c_str());
        const auto sources = (*reader)->sources();
        QVERIFY(sources);
        QCOMPARE(sources->size(), std::size_t(1));
        QCOMPARE(QString::fromStdString(sources->front().path), path(QStringLiteral("b.json")));
    }

private Q_SLOTS:
    void init()
    {
        prism::test::failOnQtWarnings();
        m_dir = std::make_unique<QTemporaryDir>();
        m_window = std::make_unique<MainWindow>(path(QStringLiteral("prism.db")));
        m_window->resize(1280, 800);
        m_window->show();
    }
    void cleanup()
    {
        m_window.reset();
        qunsetenv("PRISM_IMPORT_CHILD");
    }

    void itCostsItsFile_data()
    {
        QTest::addColumn<QString>("told");
        const auto row = [](const char* lie, const char* told) { QTest::newRow(lie) << told; };
        row("dies", "ended with status 3");
        row("is killed", "was killed");
        row("dies within a frame", "ended with status 0");
        row("floods with warnings", "more warnings than a file can earn");
        row("warns at length", "more warnings than a file can earn");
        row("floods with names", "too many properties");
        row("frame too long", "a frame that does not exist");
        row("nonsense", "rows that make no sense");
        row("more rows than there are", "rows that make no sense");
        row("a producer that cannot be", "a producer that cannot be one");
        row("lies and speaks for the next", "frames in an order that is none");
    }
    void itCostsItsFile()
    {
        QFETCH(QString, told);
        becomeLiar(QTest::currentDataTag());
        qint64 longestMs = 0; // that the window's event loop stood still, while the parser did what it does
        QElapsedTimer sinceTurn;
        QTimer alive;
        connect(
            &alive, &QTimer::timeout, this, [&] { longestMs = std::max(longestMs, sinceTurn.restart()); });
        sinceTurn.start();
        alive.start(0);
        m_window->import({ { write(QStringLiteral("a.json"), 1) }, {} });
        QVERIFY(m_window->jobs().running() == 1);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->jobs().running(), 0, patienceMs);
        QVERIFY2(longestMs < 2000, qPrintable(QString::number(longestMs)));
        QCOMPARE(m_window->jobs().jobAt(0)->state(), ImportJob::State::Done);
        // What became of it is in view, with its name, without a click.
        QVERIFY(m_window->jobsPane().isVisible());
        const QString text = m_window->jobsPane().detailsText();
        QVERIFY2(text.contains(path(QStringLiteral("a.json"))) && text.contains(told), qPrintable(text));
        QVERIFY2(text.contains(QStringLiteral("1 refused")), qPrintable(text));
        theNextFileIsImported();
    }

    /// It is given minutes, for a file may be large; the user need not wait for them.
    void aSilentOneIsCancelled()
    {
        becomeLiar("hangs after rows");
        m_window->import({ { write(QStringLiteral("a.json"), 1) }, {} });
        QTRY_VERIFY_WITH_TIMEOUT(m_window->jobs().jobAt(0)->progress().rows > 0, patienceMs);
        QVERIFY(!m_window->grab().isNull());
        auto* cancel = m_window->findChild<QToolButton*>(QStringLiteral("cancelJob"));
        QVERIFY(cancel && cancel->isVisible());
        cancel->click();
        QTRY_COMPARE_WITH_TIMEOUT(m_window->jobs().running(), 0, patienceMs);
        QCOMPARE(m_window->jobs().jobAt(0)->state(), ImportJob::State::Cancelled);
        theNextFileIsImported();
    }
};

QTEST_MAIN(TestHostileParser)
#include "tst_hostile_parser.moc"
