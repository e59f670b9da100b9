// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/limits.h"
#include "core/live/session.h"
#include "tests/support/fake_helper.h"
#include "tests/support/made_stream.h"

#include <QTemporaryDir>
#include <QTest>

#include <condition_variable>

using namespace prism;
using namespace prism::live;
using prism::test::FakeHelper;
using prism::test::MadeStream;
using prism::test::millisecond;
using prism::test::ScriptedRequest;
using prism::test::second;

namespace {

SloLimit limit(const char* text)
{
    const auto read = limitFromText(text);
    return read ? *read : SloLimit {};
}

/// Waits until a session says that something changed and `done` holds.
bool until(Session& session, const std::function<bool()>& done)
{
    std::mutex mutex;
    std::condition_variable changed;
    session.onChange([&] { changed.notify_all(); }, std::chrono::milliseconds(1));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    std::unique_lock lock(mutex);
    bool is = done();
    while (!is && std::chrono::steady_clock::now() < deadline) {
        changed.wait_for(lock, std::chrono::milliseconds(50));
        is = done();
    }
    lock.unlock();
    session.onChange({}, {});
    return is;
}

/// Two requests: a first token after 50 ms and after 400 ms.
std::vector<std::byte> twoRequests()
{
    MadeStream stream;
    stream.connection(2 * second, 1, wire::ConnectionRole::Server, 8000, 40000);
    for (std::uint32_t i = 0; i < 2; ++i) {
        ScriptedRequest script;
        script.number = i;
        script.arrival = (2 + i) * second;
        script.firstTokenAfter = (i == 0 ? 50 : 400) * millisecond;
        stream.request(script);
    }
    return stream.take();
}

} // namespace

class TestLimits : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void textAndBack()
    {
        for (const char* text : { "ttft:p99<=500", "itl:p50<=12.5", "e2e:max<=10000", "tpot:mean<=0.1" }) {
            const auto read = limitFromText(text);
            QVERIFY2(read, text);
            QCOMPARE(limitText(*read), std::string(text));
        }
        QCOMPARE(limitText(limit("ttft<=500")), std::string("ttft:p99<=500"));
    }

    void whatIsNoLimitOnARequestIsRefused_data()
    {
        QTest::addColumn<QString>("text");
        for (const char* text : { "", "ttft", "ttft>=5", "ttft<=", "ttft<=5x", "ttft<=-1", "ttft<=0",
                 "ttft<=nan", "ttft<=inf", "ttft:often<=5", "output_throughput<=5", "none<=5", "<=5" }) {
            QTest::newRow(*text ? text : "empty") << QString::fromLatin1(text);
        }
    }
    void whatIsNoLimitOnARequestIsRefused()
    {
        QFETCH(QString, text);
        const auto read = limitFromText(text.toStdString());
        QVERIFY(!read);
        QVERIFY(read.error().text().find("ttft:p99<=500") != std::string::npos);
    }

    void aRunningRequestBreaksWhatItCannotHoldAnyMore()
    {
        const std::vector<SloLimit> limits { limit("ttft<=100"), limit("e2e<=1000"), limit("itl<=10") };
        Request request;
        request.arrival = Nanoseconds { second };
        const auto at = [&](std::int64_t afterMs) {
            return brokenSoFar(request, limits, { second + afterMs * millisecond });
        };
        QCOMPARE(at(99), 0U);
        QCOMPARE(at(101), 1U); // no first token in time
        QCOMPARE(at(1001), 3U);
        request.firstToken = Nanoseconds { second + 90 * millisecond };
        QCOMPARE(at(101), 0U); // it came in time
        request.firstToken = Nanoseconds { second + 110 * millisecond };
        QCOMPARE(at(112), 1U);
        request.arrival.reset(); // ran already at the attach: nothing is known
        QCOMPARE(at(5000), 0U);
    }

    void runningRequestsCarryThem()
    {
        FakeHelper helper;
        MadeStream stream;
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.connection(2 * second, 1, wire::ConnectionRole::Server, 8000, 40000);
        stream.asked(script);
        stream.clock(3 * second);
        helper.send(stream.take());
        auto session = Session::connect(helper.address());
        QVERIFY(session);
        (*session)->setLimits({ limit("e2e<=100000"), limit("ttft<=500") });
        QVERIFY((*session)->attach({ 4711, 0, { 0, 1 }, true }));
        std::vector<RequestPtr> running;
        QVERIFY(until(**session, [&] {
            running = (*session)->since({}).running;
            return running.size() == 1 && running[0]->broken != 0;
        }));
        QCOMPARE(running[0]->broken, 2U); // a second without a first token
    }

    void aRecordingKeepsItsLimits()
    {
        QTemporaryDir folder;
        const std::string file = folder.filePath("a.prismlive").toStdString();
        FakeHelper helper;
        helper.send(twoRequests());
        {
            auto session = Session::connect(helper.address());
            QVERIFY(session);
            (*session)->setLimits({ limit("ttft<=300") });
            QVERIFY((*session)->attach({ 4711, 0, { 0, 1 }, true }));
            QVERIFY(until(**session, [&] { return (*session)->since({}).ended.size() == 2; }));
            QVERIFY((*session)->record(file));
            QVERIFY((*session)->stopRecording());
        }
        const auto broken = [&](std::vector<SloLimit> given) {
            auto session = Session::replay(file, 0, {}, std::move(given));
            std::vector<std::uint32_t> bits;
            if (session && until(**session, [&] {
                    const live::Status status = (*session)->status();
                    return status.phase == Phase::Ended && !status.judging;
                })) {
                for (const RequestPtr& request : (*session)->since({}).ended) {
                    bits.push_back(request->broken);
                }
            }
            return bits;
        };
        QCOMPARE(broken({}), (std::vector<std::uint32_t> { 0, 1 }));
        // Those that are given win.
        QCOMPARE(broken({ limit("ttft<=1000"), limit("e2e<=100") }), (std::vector<std::uint32_t> { 2, 2 }));
    }
};

QTEST_GUILESS_MAIN(TestLimits)
#include "tst_limits.moc"
