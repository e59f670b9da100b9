// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/probed_client.h"
#include "tests/support/throwing_server.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <vector>

using namespace prism;
using namespace prism::test;

/// Tier 1 switched off and on, and attached anew.
class TestTiers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
    }

    void tier1IsSwitchedOffAndOnAtOnce()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        RunningHelper helper;
        ProbedClient client(helper.stream());
        const auto attached = client.attach(server.pid());
        QVERIFY(attached);
        const auto setTiers = [&](std::uint64_t tiers) {
            wire::FieldWriter fields;
            fields.integer(wire::AttachKey::Target, attached->number(wire::AttachKey::Target))
                .integer(wire::AttachKey::Tiers, tiers);
            return client.ask(wire::Verb::SetTiers, fields);
        };
        for (int i = 0; i < 5; ++i) {
            const std::uint32_t off = setTiers(1);
            const std::uint32_t on = setTiers(3);
            for (const std::uint32_t question : { off, on }) {
                const auto answer = client.await(question);
                QVERIFY(answer);
                QCOMPARE(int(answer->status()), int(wire::Status::Ok));
            }
            QVERIFY(helper.descriptors()["bpf_link"] >= 8);
            const std::size_t before = client.count<wire::HttpEnd>();
            QVERIFY(client.waitFor([&] { return client.count<wire::HttpEnd>() > before + 5; }));
        }
        std::vector<int> told;
        for (const auto& [header, state] : client.all<wire::State>()) {
            if (client.textOf(state.name) == "tier 1") {
                told.push_back(state.state);
            }
        }
        QCOMPARE(told.size(), std::size_t(10));
        // What was under way is told to its end before: behind it, it would be taken for lost.
        bool off = false;
        for (const ProbedClient::Kept& record : client.records) {
            const auto state = record.as<wire::State>();
            if (state && client.textOf(state->name) == "tier 1") {
                off = state->state == std::uint16_t(wire::ProbeState::Ignored);
            }
            QVERIFY(!off || (!record.as<wire::HttpRequest>() && !record.as<wire::HttpEnd>()));
        }
        QCOMPARE(told[0], int(wire::ProbeState::Ignored));
        QCOMPARE(told[1], int(wire::ProbeState::Ready));
        QCOMPARE(int(client.await(setTiers(1))->status()), int(wire::Status::Ok));
        QVERIFY(eventually([&] { return helper.descriptors()["bpf_link"] == 0; }));
        QVERIFY(client.detach(attached->number(wire::AttachKey::Target)));
    }

    void whoSwitchedTier1OffIsToldThatAnotherSwitchesItOn()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        QTemporaryDir folder;
        const std::string path = folder.filePath("socket").toStdString();
        RunningHelper helper({ "--socket", path });
        ProbedClient first(ProbedClient::connectTo(path));
        const auto attached = first.attach(server.pid());
        QVERIFY(attached);
        wire::FieldWriter fields;
        fields.integer(wire::AttachKey::Target, attached->number(wire::AttachKey::Target))
            .integer(wire::AttachKey::Tiers, 1);
        QVERIFY(first.await(first.ask(wire::Verb::SetTiers, fields)));
        const auto told = [&](wire::ProbeState wanted) {
            const auto states = first.all<wire::State>();
            return std::any_of(states.begin(), states.end(), [&](const auto& state) {
                return first.textOf(state.second.name) == "tier 1"
                    && state.second.state == std::uint16_t(wanted);
            });
        };
        QVERIFY(first.waitFor([&] { return told(wire::ProbeState::Ignored); }));
        QVERIFY(!told(wire::ProbeState::Ready));
        ProbedClient second(ProbedClient::connectTo(path));
        const auto again = second.attach(server.pid());
        QVERIFY(again && again->status() == wire::Status::Ok);
        QVERIFY(first.waitFor([&] { return told(wire::ProbeState::Ready); }));
    }

    /// The links of before are closed in the background; with both there everything would be told twice.
    void attachingAnewAtOnceTellsNothingTwice()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        RunningHelper helper;
        ProbedClient client(helper.stream());
        const auto first = client.attach(server.pid());
        QVERIFY(first);
        const int links = helper.descriptors()["bpf_link"];
        std::uint64_t target = first->number(wire::AttachKey::Target);
        for (int i = 0; i < 10; ++i) {
            QVERIFY(client.detach(target));
            const auto again = client.attach(server.pid());
            QVERIFY(again);
            const int now = helper.descriptors()["bpf_link"];
            QVERIFY2(now <= links, qPrintable(QStringLiteral("%1 links, %2 at first").arg(now).arg(links)));
            target = again->number(wire::AttachKey::Target);
            const std::size_t before = client.count<wire::HttpEnd>();
            QVERIFY(client.waitFor([&] { return client.count<wire::HttpEnd>() > before + 5; }));
        }
        QVERIFY(client.detach(target));
        QCOMPARE(shared->failed.load(), std::uint64_t(0));
    }
};

QTEST_GUILESS_MAIN(TestTiers)
#include "tst_tiers.moc"
