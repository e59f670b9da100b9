// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "probes/helper/access/relay.h"
#include "tests/support/observation.h"
#include "tests/support/probed_client.h"
#include "tests/support/staged_process.h"

#include <QtTest>

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

using namespace prism;
using namespace prism::test;

namespace {

/// prism-probed --stdio as an ordinary user, as ssh starts it; its other end.
int startedByUser(std::unique_ptr<ForkedTarget>& helper)
{
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
    helper = std::make_unique<ForkedTarget>([&pair] {
        if (!becomeUser(someUser)) {
            _exit(98);
        }
        dup2(pair[1], STDIN_FILENO);
        dup2(pair[1], STDOUT_FILENO);
        execl(PRISM_BIN_DIR "/prism-probed", "prism-probed", "--stdio", nullptr);
    });
    close(pair[1]);
    return pair[0];
}

} // namespace

class TestRelay : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (::geteuid() != 0) {
            QSKIP("needs root: the service is to load kernel programs");
        }
        // The service's place of its own, which nobody else sees.
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
            || ::mount("tmpfs", "/run", "tmpfs", 0, "mode=755") != 0 || ::mkdir("/run/prism", 0755) != 0) {
            QSKIP("needs a mount namespace, which this machine does not allow");
        }
    }

    void cleanup() { ::unlink(probes::servicePath); }

    void withoutServiceItSpeaksForItself()
    {
        const StagedProcess target([](const auto& ready) {
            if (becomeUser(someUser)) {
                ready();
            }
        });
        QVERIFY(target.staged());
        std::unique_ptr<ForkedTarget> helper;
        ProbedClient client(startedByUser(helper));
        const auto attached = client.attach(target.pid());
        QVERIFY(attached);
        QCOMPARE(attached->number(wire::AttachKey::Programs), std::uint64_t(0));
    }

    /// The rights are the service's, the user is the one who asks.
    void theServiceObservesForWhoHasNoRights()
    {
        const RunningHelper service({ "--socket", probes::servicePath });
        ProbedClient own(ProbedClient::connectTo(probes::servicePath)); // it listens now
        QCOMPARE(::chmod(probes::servicePath, 0666), 0);
        const StagedProcess target([](const auto& ready) {
            if (becomeUser(someUser)) {
                ready();
            }
        });
        QVERIFY(target.staged());
        std::unique_ptr<ForkedTarget> helper;
        ProbedClient client(startedByUser(helper));
        const auto attached = client.attach(target.pid());
        QVERIFY(attached);
        QCOMPARE(int(attached->status()), int(wire::Status::Ok));
        QVERIFY(attached->number(wire::AttachKey::Programs) >= 8);
        const auto others = client.attach(::getpid());
        QVERIFY(others);
        QCOMPARE(int(others->status()), int(wire::Status::Refused));
        QVERIFY(client.detach(attached->number(wire::AttachKey::Target)));
    }

    void theRelayEndsWithItsClient()
    {
        const RunningHelper service({ "--socket", probes::servicePath });
        ProbedClient own(ProbedClient::connectTo(probes::servicePath));
        QCOMPARE(::chmod(probes::servicePath, 0666), 0);
        std::unique_ptr<ForkedTarget> helper;
        {
            ProbedClient client(startedByUser(helper));
            QVERIFY(client.attach(::getpid())); // refused, and answered
        }
        QCOMPARE(helper->wait(), 0);
    }
};

QTEST_GUILESS_MAIN(TestRelay)
#include "tst_relay.moc"
