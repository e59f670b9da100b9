// SPDX-License-Identifier: GPL-3.0-or-later
// prismctl itself, not only its store, is killed as it is about to write: before every write of a small
// import, then before random ones of a larger one. What was committed stays, nothing of the rest is left in
// any table.
#include "core/store/store.h"
#include "core/store/writer.h"
#include "prism_test_paths.h"
#include "tests/support/vllm_results.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <array>
#include <random>

#include <signal.h>
#include <sqlite3.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace prism;

namespace {

/// System calls that change a file or make a change last; output to the terminal is none.
bool writes(const __ptrace_syscall_info& call)
{
    switch (call.entry.nr) {
    case SYS_write:
    case SYS_writev:
        return call.entry.args[0] > STDERR_FILENO;
    case SYS_pwrite64:
    case SYS_ftruncate:
    case SYS_fallocate:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_rename:
    case SYS_renameat2:
    case SYS_unlink:
    case SYS_unlinkat:
        return true;
    default:
        return false;
    }
}

struct Killed {
    bool killed = false; ///< false: it ended by itself, with fewer writes
    int writes = 0;
    int status = -1;
};

/// Runs prismctl and kills it when it is about to make write number `nth` (from 1); 0 lets it end.
Killed runKilled(const std::vector<std::string>& arguments, int nth)
{
    const std::string program = PRISM_BIN_DIR "/prismctl";
    std::vector<char*> argv;
    argv.push_back(const_cast<char*>(program.c_str()));
    for (const std::string& argument : arguments) {
        argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    // The leak checker is itself a tracer and cannot work below another.
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    const pid_t pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        execv(program.c_str(), argv.data());
        _exit(127);
    }
    Killed out;
    int status = 0;
    waitpid(pid, &status, 0);
    ptrace(PTRACE_SETOPTIONS, pid, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    long signal = 0;
    while (ptrace(PTRACE_SYSCALL, pid, nullptr, signal) == 0 && waitpid(pid, &status, 0) == pid) {
        signal = 0;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
            return out;
        }
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
            signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
            continue;
        }
        __ptrace_syscall_info call {};
        ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof call, &call);
        if (call.op != PTRACE_SYSCALL_INFO_ENTRY || !writes(call)) {
            continue;
        }
        if (++out.writes == nth) {
            kill(pid, SIGKILL);
            waitpid(pid, nullptr, 0);
            out.killed = true;
            return out;
        }
    }
    return out;
}

/// Runs prismctl until it ends or `microseconds` are over, which the kernel sees to: no handler runs, as with
/// SIGKILL. True when it was ended.
bool runForAWhile(const std::vector<std::string>& arguments, long microseconds)
{
    const std::string program = PRISM_BIN_DIR "/prismctl";
    std::vector<char*> argv { const_cast<char*>(program.c_str()) };
    for (const std::string& argument : arguments) {
        argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
        const itimerval once { {}, { microseconds / 1'000'000, microseconds % 1'000'000 } };
        setitimer(ITIMER_REAL, &once, nullptr);
        execv(program.c_str(), argv.data());
        _exit(127);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status);
}

/// First column of the only row; -1 when the file or the table is not there.
std::int64_t count(const std::string& database, const std::string& query)
{
    sqlite3* db = nullptr;
    sqlite3_stmt* statement = nullptr;
    std::int64_t rows = -1;
    if (sqlite3_open_v2(database.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK
        && sqlite3_prepare_v2(db, query.c_str(), -1, &statement, nullptr) == SQLITE_OK
        && sqlite3_step(statement) == SQLITE_ROW) {
        rows = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return rows;
}

/// Rows of any table that belong to no visible source.
std::string leftovers(const std::string& database)
{
    static constexpr std::array<std::pair<const char*, const char*>, 8> orphans { {
        { "source", "SELECT count(*) FROM source WHERE state NOT IN (1, 2)" },
        { "point", "SELECT count(*) FROM point WHERE source NOT IN (SELECT id FROM source)" },
        { "point_measures", "SELECT count(*) FROM point_measures WHERE point NOT IN (SELECT id FROM point)" },
        { "point_detail", "SELECT count(*) FROM point_detail WHERE point NOT IN (SELECT id FROM point)" },
        { "request", "SELECT count(*) FROM request WHERE point NOT IN (SELECT id FROM point)" },
        { "gap", "SELECT count(*) FROM gap WHERE id >> 32 NOT IN (SELECT id FROM point)" },
        { "series", "SELECT count(*) FROM series WHERE point NOT IN (SELECT id FROM point)" },
        { "original", "SELECT count(*) FROM original WHERE id >> 32 NOT IN (SELECT id FROM source)" },
    } };
    std::string out;
    for (const auto& [table, query] : orphans) {
        if (const std::int64_t rows = count(database, query); rows != 0) {
            out += std::string(table) + ':' + std::to_string(rows) + ' ';
        }
    }
    return out;
}

/// A file of so many requests that they go to the database in several batches before it is visible.
QByteArray longResult()
{
    QByteArray out = "[";
    for (int i = 0; i < 11'000; ++i) {
        out += (i > 0 ? "," : "") + QByteArray(R"({"start_time":1.0,"end_time":2.0,"error":null,"info":)")
            + R"({"input_tokens":3,"output_tokens":2,"output_token_times":[1.5,2.0]}})";
    }
    return out + ']';
}

} // namespace

class KilledTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_results = m_dir->filePath(QStringLiteral("in"));
    }

    void beforeEveryWriteOfASmallImport()
    {
        writeResults(2);
        const Killed whole = runKilled(arguments("whole.db"), 0);
        QCOMPARE(whole.status, 0);
        QVERIFY2(whole.writes > 20, qPrintable(QString::number(whole.writes)));
        int withoutAnySource = 0;
        for (int nth = 1; nth <= whole.writes; ++nth) {
            const std::string name = "n" + std::to_string(nth) + ".db";
            const Killed killed = runKilled(arguments(name), nth);
            if (!killed.killed) {
                break; // the number of writes varies by a commit more or less
            }
            withoutAnySource += checked(name, 2) == 0 ? 1 : 0;
        }
        QVERIFY(withoutAnySource > 0);
    }

    /// Batches of a long file are committed before it is visible: what is left of them must go.
    void betweenTheBatchesOfALongFile()
    {
        QVERIFY(QDir().mkpath(m_results));
        QFile file(m_results + QStringLiteral("/long.json"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(longResult());
        file.close();
        const Killed whole = runKilled(arguments("whole.db"), 0);
        QCOMPARE(whole.status, 0);
        int halfWritten = 0;
        for (int part = 1; part < 12; ++part) {
            const std::string name = "n" + std::to_string(part) + ".db";
            (void)runKilled(arguments(name), whole.writes * part / 12);
            halfWritten += count(path(name), "SELECT count(*) FROM request") > 0
                    && count(path(name), "SELECT count(*) FROM source WHERE state = 1") == 0
                ? 1
                : 0;
            const std::int64_t sources = checked(name, 1);
            QVERIFY(sources == 0 || sources == 1);
        }
        QVERIFY(halfWritten > 0);
    }

    void atRandomInALargerImport()
    {
        writeResults(150); // more than go into one commit
        const Killed whole = runKilled(arguments("whole.db"), 0);
        QCOMPARE(whole.status, 0);
        std::mt19937 random(7);
        std::int64_t before = 0;
        bool partly = false;
        auto most = static_cast<unsigned>(whole.writes);
        std::string name = "a0.db";
        for (int round = 0; round < 10 || (!partly && round < 50); ++round) {
            (void)runKilled(arguments(name), 1 + static_cast<int>(random() % most));
            const std::int64_t now = checked(name, 150);
            QVERIFY2(now >= before, "a committed source is lost");
            partly = partly || (now > 0 && now < 150);
            before = now;
            if (now == 150) {
                // How many writes it takes depends on the machine's speed: once more, and not so far.
                most = most / 2 + 1;
                before = 0;
                name = "a" + std::to_string(round + 1) + ".db";
            }
        }
        QVERIFY(partly);
        QCOMPARE(runKilled(arguments(name), 0).status, 0);
        QCOMPARE(checked(name, 150), 150);
        auto reader = StoreReader::open(path(name));
        QVERIFY(reader && (*reader)->check());
    }

    /// Anywhere, not only where it writes. PRISM_KILLS is how often, 30 if it is not set.
    void atRandomMoments()
    {
        constexpr int files = 25;
        writeResults(files);
        const int rounds
            = qEnvironmentVariableIsSet("PRISM_KILLS") ? qEnvironmentVariableIntValue("PRISM_KILLS") : 30;
        QElapsedTimer whole;
        whole.start();
        QVERIFY(!runForAWhile(arguments("whole.db"), 600'000'000));
        QCOMPARE(checked("whole.db", files), files);
        // Within the shortest import so far, for the machine may be less busy by and by.
        auto shortest = whole.nsecsElapsed() / 1000;
        std::mt19937 random(std::random_device {}());
        std::int64_t before = 0;
        int killed = 0;
        int databases = 0;
        for (int round = 0; round < rounds; ++round) {
            const std::string name = "m" + std::to_string(databases) + ".db";
            // The first one surely comes too early for the import.
            const long after = round == 0
                ? 1000
                : std::uniform_int_distribution<long>(1000, std::max<long>(2000, shortest))(random);
            QElapsedTimer lasted;
            lasted.start();
            const bool ended = runForAWhile(arguments(name), after);
            killed += ended ? 1 : 0;
            shortest = ended ? shortest : std::min<qint64>(shortest, lasted.nsecsElapsed() / 1000);
            const std::int64_t now = checked(name, files);
            QVERIFY2(now >= before,
                qPrintable(QStringLiteral("killed after %1 us: a committed source is lost").arg(after)));
            before = now == files ? 0 : now;
            databases += now == files ? 1 : 0;
        }
        qInfo("%d of %d ended, over %d databases", killed, rounds, databases + 1);
        QVERIFY(killed > 0);
    }

private:
    std::string path(const std::string& name) const
    {
        return m_dir->filePath(QString::fromStdString(name)).toStdString();
    }
    std::vector<std::string> arguments(const std::string& database) const
    {
        return { "import", "-q", "--db", path(database), m_results.toStdString() };
    }
    void writeResults(int files) const
    {
        QList<int> loads;
        for (int i = 1; i <= files; ++i) {
            loads << i;
        }
        QVERIFY(QDir().mkpath(m_results));
        QCOMPARE(test::writeVllmResults(m_results, QStringLiteral("model"), loads), files);
    }

    /// The next start, then the raw tables; returns how many sources are there, each of them whole.
    std::int64_t checked(const std::string& name, std::int64_t most) const
    {
        const std::string database = path(name);
        {
            const auto next = StoreWriter::open(database);
            if (!next) {
                QTest::qFail(next.error().text().c_str(), __FILE__, __LINE__);
                return -1;
            }
        }
        const std::int64_t sources = count(database, "SELECT count(*) FROM source WHERE state = 1");
        const std::string rest = leftovers(database);
        const std::int64_t points = count(database, "SELECT count(*) FROM point");
        const std::int64_t requests = count(database, "SELECT count(*) FROM request");
        const std::int64_t wanted = count(database, "SELECT ifnull(sum(requests), 0) FROM point");
        const std::int64_t originals = count(database, "SELECT count(DISTINCT id >> 32) FROM original");
        const bool whole = rest.empty() && sources >= 0 && sources <= most && points == sources
            && requests == wanted && originals == sources;
        if (!whole) {
            const std::string text = name + ": " + std::to_string(sources) + " sources, "
                + std::to_string(points) + " points, " + std::to_string(requests)
                + " requests, left over: " + rest;
            QTest::qFail(text.c_str(), __FILE__, __LINE__);
        }
        return sources;
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    QString m_results;
};

QTEST_GUILESS_MAIN(KilledTest)
#include "tst_killed.moc"
