// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/probed_client.h"
#include "tests/support/throwing_server.h"

#include <QtTest>

#include <algorithm>
#include <linux/bpf.h>
#include <map>
#include <sched.h>
#include <sys/syscall.h>
#include <vector>

using namespace prism;
using namespace prism::test;

namespace {

bool linkExists(unsigned number)
{
    bpf_attr attributes {};
    attributes.link_id = number;
    const long fd = syscall(SYS_bpf, BPF_LINK_GET_FD_BY_ID, &attributes, sizeof attributes);
    if (fd >= 0) {
        close(int(fd));
    }
    return fd >= 0;
}

} // namespace

/// What attaching, detaching and dying do to a server: nothing.
class TestHarmless : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
    }

    /// Attaching and detaching under load, again and again, leaves nothing behind and fails no request; a
    /// server whose every frame an exception crosses lives.
    void thirtyCyclesUnderLoadLeaveNothing()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        RunningHelper helper;
        ProbedClient client(helper.stream());
        // A client may ask 20 questions a second, which a thousand cycles would exceed: it is told to wait.
        const auto patiently = [](const auto& question) {
            auto answer = question();
            while (answer && answer->status() == wire::Status::Busy) {
                answer = question();
            }
            return answer;
        };
        std::map<std::string, int> first;
        std::vector<std::uint64_t> detachNs;
        const int cycles = std::max(30, qEnvironmentVariableIntValue("PRISM_SOAK"));
        for (int cycle = 0; cycle < cycles; ++cycle) {
            const auto attached = patiently([&] { return client.attach(server.pid()); });
            QVERIFY(attached);
            QCOMPARE(int(attached->status()), int(wire::Status::Ok));
            QVERIFY(helper.descriptors()["bpf_link"] >= 8);
            const std::uint64_t before = shared->answered;
            QVERIFY(client.waitFor([&] { return shared->answered > before + 20; }));
            std::uint64_t begin = 0;
            const auto detached = patiently([&] {
                begin = probes::nowNs();
                return client.detach(attached->number(wire::AttachKey::Target));
            });
            QVERIFY(detached);
            QCOMPARE(int(detached->status()), int(wire::Status::Ok));
            detachNs.push_back(probes::nowNs() - begin);
            QVERIFY(eventually([&] { return helper.descriptors()["bpf_link"] == 0; }));
            if (cycle == 0) {
                first = helper.descriptors();
            }
        }
        QVERIFY(eventually([&] { return helper.descriptors() == first; }));
        std::sort(detachNs.begin(), detachNs.end());
        qInfo("detach answered after %.1f ms (median), %.1f ms (longest); %llu requests",
            double(detachNs[detachNs.size() / 2]) / 1e6, double(detachNs.back()) / 1e6,
            static_cast<unsigned long long>(shared->answered.load()));
        QCOMPARE(shared->failed.load(), std::uint64_t(0));
        QVERIFY(shared->caught != 0);
        QVERIFY(server.alive());
        const auto family = probes::familyOf(std::uint32_t(helper.pid()));
        helper.hangUp();
        QCOMPARE(helper.end(0), 0);
        for (const std::uint32_t pid : family) {
            QVERIFY(eventually([&] { return !exists(pid); }));
        }
    }

    /// The helper is killed with everything attached: the server lives, and nothing is left.
    void killingTheHelperHarmsNothing()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        RunningHelper helper;
        ProbedClient client(helper.stream());
        QVERIFY(client.attach(server.pid()));
        const auto links = helper.kernelNumbers("link_id:");
        const auto family = probes::familyOf(std::uint32_t(helper.pid()));
        QVERIFY(links.size() >= 8);
        QCOMPARE(family.size(), std::size_t(2)); // itself and the parser child
        QVERIFY(linkExists(links.front()));
        helper.end(SIGKILL);
        for (const unsigned link : links) {
            QVERIFY(eventually([&] { return !linkExists(link); }));
        }
        QVERIFY(eventually([&] { return !exists(family[1]); }));
        const std::uint64_t before = shared->answered;
        QVERIFY(eventually([&] { return shared->answered > before + 100; }));
        QCOMPARE(shared->failed.load(), std::uint64_t(0));
        QVERIFY(server.alive());
    }

    /// How long attaching and detaching hold a server up: one that never sleeps, at real-time priority, looks
    /// at the clock between its calls.
    void attachingHoldsNothingUp()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget target([&] {
            const int connection = accept(listener.fd, nullptr, nullptr);
            const sched_param priority { 20 };
            sched_setscheduler(0, SCHED_FIFO, &priority);
            char room[64];
            while (shared->stop == 0) {
                if (shared->measure == 0) {
                    // Real-time threads may run 95 % of each second.
                    const timespec rest { 0, 500'000 };
                    nanosleep(&rest, nullptr);
                    continue;
                }
                std::uint64_t last = probes::nowNs();
                while (shared->measure != 0) {
                    (void)!recv(connection, room, sizeof room, MSG_DONTWAIT);
                    const std::uint64_t now = probes::nowNs();
                    if (now - last > shared->longestGapNs) {
                        shared->longestGapNs = now - last;
                    }
                    last = now;
                    ++shared->answered;
                }
            }
        });
        const int client = connectTo(listener.port);
        RunningHelper helper;
        ProbedClient watcher(helper.stream());
        const auto longest = [&](const std::function<void()>& during) {
            const auto spins = [&](std::uint64_t more) {
                const std::uint64_t before = shared->answered;
                while (shared->answered < before + more) {
                    sched_yield();
                }
            };
            shared->measure = 1;
            spins(100);
            shared->longestGapNs = 0;
            during();
            spins(2); // a pause that is not over yet counts too
            shared->measure = 0;
            return double(shared->longestGapNs.load()) / 1e6;
        };
        std::vector<double> quiet;
        std::vector<double> attaching;
        std::vector<double> detaching;
        // The first attach also loads.
        std::uint64_t number = watcher.attach(target.pid())->number(wire::AttachKey::Target);
        watcher.detach(number);
        for (int i = 0; i < 10; ++i) {
            quiet.push_back(longest([] { poll(nullptr, 0, 30); }));
            attaching.push_back(
                longest([&] { number = watcher.attach(target.pid())->number(wire::AttachKey::Target); }));
            detaching.push_back(longest([&] {
                watcher.detach(number);
                QVERIFY(eventually([&] { return helper.descriptors()["bpf_link"] == 0; }));
            }));
        }
        shared->stop = 1;
        const auto middle = [](std::vector<double>& values) {
            std::sort(values.begin(), values.end());
            return values[values.size() / 2];
        };
        const double control = middle(quiet);
        const double attach = middle(attaching);
        const double detach = middle(detaching);
        qInfo(
            "longest pause, median of 10: %.3f ms without, %.3f ms attaching, %.3f ms detaching; longest of "
            "all %.3f, %.3f, %.3f ms",
            control, attach, detach, quiet.back(), attaching.back(), detaching.back());
        close(client);
        if (control > 0.3) {
            QSKIP(qPrintable(
                QString("not measured: this machine holds the target up for %1 ms by itself").arg(control)));
        }
        QVERIFY(attach <= 1.0);
        QVERIFY(detach <= 1.0);
    }
};

QTEST_GUILESS_MAIN(TestHarmless)
#include "tst_harmless.moc"
