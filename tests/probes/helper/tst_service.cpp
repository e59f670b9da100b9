// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "tests/support/activated_helper.h"
#include "tests/support/service_rights.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryFile>
#include <QtTest>

#include <sys/mount.h>

using namespace prism::test;
using prism::wire::AttachKey;
using prism::wire::DoctorKey;
using prism::wire::ServerKey;
using prism::wire::Status;
using prism::wire::Verb;

namespace {

constexpr unsigned tiers0And1 = 3;

/// Runs `body` as an ordinary user; its number comes back as the exit status, 0 is success.
int asUser(const std::function<int()>& body)
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::_exit(becomeUser(someUser) ? body() : 99);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

QByteArray outputOf(const QStringList& arguments, std::uint64_t capabilities, int* status = nullptr)
{
    QProcess process;
    process.setChildProcessModifier([capabilities] {
        if (!takeServiceRights(capabilities)) {
            ::_exit(98);
        }
    });
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("ASAN_OPTIONS"), QStringLiteral("detect_leaks=0"));
    process.setProcessEnvironment(environment);
    process.start(QStringLiteral(PRISM_BIN_DIR "/prism-probed"), arguments);
    process.waitForFinished(60'000);
    if (status) {
        *status = process.exitCode();
    }
    return process.readAllStandardOutput() + process.readAllStandardError();
}

std::unique_ptr<StagedProcess> processOf(uid_t uid)
{
    return std::make_unique<StagedProcess>([uid](const auto& ready) {
        if (uid == 0 || becomeUser(uid)) {
            ready();
        }
    });
}

} // namespace

/// The helper with exactly the rights of its systemd service, started as systemd starts it.
class TestService : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (::geteuid() != 0) {
            QSKIP("needs root: other users' processes and the service's rights are made");
        }
        if (::access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
            QSKIP("needs a kernel with type information (/sys/kernel/btf/vmlinux)");
        }
        qputenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    }

    void fiveCapabilitiesAreEnough()
    {
        int status = -1;
        const QByteArray lines = outputOf({ "doctor", "--json" }, prism::probes::neededCapabilities, &status);
        QVERIFY2(status == 0, lines.constData());
        QVERIFY2(lines.contains("Exactly the five that are needed are in force"), lines.constData());
    }

    void withoutThemTheDoctorSaysWhatIsMissing()
    {
        int status = -1;
        const QByteArray lines = outputOf({ "doctor", "--json" }, 0, &status);
        QCOMPARE(status, 1);
        const auto feature = QJsonDocument::fromJson(lines.left(lines.indexOf('\n'))).object();
        QCOMPARE(feature["feature"].toString(), QStringLiteral("capabilities"));
        QCOMPARE(feature["works"].toBool(), false);
        QVERIFY(feature["reason"].toString().contains(QLatin1String("CAP_BPF, CAP_PERFMON")));
        QVERIFY(!feature["remedy"].toString().isEmpty());
    }

    void attachingGoesByTheUser_data()
    {
        QTest::addColumn<bool>("filtered");
        QTest::newRow("capabilities") << false;
        QTest::newRow("capabilities and the system calls of the unit") << true;
    }
    void attachingGoesByTheUser()
    {
        QFETCH(bool, filtered);
        QSet<QString> calls;
        if (filtered) {
            if (QStandardPaths::findExecutable(QStringLiteral("systemd-analyze")).isEmpty()) {
                QSKIP("needs systemd-analyze, which is not installed");
            }
            calls = allowedCalls();
            QVERIFY(calls.contains(QStringLiteral("bpf")) && !calls.contains(QStringLiteral("mount")));
        }
        ActivatedHelper helper([&] {
            return takeServiceRights(prism::probes::neededCapabilities) && (!filtered || filterCalls(calls));
        });
        const auto own = processOf(someUser);
        const auto others = processOf(0);
        QCOMPARE(asUser([&] {
            HelperTalk talk(helper.connect());
            const TalkReply attached = talk.attach(own->pid(), tiers0And1);
            if (attached.status != Status::Ok || attached.number(AttachKey::Tiers) != tiers0And1
                || attached.number(AttachKey::Programs) == 0) {
                return 1;
            }
            if (attached.texts.count(static_cast<std::uint16_t>(AttachKey::SnapshotName)) == 0) {
                return 2;
            }
            const TalkReply refused = talk.attach(others->pid(), tiers0And1);
            const std::string text = refused.text(AttachKey::Text);
            if (refused.status != Status::Refused
                || text.find("it belongs to root, and you are nobody") == std::string::npos) {
                return 3;
            }
            if (refused.texts.size() != 1 || !refused.numbers.empty()) {
                return 4; // a refusal tells nothing of the process but whose it is
            }
            prism::wire::FieldWriter target;
            target.integer(AttachKey::Target, attached.number(AttachKey::Target));
            const auto detached = talk.ask(Verb::Detach, target);
            return detached.size() == 1 && detached[0].status == Status::Ok ? 0 : 5;
        }),
            0);
        QCOMPARE(helper.stop(), 0);
    }

    void listAndDoctorAnswerOverTheSocket()
    {
        ActivatedHelper helper([] { return takeServiceRights(prism::probes::neededCapabilities); });
        QCOMPARE(asUser([&] {
            HelperTalk talk(helper.connect());
            const auto features = talk.ask(Verb::Doctor);
            if (features.size() < 10 || features[0].text(DoctorKey::Feature) != "capabilities"
                || features[0].number(DoctorKey::Works) != 1) {
                return 1;
            }
            const auto servers = talk.ask(Verb::List);
            return !servers.empty() && servers.back().number(ServerKey::Pid) == 0 ? 0 : 2;
        }),
            0);
    }

    void aFloodOfQuestionsIsTurnedAway()
    {
        ActivatedHelper helper([] { return takeServiceRights(prism::probes::neededCapabilities); });
        HelperTalk talk(helper.connect());
        bool busy = false;
        for (int i = 0; i < 2000 && !busy; ++i) {
            const auto replies = talk.ask(Verb::Ping);
            QCOMPARE(replies.size(), 1U);
            busy = replies[0].status == Status::Busy;
        }
        QVERIFY(busy);
    }

    void aPidThatMeansAnotherProcessIsNotAttached()
    {
        ActivatedHelper helper([] { return takeServiceRights(prism::probes::neededCapabilities); });
        const auto own = processOf(0);
        HelperTalk talk(helper.connect());
        const TalkReply reply = talk.attach(own->pid(), 1, 1);
        QCOMPARE(reply.status, Status::NotFound);
        QVERIFY(reply.text(AttachKey::Text).find("another one has it now") != std::string::npos);
    }

    void pkexecsCallerIsWhoAsks_data()
    {
        QTest::addColumn<bool>("installed");
        QTest::newRow("the service's user is there") << true;
        QTest::newRow("it is not") << false;
    }
    /// As `pkexec prism-probed --stdio` starts it: root, and whose caller is said.
    void pkexecsCallerIsWhoAsks()
    {
        QFETCH(bool, installed);
        QTemporaryFile users;
        QVERIFY(users.open());
        users.write("root:x:0:0::/root:/bin/sh\nprism-probe:x:4711:4711::/:/usr/sbin/nologin\n");
        users.close();
        QFile::setPermissions(users.fileName(), QFile::Permissions(0x6444));
        const auto others = processOf(0);
        const auto own = processOf(someUser);
        int pair[2];
        QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        const pid_t helper = ::fork();
        if (helper == 0) {
            const QByteArray path = users.fileName().toUtf8();
            if (installed
                && (::unshare(CLONE_NEWNS) != 0
                    || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
                    || ::mount(path.constData(), "/etc/passwd", nullptr, MS_BIND, nullptr) != 0)) {
                ::_exit(126);
            }
            ::dup2(pair[1], 0);
            ::dup2(pair[1], 1);
            ::setenv("PKEXEC_UID", std::to_string(someUser).c_str(), 1);
            ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
            ::execl(PRISM_BIN_DIR "/prism-probed", "prism-probed", "--stdio", nullptr);
            ::_exit(127);
        }
        ::close(pair[1]);
        {
            HelperTalk talk(pair[0]);
            QCOMPARE(talk.attach(others->pid(), 1).status, Status::Refused);
            // Root's rights are given up for good before anything is read.
            QFile file(QStringLiteral("/proc/%1/status").arg(helper));
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray status = file.readAll();
            const QByteArray needed = QByteArray::number(qulonglong(prism::probes::neededCapabilities), 16)
                                          .rightJustified(16, '0');
            for (const char* set : { "CapPrm:\t", "CapEff:\t", "CapBnd:\t" }) {
                QVERIFY2(status.contains(set + needed), status.constData());
            }
            QVERIFY(status.contains("NoNewPrivs:\t1"));
            if (installed) {
                QVERIFY2(status.contains("Uid:\t4711\t4711\t4711\t4711"), status.constData());
            }
            // Whose rights it has is not whose process may be watched.
            QCOMPARE(talk.attach(own->pid(), tiers0And1).status, Status::Ok);
        }
        QCOMPARE(::waitpid(helper, nullptr, 0), helper);
    }

    void standardInputMustBeAProgram()
    {
        QProcess process;
        process.setStandardInputFile(QStringLiteral("/dev/null"));
        process.start(QStringLiteral(PRISM_BIN_DIR "/prism-probed"), { "--stdio" });
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(process.readAllStandardError().contains("pipes or sockets"));
    }

    void listNeedsNoRights()
    {
        int status = -1;
        outputOf({ "list", "--json" }, 0, &status);
        QCOMPARE(status, 0);
    }
};

QTEST_GUILESS_MAIN(TestService)
#include "tst_service.moc"
