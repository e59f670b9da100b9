// SPDX-License-Identifier: GPL-3.0-or-later
// A parser that was taken over tries every way out of its fences that we can think of, behind each fence that
// claims to hold it, and behind all of them. Without any it comes through: otherwise it would prove nothing.
#include "core/import/child/fences.h"
#include "core/import/child_process.h"
#include "core/import/job.h"
#include "prism_test_paths.h"
#include "tests/support/vllm_results.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

#include <sys/resource.h>
#include <unistd.h>

using namespace prism;

namespace {

const QString evilParser = QStringLiteral(PRISM_BIN_DIR "/../tests/evil_parser");
const QString evilParserAsBuilt = QStringLiteral(PRISM_BIN_DIR "/../tests/evil_parser_as_built");

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

/// Which fences hold an attempt each by itself; all of them together hold every one.
enum Holds : unsigned { Together = 0, Paths = 1, Calls = 2, Resources = 4 };
/// What the attempt does without fences depends on the system's own settings.
constexpr bool dependsOnSystem = true;
/// A sanitizer reserves terabytes, so that addresses are not limited with one.
constexpr bool aboutMemory = true;

struct Row {
    const char* attempt;
    unsigned holds;
    bool system = false;
    bool memory = false;
};

const Row rows[] = {
    { "open", Paths | Calls },
    { "open-proc", Paths | Calls },
    { "open-by-openat2", Paths | Calls, dependsOnSystem },
    { "list", Paths | Calls },
    { "stat", Calls },
    { "create", Paths | Calls },
    { "overwrite", Paths | Calls },
    { "truncate", Calls },
    { "unlink", Paths | Calls },
    { "rename", Paths | Calls },
    { "mkdir", Paths | Calls },
    { "link", Calls },
    { "symlink", Paths | Calls },
    { "fifo", Paths | Calls },
    { "chmod", Calls },
    { "memory-file", Calls },
    { "exec", Paths | Calls },
    { "become-program", Paths | Calls },
    { "fork", Calls },
    { "clone", Calls },
    { "clone3", Calls, dependsOnSystem },
    { "socket", Calls },
    { "socket-unix", Calls },
    { "socket-netlink", Calls, dependsOnSystem },
    { "socketpair", Calls },
    { "connect", Calls },
    { "send-descriptor", Calls },
    { "send-to-job", Calls },
    { "ptrace-parent", Calls, dependsOnSystem },
    { "read-parent", Calls, dependsOnSystem },
    { "kill-parent", Calls },
    { "tgkill-parent", Calls },
    { "pidfd-parent", Calls, dependsOnSystem },
    { "limit-parent", Calls },
    { "write-terminal", Calls },
    { "write-input", Calls },
    { "pwrite-input", Calls },
    { "writev-input", Calls },
    { "truncate-input", Calls },
    { "map-input", Calls },
    { "splice-input", Calls },
    { "what-was-left-open", Resources },
    { "ioctl", Calls },
    { "memory", Resources, false, aboutMemory },
    { "memory-in-pieces", Resources, false, aboutMemory },
    { "memory-after-raising-its-limit", Resources, false, aboutMemory },
    { "executable-memory", Calls },
    { "make-memory-executable", Calls },
    { "more-descriptors", Resources },
    { "outlive-parent", Calls },
    { "be-dumped", Calls },
    { "become-root", Together, dependsOnSystem },
    { "unshare", Calls, dependsOnSystem },
    { "chroot", Calls, dependsOnSystem },
    { "mount", Calls, dependsOnSystem },
    { "io-uring", Calls, dependsOnSystem },
    { "userfaultfd", Calls, dependsOnSystem },
    { "bpf", Calls, dependsOnSystem },
    { "perf-event", Calls, dependsOnSystem },
    { "keyring", Calls, dependsOnSystem },
    { "old-call", Calls, dependsOnSystem },
};

constexpr int failed = 0;
constexpr int cameThrough = 10;
constexpr int notHere = 77;

} // namespace

class FencesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        QFile old(m_dir->filePath(QStringLiteral("old")));
        QVERIFY(old.open(QIODevice::WriteOnly));
        old.write(QByteArray(8192, 'o'));
    }

    void attemptFails_data()
    {
        QTest::addColumn<QString>("program");
        QTest::addColumn<QString>("fences");
        QTest::addColumn<QString>("attempt");
        for (const Row& row : rows) {
            addRow(evilParser, "all", row.attempt);
            if (sanitized && !row.memory) {
                addRow(evilParserAsBuilt, "all", row.attempt);
            }
            for (const auto& [fence, name] :
                { std::pair(Paths, "paths"), std::pair(Calls, "calls"), std::pair(Resources, "resources") }) {
                if (row.holds & fence) {
                    addRow(evilParser, name, row.attempt);
                }
            }
        }
    }
    void attemptFails()
    {
        QFETCH(QString, program);
        QFETCH(QString, fences);
        QFETCH(QString, attempt);
        const Ended outcome = attemptBehind(program, fences, attempt);
        if (outcome.status == notHere) {
            QSKIP("this kernel has no Landlock");
        }
        QVERIFY2(outcome.killedBySystemCall || outcome.status == failed, qPrintable(outcome.text));
        QVERIFY(intact());
    }

    void attemptComesThroughWithoutFences_data()
    {
        QTest::addColumn<QString>("attempt");
        for (const Row& row : rows) {
            if (!row.system) {
                QTest::newRow(row.attempt) << row.attempt;
            }
        }
    }
    void attemptComesThroughWithoutFences()
    {
        QFETCH(QString, attempt);
        const Ended outcome = attemptBehind(evilParser, QStringLiteral("none"), attempt);
        QVERIFY2(outcome.status == cameThrough, qPrintable(outcome.text));
    }

    void theRealOneSaysWhatFencesItIn()
    {
        auto child = ChildProcess::start(PRISM_BIN_DIR "/prism-import");
        QVERIFY(child);
        for (int looks = 0; looks < 400 && !(*child)->ready(); ++looks) {
            const auto got = (*child)->read(
                std::chrono::milliseconds(50), [](const protocol::Frame&) { return Result<void>(); });
            QVERIFY(got && *got != ChildProcess::Read::Ended);
        }
        QVERIFY((*child)->ready());
        QCOMPARE(QString::fromStdString((*child)->ready()->problem), QString());
        const QString status = read((*child)->pid(), "status");
        QVERIFY2(status.contains(QStringLiteral("Seccomp:\t2")), qPrintable(status));
        QVERIFY2(status.contains(QStringLiteral("NoNewPrivs:\t1")), qPrintable(status));
        QVERIFY2(status.contains(QStringLiteral("CapEff:\t0000000000000000")), qPrintable(status));
        const QStringList descriptors
            = QDir(QStringLiteral("/proc/%1/fd").arg((*child)->pid())).entryList(QDir::Files | QDir::System);
        QVERIFY2(descriptors.size() <= 6, qPrintable(descriptors.join(QLatin1Char(' '))));
        if (!sanitized) {
            rlimit memory {};
            QCOMPARE(prlimit((*child)->pid(), RLIMIT_AS, nullptr, &memory), 0);
            QVERIFY(memory.rlim_max <= 2 * fences::mostMemory);
        }
    }

    void theRealOneKnowsNoSecretOfItsParent()
    {
        qputenv("HF_TOKEN", "a-secret");
        auto child = ChildProcess::start(PRISM_BIN_DIR "/prism-import");
        qunsetenv("HF_TOKEN");
        QVERIFY(child);
        for (int looks = 0; looks < 400 && !(*child)->ready(); ++looks) {
            (void)(*child)->read(
                std::chrono::milliseconds(50), [](const protocol::Frame&) { return Result<void>(); });
        }
        QVERIFY((*child)->ready());
        // Root may look into what cannot be dumped; for others the kernel keeps it closed.
        QVERIFY(!read((*child)->pid(), "environ").contains(QStringLiteral("a-secret")));
    }

    void memoryFitsTheFile()
    {
        QVERIFY(fences::memoryFor(0) < fences::memoryFor(10u << 20));
        QVERIFY(fences::memoryFor(10u << 20) < fences::mostMemory);
        QCOMPARE(fences::memoryFor(1u << 30), fences::mostMemory);
        QCOMPARE(fences::memoryFor(~std::uint64_t(0)), fences::mostMemory);
    }

    void withoutLandlockItReadsAndSaysSo()
    {
        const auto summary = importBehind("without-landlock");
        QVERIFY2(summary, summary ? "" : summary.error().text().c_str());
        QCOMPARE(summary->imported, 1u);
        QVERIFY2(summary->note.find("Landlock") != std::string::npos, summary->note.c_str());
    }

    void prismctlSaysSoToo()
    {
        QProcess prismctl;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("PRISM_IMPORT_CHILD"), script("without-landlock"));
        prismctl.setProcessEnvironment(environment);
        prismctl.start(QStringLiteral(PRISM_BIN_DIR "/prismctl"),
            { QStringLiteral("import"), QStringLiteral("--db"), m_dir->filePath(QStringLiteral("p.db")),
                result() });
        QVERIFY(prismctl.waitForFinished(60'000));
        QCOMPARE(prismctl.exitCode(), 0);
        const QByteArray errors = prismctl.readAllStandardError();
        QVERIFY2(errors.contains("Landlock"), errors.constData());
    }

    void doctorTells()
    {
        QProcess prismctl;
        prismctl.start(QStringLiteral(PRISM_BIN_DIR "/prismctl"),
            { QStringLiteral("doctor"), QStringLiteral("--db"), m_dir->filePath(QStringLiteral("p.db")) });
        QVERIFY(prismctl.waitForFinished(60'000));
        const QByteArray told = prismctl.readAllStandardOutput();
        QVERIFY2(told.contains("Parser: fenced in"), told.constData());
    }

    void withoutItsFilterItReadsNothing()
    {
        const auto summary = importBehind("without-filter");
        QVERIFY(!summary);
        QVERIFY2(
            summary.error().reason.find("system calls") != std::string::npos, summary.error().text().c_str());
        QVERIFY(!summary.error().remedy.empty());
    }

private:
    struct Ended {
        bool killedBySystemCall = false;
        int status = -1;
        QString text;
    };

    static void addRow(const QString& program, const char* fences, const char* attempt)
    {
        const char* kind = program == evilParserAsBuilt ? " (sanitized)" : "";
        QTest::addRow("%s: %s%s", fences, attempt, kind) << program << QString(fences) << QString(attempt);
    }

    Ended attemptBehind(const QString& program, const QString& fences, const QString& attempt) const
    {
        QProcess evil;
        evil.start(program, { fences, attempt, m_dir->path() });
        Ended outcome;
        if (!evil.waitForFinished(60'000)) {
            outcome.text = QStringLiteral("it does not end: ") + evil.errorString();
            return outcome;
        }
        if (evil.exitStatus() == QProcess::CrashExit) {
            // QProcess gives the signal as the exit code.
            outcome.killedBySystemCall = evil.exitCode() == SIGSYS || evil.exitCode() == SIGSEGV;
            outcome.text = QStringLiteral("signal %1").arg(evil.exitCode());
            return outcome;
        }
        outcome.status = evil.exitCode();
        outcome.text = QStringLiteral("exit status %1: ").arg(outcome.status)
            + QString::fromUtf8(evil.readAllStandardError());
        return outcome;
    }

    bool intact() const
    {
        return QFile(m_dir->filePath(QStringLiteral("old"))).size() == 8192
            && QDir(m_dir->path()).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size()
            == 1;
    }

    static QString read(pid_t pid, const char* what)
    {
        QFile file(QStringLiteral("/proc/%1/%2").arg(pid).arg(QLatin1String(what)));
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    }

    QString result() const
    {
        const QString path = m_dir->filePath(QStringLiteral("result.json"));
        QFile file(path);
        if (file.open(QIODevice::WriteOnly)) {
            file.write(test::vllmResult(QStringLiteral("org/model"), 4));
        }
        return path;
    }

    QString script(const char* without) const
    {
        const QString path = m_dir->filePath(QStringLiteral("parser"));
        QFile file(path);
        if (file.open(QIODevice::WriteOnly)) {
            file.write("#!/bin/sh\nexec '" + evilParser.toUtf8() + "' " + without + " '" PRISM_BIN_DIR
                + "/prism-import'\n");
            file.setPermissions(QFile::ReadOwner | QFile::ExeOwner);
        }
        return path;
    }

    Result<ImportSummary> importBehind(const char* without) const
    {
        ImportRequest request;
        request.database = m_dir->filePath(QStringLiteral("a.db")).toStdString();
        request.paths = { result().toStdString() };
        request.importChild = script(without).toStdString();
        ImportObserver nobody;
        return runImport(request, nobody);
    }

    std::unique_ptr<QTemporaryDir> m_dir;
};

QTEST_GUILESS_MAIN(FencesTest)
#include "tst_fences.moc"
