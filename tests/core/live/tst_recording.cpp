// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/recording.h"
#include "core/live/recording_reader.h"
#include "core/live/session.h"
#include "tests/support/fake_helper.h"
#include "tests/support/made_stream.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace prism;
using namespace prism::live;
using prism::test::FakeHelper;
using prism::test::MadeStream;
using prism::test::millisecond;
using prism::test::ScriptedRequest;
using prism::test::second;

namespace {

Target target()
{
    Target t;
    t.number = 1;
    t.server.pid = 4711;
    t.server.engine = "vllm";
    t.server.model = "tiny";
    t.start = { second };
    t.startUnixNs = 1'700'000'001'000'000'000;
    t.snapshot = { { "kernel", "6.18" } };
    return t;
}

/// A stream of `count` requests in frames of one request each.
std::vector<std::vector<std::byte>> frames(int count)
{
    MadeStream stream;
    stream.clock(second);
    stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
    std::vector<std::vector<std::byte>> out;
    for (int i = 0; i < count; ++i) {
        ScriptedRequest script;
        script.number = static_cast<std::uint32_t>(i);
        script.arrival = (2 + i) * second;
        script.firstTokenAfter = (20 + i % 7) * millisecond;
        stream.request(script);
        out.push_back(stream.take());
    }
    return out;
}

std::string record(const QTemporaryDir& folder, int count, std::size_t budget = 256u << 20,
    const std::vector<Mark>& marks = {})
{
    const std::string file = folder.filePath("s.prismlive").toStdString();
    Recording recording(budget);
    recording.session("fake 1.0", "here");
    recording.target(target());
    for (const auto& frame : frames(count)) {
        recording.records(frame);
        recording.tick({ INT64_MAX });
    }
    for (const Mark& mark : marks) {
        recording.mark(mark);
    }
    const auto opened = recording.open(file);
    const auto closed = recording.close();
    if (!opened || !closed) {
        qFatal("%s", (opened ? closed.error() : opened.error()).text().c_str());
    }
    return file;
}

std::unique_ptr<Session> played(const std::string& file)
{
    auto session = Session::replay(file);
    if (!session) {
        qFatal("%s", session.error().text().c_str());
    }
    // A wait for the thread, not for time.
    if (!QTest::qWaitFor([&] { return (*session)->status().phase == Phase::Ended; }, 30000)) {
        qFatal("the replay does not end");
    }
    return std::move(*session);
}

QByteArray bytesOf(const std::string& file)
{
    QFile f(QString::fromStdString(file));
    if (!f.open(QIODevice::ReadOnly)) {
        qFatal("%s", file.c_str());
    }
    return f.readAll();
}

void write(const std::string& file, const QByteArray& bytes)
{
    QFile f(QString::fromStdString(file));
    if (!f.open(QIODevice::WriteOnly | QIODevice::Truncate) || f.write(bytes) != bytes.size()) {
        qFatal("%s", file.c_str());
    }
}

} // namespace

class TestRecording : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatIsReplayedIsWhatWasSeen()
    {
        QTemporaryDir folder;
        const auto session = played(record(folder, 30, 256u << 20,
            { { 1, { 3 * second }, {}, "slow here" }, { 2, { 4 * second }, {}, "gone" },
                { 2, { 4 * second }, {}, {} } }));
        const live::Status status = session->status();
        QVERIFY2(status.endReason.empty(), status.endReason.c_str());
        QCOMPARE(status.helper, std::string("fake 1.0"));
        QCOMPARE(status.targets.size(), std::size_t(1));
        QCOMPARE(status.targets[0].server.engine, std::string("vllm"));
        QCOMPARE(status.targets[0].server.pid, 4711u);
        QCOMPARE(status.targets[0].snapshot.front().text, std::string("6.18"));
        QCOMPARE(status.loss.dropped, 0u);
        const Increment all = session->since({});
        QCOMPARE(all.ended.size(), std::size_t(30));
        for (std::size_t i = 0; i < 30; ++i) {
            QCOMPARE(all.ended[i]->id, i + 1);
            QCOMPARE(all.ended[i]->ttft()->value, double(20 + i % 7));
            QCOMPARE(all.ended[i]->path, std::string("/v1/chat/completions"));
        }
        QVERIFY(all.marks);
        QCOMPARE(all.marks->size(), std::size_t(1));
        QCOMPARE(all.marks->front().text, std::string("slow here"));
    }

    void aLiveSessionIsRecordedFromItsBegin()
    {
        QTemporaryDir folder;
        const std::string file = folder.filePath("live.prismlive").toStdString();
        FakeHelper helper;
        const auto session = Session::connect(helper.address());
        QVERIFY(session);
        const auto attached = (*session)->attach({ 4711, 0, { 1 }, true });
        QVERIFY(attached);
        const auto parts = frames(10);
        for (int i = 0; i < 5; ++i) {
            helper.send(parts[static_cast<std::size_t>(i)]);
        }
        QVERIFY(QTest::qWaitFor([&] { return (*session)->status().requests == 5; }, 30000));
        QVERIFY((*session)->record(file)); // memory still has the first five
        QVERIFY(!(*session)->record(folder.filePath("other").toStdString()));
        QCOMPARE((*session)->status().recordingFile, file);
        (void)(*session)->addMark({ 3 * second }, {}, "a note");
        for (int i = 5; i < 10; ++i) {
            helper.send(parts[static_cast<std::size_t>(i)]);
        }
        QVERIFY(QTest::qWaitFor([&] { return (*session)->status().requests == 10; }, 30000));
        const auto saved = (*session)->stopRecording();
        QVERIFY(saved);
        QVERIFY(saved->complete);
        QCOMPARE(qint64(saved->bytes), qint64(bytesOf(file).size()));
        QVERIFY(!(*session)->record(file)); // never written over
        const auto again = played(file);
        QCOMPARE(again->since({}).ended.size(), std::size_t(10));
        QCOMPARE(again->since({}).marks->size(), std::size_t(1));
        QCOMPARE(again->status().targets.front().server.pid, 4711u);
    }

    /// Of a session that began long ago, the keys of requests that are forgotten are not kept for ever.
    void whatWasDroppedLeavesItsPathsAndNoKeys()
    {
        QTemporaryDir folder;
        const std::string file = folder.filePath("late.prismlive").toStdString();
        Recording recording(64u << 10);
        recording.target(target());
        MadeStream stream;
        stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
        const int many = int(RecentTexts::most) + 2000;
        for (int i = 0; i < many; ++i) {
            const std::string key = "gateway-" + std::to_string(i);
            // A path that is told late still has its place.
            ScriptedRequest script;
            script.number = static_cast<std::uint32_t>(i);
            script.arrival = second + (i + 1) * millisecond;
            script.firstTokenAfter = script.gap = 0;
            script.tokens = 1;
            script.key = key;
            script.path = i < many - 1000 ? "/v1/completions" : "/v1/chat/completions";
            stream.request(script);
            if (i % 100 == 99 || i == many - 1) {
                recording.records(stream.take());
            }
        }
        QVERIFY(recording.open(file));
        QVERIFY(recording.close());
        QVERIFY(recording.droppedUntil());
        const auto session = played(file);
        const auto ended = session->since({}).ended;
        QVERIFY(!ended.empty());
        for (const RequestPtr& request : ended) {
            QVERIFY(!request->path.empty());
            QCOMPARE(request->key, "gateway-" + std::to_string(request->onConnection));
        }
        QCOMPARE(session->status().loss.dropped, 0u);
    }

    void whatIsRecordedBySudoBelongsToWhoTypedIt()
    {
        if (geteuid() != 0) {
            QSKIP("needs root");
        }
        QTemporaryDir folder;
        const auto ownerOf = [](const std::string& file) {
            struct stat info { };
            return stat(file.c_str(), &info) == 0 ? std::pair(int(info.st_uid), int(info.st_gid))
                                                  : std::pair(-1, -1);
        };
        qputenv("SUDO_UID", "12345");
        qputenv("SUDO_GID", "12346");
        const std::string theirs = record(folder, 2);
        QCOMPARE(ownerOf(theirs), std::pair(12345, 12346));
        QVERIFY(QFile::remove(QString::fromStdString(theirs)));
        qputenv("SUDO_UID", "12x");
        QCOMPARE(ownerOf(record(folder, 2)), std::pair(0, int(getegid())));
        qunsetenv("SUDO_UID");
        qunsetenv("SUDO_GID");
    }

    void aCutFilePlaysUpToTheCut()
    {
        QTemporaryDir folder;
        const std::string file = record(folder, 30);
        const QByteArray whole = bytesOf(file);
        std::size_t before = 0;
        for (const double share : { 0.3, 0.6, 0.97 }) {
            write(file, whole.left(int(double(whole.size()) * share)));
            const auto session = played(file);
            const std::string reason = session->status().endReason;
            QVERIFY2(reason.find("cut off at byte") != std::string::npos
                    || reason.find("not ended in good order") != std::string::npos,
                reason.c_str());
            const std::size_t ended = session->since({}).ended.size();
            QVERIFY(ended >= before && ended <= 30);
            before = ended;
        }
        QVERIFY(before > 20);
    }

    void anAlteredFilePlaysUpToTheDamage()
    {
        QTemporaryDir folder;
        const std::string file = record(folder, 30);
        const QByteArray whole = bytesOf(file);
        for (int at = 64; at < whole.size(); at += 97) {
            QByteArray altered = whole;
            altered[at] = char(altered[at] ^ 0x40);
            write(file, altered);
            const auto session = played(file);
            QVERIFY(session->status().endReason.find("byte") != std::string::npos);
            for (const RequestPtr& request : session->since({}).ended) {
                QCOMPARE(request->tokenEvents, request->ended == Ended::Complete ? 8u : request->tokenEvents);
            }
        }
    }

    void otherFilesAreRefused()
    {
        QTemporaryDir folder;
        const std::string file = folder.filePath("x").toStdString();
        write(file, "{}");
        QVERIFY(!Session::replay(file));
        QByteArray later = "prism-live recording 2\n";
        later.resize(64);
        write(file, later);
        const auto session = Session::replay(file);
        QVERIFY(!session);
        QVERIFY(session.error().text().find("version 2") != std::string::npos);
        QVERIFY(!Session::replay(folder.filePath("none").toStdString()));
    }

    void memoryIsBoundedAndTheRestStandsByItself()
    {
        QTemporaryDir folder;
        Recording recording(12'000);
        recording.session("fake 1.0", "here");
        recording.target(target());
        for (const auto& frame : frames(200)) {
            recording.records(frame);
            recording.tick({ INT64_MAX });
            QVERIFY(recording.memoryBytes() <= 12'000);
        }
        QVERIFY(recording.droppedUntil().has_value());
        const std::string file = folder.filePath("late.prismlive").toStdString();
        QVERIFY(recording.open(file));
        const auto closed = recording.close();
        QVERIFY(closed);
        QVERIFY(!closed->complete);
        const auto session = played(file);
        const live::Status status = session->status();
        QVERIFY2(status.endReason.empty(), status.endReason.c_str());
        QCOMPARE(status.loss.dropped, 0u); // what is missing ahead is no loss of the stream
        QCOMPARE(status.targets.front().server.engine, std::string("vllm"));
        const auto ended = session->since({}).ended;
        QVERIFY(ended.size() > 5 && ended.size() < 200);
        for (const RequestPtr& request : ended) {
            QCOMPARE(request->path, std::string("/v1/chat/completions")); // its text was told long ago
        }
    }

    void speedIsKept()
    {
        QTemporaryDir folder;
        const std::string file = record(folder, 3); // the records of 3 s
        auto session = Session::replay(file, 1e-6);
        QVERIFY(session);
        QVERIFY(QTest::qWaitFor([&] { return (*session)->status().records > 0; }, 30000));
        QCOMPARE((*session)->status().phase, Phase::Replaying);
        (*session)->setSpeed(0);
        QVERIFY(QTest::qWaitFor([&] { return (*session)->status().phase == Phase::Ended; }, 30000));
        QCOMPARE((*session)->since({}).ended.size(), std::size_t(3));
    }

    /// A helper tells the time long before somebody attaches, and long after the server has ended: a day each
    /// here, which would take minutes.
    void whatLiesBeforeAndBehindTheTargetIsNotWaitedFor()
    {
        constexpr std::int64_t day = 86'400 * second;
        const QTemporaryDir folder;
        const std::string file = folder.filePath("s.prismlive").toStdString();
        Recording recording(256u << 20);
        recording.session("fake 1.0", "here");
        MadeStream stream;
        stream.clock(second);
        recording.records(stream.take());
        Target late = target();
        late.start = { day };
        recording.target(late);
        ScriptedRequest script;
        script.arrival = day + second;
        stream.connection(day, 1, wire::ConnectionRole::Server, 8000, 40000);
        stream.request(script);
        stream.clock(day + 2 * second);
        recording.records(stream.take());
        recording.detached(1);
        stream.clock(2 * day);
        recording.records(stream.take());
        QVERIFY(recording.open(file) && recording.close());
        const auto session = Session::replay(file, 200);
        QVERIFY(session);
        QTRY_COMPARE_WITH_TIMEOUT((*session)->status().phase, Phase::Ended, 60'000);
        QCOMPARE((*session)->status().requests, 1u);
        QCOMPARE((*session)->status().now.value, day + 2 * second);
    }

    void aPlaceThatCannotBeWrittenIsSaid()
    {
        Recording recording(1u << 20);
        QVERIFY(!recording.open("/dev/full")); // it is there already
        QTemporaryDir folder;
        QVERIFY(!recording.open(folder.filePath("no/such/folder").toStdString()));
        QVERIFY(recording.problem().empty());
        recording.records(frames(1).front());
    }
};

QTEST_GUILESS_MAIN(TestRecording)
#include "tst_recording.moc"
