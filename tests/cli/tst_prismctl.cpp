// SPDX-License-Identifier: GPL-3.0-or-later
// prismctl as scripts and people use it: exit statuses, tables on a terminal, completion, manual, export and
// back.
#include "prism_test_paths.h"
#include "tests/support/vllm_results.h"
#include "tests/support/vllm_snapshot.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <pty.h>
#include <sys/wait.h>
#include <tuple>
#include <unistd.h>

namespace {

const QString program = QStringLiteral(PRISM_BIN_DIR "/prismctl");

struct Ran {
    int status = -1;
    QString out;
    QString err;
};

Ran run(const QStringList& arguments, const QByteArray& input = {})
{
    QProcess process;
    process.start(program, arguments);
    process.write(input);
    process.closeWriteChannel();
    process.waitForFinished(60'000);
    return { process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
        QString::fromUtf8(process.readAllStandardOutput()),
        QString::fromUtf8(process.readAllStandardError()) };
}

/// What it prints on a terminal of so many columns.
QString onTerminal(const QStringList& arguments, int columns)
{
    winsize size {};
    size.ws_row = 40;
    size.ws_col = static_cast<unsigned short>(columns);
    int terminal = -1;
    QList<QByteArray> texts { program.toLocal8Bit() };
    for (const QString& argument : arguments) {
        texts << argument.toLocal8Bit();
    }
    QList<char*> argv;
    for (QByteArray& text : texts) {
        argv << text.data();
    }
    argv << nullptr;
    const pid_t pid = forkpty(&terminal, nullptr, nullptr, &size);
    if (pid == 0) {
        execv(argv[0], argv.data());
        _exit(127);
    }
    QByteArray out;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(terminal, buffer, sizeof buffer)) > 0;) {
        out.append(buffer, static_cast<qsizetype>(got));
    }
    waitpid(pid, nullptr, 0);
    close(terminal);
    return QString::fromUtf8(out).remove(QLatin1Char('\r'));
}

/// Options of a help text: "--db", "-q".
QStringList optionsOf(const QString& help)
{
    QStringList out;
    static const QRegularExpression line(QStringLiteral("^  (-[^ ]+)"), QRegularExpression::MultilineOption);
    for (auto it = line.globalMatch(help); it.hasNext();) {
        for (const QString& name : it.next().captured(1).split(QLatin1Char(','))) {
            out << name;
        }
    }
    return out;
}

const QStringList commands { QStringLiteral("import"), QStringLiteral("runs"), QStringLiteral("points"),
    QStringLiteral("requests"), QStringLiteral("show"), QStringLiteral("facets"), QStringLiteral("frontier"),
    QStringLiteral("export"), QStringLiteral("forget"), QStringLiteral("undo"), QStringLiteral("edit"),
    QStringLiteral("doctor"), QStringLiteral("completion") };

} // namespace

class PrismctlTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        m_results = m_dir.filePath(QStringLiteral("in"));
        m_database = m_dir.filePath(QStringLiteral("prism.db"));
        QVERIFY(QDir().mkpath(m_results));
        QCOMPARE(prism::test::writeVllmResults(
                     m_results, QStringLiteral("A-Model-With-A-Long-Name-8B-Instruct"), { 1, 2, 4 }),
            3);
        QCOMPARE(run(with({ "import", m_results })).status, 0);
    }

    void exitStatuses_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("status");
        const auto row = [&](const char* name, const QStringList& arguments, int status) {
            QTest::newRow(name) << arguments << status;
        };
        row("nothing", {}, 2);
        row("no such command", { "bogus" }, 2);
        row("no path", with({ "import" }), 2);
        row("no such importer", with({ "import", "--as", "nope", m_results }), 2);
        row("no such file", with({ "import", "/nowhere/x.json" }), 3);
        row("unchanged", with({ "import", m_results }), 0);
        row("condition without a value", with({ "points", "--where", "model" }), 2);
        row("limit that is none", with({ "points", "--limit", "foo" }), 2);
        row("axis that is no metric", with({ "frontier", "-x", "nope" }), 2);
        row("no such point", with({ "requests", "999" }), 1);
        row("no number", with({ "requests", "x" }), 2);
        row("nothing to forget", with({ "forget" }), 2);
        row("no such source", with({ "forget", "zzz" }), 1);
        row("no such format", with({ "export", "--format", "xml" }), 2);
        row("no such folder", with({ "export", "-o", "/nowhere/x.csv" }), 1);
        row("no such database", { "points", "--db", "/nowhere/x.db" }, 1);
        row("no database", { "points", "--db", program }, 1);
        row("version", { "--version" }, 0);
    }
    void exitStatuses()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, status);
        const Ran ran = run(arguments);
        QVERIFY2(ran.status == status, qPrintable(ran.out + ran.err));
        QVERIFY(status != 1 || ran.err.startsWith(QLatin1String("prismctl: ")));
        QVERIFY(!QDir(QStringLiteral("/nowhere")).exists()); // asking makes no folder
    }

    void aDatabaseThatIsNotThereIsNoEmptyAnswer()
    {
        const QString missing = m_dir.filePath(QStringLiteral("missing.db"));
        QVERIFY(run({ "points", "--db", missing, "--json" }).err.contains(QLatin1String("no such database")));
        QVERIFY(!QFile::exists(missing));
    }

    void standardInputIsAFile()
    {
        const QString database = m_dir.filePath(QStringLiteral("input.db"));
        const Ran ran = run({ "import", "--db", database, "--json", "-" },
            prism::test::vllmResult(QStringLiteral("org/m"), 8));
        QCOMPARE(ran.status, 0);
        QCOMPARE(QJsonDocument::fromJson(ran.out.toUtf8()).object()[QStringLiteral("outcome")].toString(),
            QStringLiteral("imported"));
    }

    /// A script follows an import while it runs: what is stored is told, though more is to come.
    void jsonLinesComeAsFilesAreStored()
    {
        constexpr int files = 540; // more than are stored in one go, and are read ahead
        const QString folder = m_dir.filePath(QStringLiteral("many"));
        QVERIFY(QDir().mkpath(folder));
        for (int i = 0; i < files; ++i) {
            QFile file(folder + QStringLiteral("/%1.json").arg(i));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(prism::test::vllmResult(QStringLiteral("org/m%1").arg(i), i + 1));
        }
        QProcess process;
        process.start(program,
            { QStringLiteral("import"), QStringLiteral("--db"), m_dir.filePath(QStringLiteral("many.db")),
                QStringLiteral("--json"), folder, QStringLiteral("-") });
        QVERIFY(process.waitForReadyRead(60'000)); // it waits for the rest of its standard input meanwhile
        QCOMPARE(process.state(), QProcess::Running);
        const QByteArray line = process.readLine();
        QCOMPARE(QJsonDocument::fromJson(line).object()[QStringLiteral("outcome")].toString(),
            QStringLiteral("imported"));
        process.closeWriteChannel();
        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.readAllStandardOutput().count('\n'), files); // and one of standard input
    }

    void aLimitSaysWhatItJudgesOtherwise()
    {
        const QString database = m_dir.filePath(QStringLiteral("weighted.db"));
        QCOMPARE(
            run({ "import", "--db", database, PRISM_TEST_DATA "/guidellm/concurrent-0.8.1.json" }).status, 0);
        for (const QString& limit : { QStringLiteral("ntpot:p99<=1e9"), QStringLiteral("ttft:p99<=1e9") }) {
            const bool otherwise = limit.startsWith(QLatin1Char('n'));
            const Ran table = run({ "points", "--db", database, "--limit", limit });
            QCOMPARE(table.out.contains(QStringLiteral("✓ †")), otherwise);
            QVERIFY(table.out.contains(QStringLiteral("✓")));
            QCOMPARE(table.err.contains(QLatin1String("NTPOT p99: token-weighted")), otherwise);
            for (const char* command : { "points", "runs" }) {
                const Ran json = run({ command, "--db", database, "--json", "--limit", limit });
                const QByteArray line = json.out.section(QLatin1Char('\n'), 0, 0).toUtf8();
                const QJsonArray others
                    = QJsonDocument::fromJson(line).object()[QStringLiteral("judged_otherwise")].toArray();
                QCOMPARE(others.size(), otherwise ? 1 : 0);
                QVERIFY(!otherwise
                    || others[0].toObject()[QStringLiteral("semantics")] == QLatin1String("token-weighted"));
            }
        }
        QVERIFY(!run({ "points", "--db", database }).out.contains(QStringLiteral("limit")));
    }

    /// The measurement between two snapshots is compared, not what the server counted since its start.
    void theFrontierNamesItsMeaning()
    {
        const QString folder = m_dir.filePath(QStringLiteral("snapshots"));
        QVERIFY(QDir().mkpath(folder));
        for (const auto& [name, requests, seconds] :
            { std::tuple("before.prom", 10, "2"), { "after.prom", 510, "102" } }) {
            QFile file(folder + QLatin1Char('/') + QLatin1String(name));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(QByteArray::fromStdString(prism::test::vllmSnapshot(requests, seconds)));
        }
        const QString database = m_dir.filePath(QStringLiteral("snapshots.db"));
        QCOMPARE(run({ "import", "--db", database, folder + QStringLiteral("/before.prom"),
                         folder + QStringLiteral("/after.prom") })
                     .status,
            0);
        const QStringList asked { "frontier", "--db", database, "-x", "ttft:p50", "-y", "requests_ok" };
        const Ran json = run(asked + QStringList { QStringLiteral("--json") });
        QCOMPARE(json.out.count(QLatin1Char('\n')), 1);
        const QJsonObject point = QJsonDocument::fromJson(json.out.toUtf8()).object();
        QCOMPARE(point[QLatin1String("y")].toDouble(), 500.0);
        QCOMPARE(point[QLatin1String("x_semantics")].toString(), QStringLiteral("from-buckets"));
        QVERIFY(!point.contains(QLatin1String("y_semantics")));
        const Ran table = run(asked);
        QVERIFY2(table.out.contains(QStringLiteral("TTFT p50 ms †")), qPrintable(table.out));
        QVERIFY2(table.err.contains(QStringLiteral("† TTFT p50 of every point here is by another meaning: "
                                                   "from-buckets")),
            qPrintable(table.err));
        QVERIFY2(table.err.contains(QLatin1String("2 points left out: the producer means something else")),
            qPrintable(table.err));
    }

    void everyAnswerIsJsonLines()
    {
        for (const QStringList& arguments : { QStringList { "import", m_results }, { "runs" }, { "points" },
                 { "facets" }, { "frontier" }, { "doctor" }, { "show", "1" }, { "requests", "1" } }) {
            const Ran ran = run(with(arguments) + QStringList { QStringLiteral("--json") });
            QCOMPARE(ran.status, 0);
            const QStringList lines = ran.out.split(QLatin1Char('\n'), Qt::SkipEmptyParts);
            QVERIFY(!lines.isEmpty());
            for (const QString& line : lines) {
                QVERIFY2(QJsonDocument::fromJson(line.toUtf8()).isObject(), qPrintable(line));
            }
        }
    }

    void tablesFitTheTerminal()
    {
        for (const int columns : { 60, 80, 120 }) {
            for (const QStringList& arguments :
                { QStringList { "points" }, { "runs" }, { "facets" }, { "frontier" }, { "requests", "1" } }) {
                const QString out = onTerminal(with(arguments), columns);
                for (const QString& line : out.split(QLatin1Char('\n'))) {
                    QVERIFY2(line.size() <= columns || line.startsWith(QLatin1String("Left out")),
                        qPrintable(out));
                }
            }
        }
        // Numbers people came for are there; what gave way is named.
        const QString narrow = onTerminal(with({ "points" }), 80);
        QVERIFY2(narrow.contains(QLatin1String("TTFT p99 ms")), qPrintable(narrow));
        QVERIFY2(narrow.contains(QLatin1String("Left out to fit the terminal: tool")), qPrintable(narrow));
        const QString piped = run(with({ "points" })).out;
        QVERIFY(piped.contains(QLatin1String("A-Model-With-A-Long-Name-8B-Instruct")));
        QVERIFY(!piped.contains(QLatin1String("Left out")));
    }

    void progressIsForTerminalsOnly()
    {
        const QString database = m_dir.filePath(QStringLiteral("progress.db"));
        const Ran piped = run({ "import", "--db", database, m_results });
        QVERIFY(piped.err.isEmpty());
        QVERIFY(!piped.out.contains(QChar(0x1b)));
        QVERIFY(piped.out.contains(QLatin1String("3 runs, 3 points, 12 requests"))
            || piped.out.contains(QLatin1String("1 run, 3 points, 12 requests")));
    }

    void theReportComesBackWithTheSameNumbers()
    {
        const QString report = m_dir.filePath(QStringLiteral("report.json"));
        const QString database = m_dir.filePath(QStringLiteral("back.db"));
        QCOMPARE(run(with({ "export", "--format", "benchmark-report", "-o", report })).status, 0);
        QCOMPARE(run({ "import", "--db", database, report }).status, 0);
        const QList<QMap<QString, double>> before = numbers(m_database);
        const QList<QMap<QString, double>> after = numbers(database);
        QCOMPARE(after.size(), before.size());
        for (qsizetype i = 0; i < before.size(); ++i) {
            QVERIFY(after[i].size() > 10);
            for (auto it = after[i].begin(); it != after[i].end(); ++it) {
                QVERIFY2(qFuzzyCompare(it.value(), before[i].value(it.key())), qPrintable(it.key()));
            }
        }
    }

    void theManualNamesEveryOption()
    {
        QFile file(QStringLiteral(PRISM_SOURCE_DIR "/packaging/man/prismctl.1"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QString manual = QString::fromUtf8(file.readAll());
        for (const QString& command : commands) {
            QVERIFY2(manual.contains(QRegularExpression(QStringLiteral("\\.It Cm ") + command)),
                qPrintable(command));
            for (const QString& option : optionsOf(run({ command, QStringLiteral("--help") }).out)) {
                const QString written = option.startsWith(QLatin1String("--"))
                    ? QStringLiteral("[, ]-%1\\b").arg(option.mid(2))
                    : QStringLiteral("Fl %1\\b").arg(option.mid(1));
                QVERIFY2(manual.contains(QRegularExpression(written)), qPrintable(command + ' ' + option));
            }
        }
    }

    void completionKnowsEveryCommand()
    {
        const QString bash = run({ "completion", "bash" }).out;
        const QString fish = run({ "completion", "fish" }).out;
        for (const QString& command : commands) {
            QVERIFY(bash.contains(QStringLiteral("    %1) words=").arg(command)));
            QVERIFY(fish.contains(QStringLiteral("__fish_use_subcommand -a %1 ").arg(command)));
        }
        QVERIFY(fish.contains(QLatin1String("-l format -x -a 'csv json benchmark-report'")));
        // An apostrophe in a description must not end the quotes.
        for (const QString& line : fish.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
            const QString bare = QString(line).remove(QStringLiteral("\\'"));
            QVERIFY2(bare.count(QLatin1Char('\'')) % 2 == 0, qPrintable(line));
        }
        QVERIFY(run({ "completion", "zsh" }).out.startsWith(QLatin1String("#compdef prismctl")));
        // The shell itself completes a command, an option and a choice.
        const QString ask = bash
            + QStringLiteral("try() { COMP_WORDS=(prismctl \"$@\"); COMP_CWORD=$#; _prismctl; echo "
                             "\"${COMPREPLY[*]}\"; }\n"
                             "try fron; try export --form; try export --format b\n");
        QProcess shell;
        shell.start(QStringLiteral("bash"), { QStringLiteral("-c"), ask });
        QVERIFY(shell.waitForFinished());
        QCOMPARE(QString::fromUtf8(shell.readAllStandardOutput()),
            QStringLiteral("frontier\n--format\nbenchmark-report\n"));
    }

private:
    QStringList with(QStringList arguments) const
    {
        arguments.insert(1, QStringLiteral("--db"));
        arguments.insert(2, m_database);
        return arguments;
    }

    /// Reported and derived numbers of each point, by metric and statistic.
    static QList<QMap<QString, double>> numbers(const QString& database)
    {
        QList<QMap<QString, double>> out;
        const QString lines = run({ "points", "--db", database, "--json" }).out;
        for (const QString& line : lines.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
            out.emplaceBack();
            for (const QJsonValue& m :
                QJsonDocument::fromJson(line.toUtf8()).object()[QStringLiteral("measures")].toArray()) {
                if (m[QStringLiteral("value")].isDouble()) {
                    out.back()[m[QStringLiteral("metric")].toString() + ':'
                        + m[QStringLiteral("stat")].toString()]
                        = m[QStringLiteral("value")].toDouble();
                }
            }
        }
        return out;
    }

    QTemporaryDir m_dir;
    QString m_results;
    QString m_database;
};

QTEST_GUILESS_MAIN(PrismctlTest)
#include "tst_prismctl.moc"
