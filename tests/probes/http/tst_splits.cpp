// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "tests/probes/http/wire_scene.h"

#include <QFile>
#include <QtTest>
#include <rapidcheck.h>

using namespace prism;
using namespace prism::probes;

namespace {
struct Talk {
    std::string request;
    std::string answer;
};

/// Body of a recorded stream, each event a chunk, behind a header as the server sends it.
std::string recorded(const char* name)
{
    QFile file(QString(PRISM_TEST_DATA "/live/") + name);
    if (!file.open(QIODevice::ReadOnly)) {
        qFatal("no fixture %s", name);
    }
    const std::string text = file.readAll().toStdString();
    std::string_view body = text;
    if (const auto head = text.find("\r\n\r\n"); head != std::string::npos) {
        body = body.substr(head + 4);
    }
    std::string answer = streamHeader;
    while (!body.empty()) {
        const auto end = std::min(body.find("\n\n"), body.size() - 2) + 2;
        answer += chunk(body.substr(0, end));
        body.remove_prefix(end);
    }
    return answer + lastChunk;
}

const std::vector<Talk>& talks()
{
    static const std::vector<Talk> all {
        { post("/v1/chat/completions", R"({"stream":true})", "X-Request-Id: one\r\n"),
            recorded("llama_chat_stream.txt") },
        { post("/v1/completions?x=1", R"({"stream":true})"), recorded("llama_completion_stream.txt") },
        { post("/v1/chat/completions", R"({"stream":true})"), recorded("vllm_chat_stream.txt") },
        { post("/v1/completions", R"({"stream":true})"), recorded("vllm_completion_stream.txt") },
        { "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"data\":[]}" },
        { "POST /chunked HTTP/1.1\r\nTransfer-Encoding: "
          "chunked\r\n\r\n5\r\nhello\r\n10;x=y\r\n0123456789abcdef\r\n"
          "0\r\nTrailer: 1\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops" },
        { "HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" },
        { post("/api/chat", "{}"),
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
                + chunk("{\"message\":{\"role\":\"assistant\",\"content\":\"a\"},\"done\":false}\n")
                + chunk("{\"done\":true,\"prompt_eval_count\":3,\"eval_count\":1}\n") + lastChunk },
    };
    return all;
}

/// What is told of a request, whatever the writes were.
struct Outcome {
    std::string path;
    std::string key;
    std::uint64_t bodyBytes = 0;
    unsigned status = 0;
    unsigned flags = 0;
    unsigned reason = 0;
    std::uint64_t bytesIn = 0;
    std::uint64_t bytesOut = 0;
    Records::Sums sums;
    std::uint32_t completion = 0;

    bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& o)
{
    return out << o.path << ' ' << o.status << " reason " << o.reason << " in " << o.bytesIn << " out "
               << o.bytesOut << " events " << o.sums.events << " text " << o.sums.text;
}

Outcome outcome(const Records& told)
{
    Outcome o;
    if (told.requests.size() == 1 && told.ends.size() == 1 && told.answers.size() == 1) {
        o = { told.path(0), told.key(0), told.requests[0].body.bodyBytes, told.answers[0].body.status,
            told.answers[0].body.flags, told.ends[0].body.reason, told.ends[0].body.bytesIn,
            told.ends[0].body.bytesOut, told.sums(),
            told.usages.empty() ? 0 : told.usages[0].body.completionTokens };
    }
    return o;
}

void play(WireScene& scene, std::string_view bytes, bool input, const std::vector<std::size_t>& sizes)
{
    std::size_t i = 0;
    while (!bytes.empty()) {
        const std::size_t size = i < sizes.size() ? std::min(sizes[i++], bytes.size()) : bytes.size();
        input ? scene.read(bytes.substr(0, size)) : scene.write(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
}

std::vector<std::size_t> sizes()
{
    return *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::oneOf(rc::gen::inRange<std::size_t>(1, 6), rc::gen::inRange<std::size_t>(1, 700)));
}
} // namespace

class TestSplits : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recordedStreams()
    {
        for (std::size_t i = 0; i < 4; ++i) {
            WireScene scene;
            scene.opened();
            scene.copyIn = scene.copyOut = 1U << 30;
            scene.read(talks()[i].request);
            scene.write(talks()[i].answer);
            const Records told = scene.told();
            const auto sums = told.sums();
            QCOMPARE(told.ended(0), wire::EndReason::Complete);
            QCOMPARE(sums.done, 1u);
            QCOMPARE(sums.other, 0u);
            QCOMPARE(sums.role, i % 2 == 0 ? 1u : 0u);
            QVERIFY(sums.text > 3);
            QCOMPARE(sums.events, sums.text + sums.role + sums.done + sums.finish + sums.usage + sums.empty);
            QCOMPARE(told.usages.size(), i == 2 ? 0u : 1u);
            if (i != 2) {
                QCOMPARE(told.usages[0].body.completionTokens, sums.text + sums.empty);
            }
        }
    }

    /// Any split of a valid conversation into reads and writes tells the same.
    void anySplitTellsTheSame()
    {
        QVERIFY(rc::check([] {
            const Talk& talk = *rc::gen::elementOf(talks());
            WireScene whole;
            WireScene split;
            for (WireScene* scene : { &whole, &split }) {
                scene->opened();
                scene->copyIn = scene->copyOut = 1U << 30;
            }
            whole.read(talk.request);
            whole.write(talk.answer);
            play(split, talk.request, true, sizes());
            play(split, talk.answer, false, sizes());
            const Outcome expected = outcome(whole.told());
            RC_ASSERT(expected.reason == unsigned(wire::EndReason::Complete));
            RC_ASSERT(expected.bytesIn == talk.request.size());
            RC_ASSERT(expected.bytesOut == talk.answer.size());
            RC_ASSERT(outcome(split.told()) == expected);
        }));
    }

    /// One byte a call, the hardest split of all.
    void byteByByte()
    {
        for (const Talk& talk : talks()) {
            WireScene whole;
            WireScene split;
            whole.opened();
            split.opened();
            whole.copyOut = whole.copyIn = 1U << 30;
            whole.read(talk.request);
            whole.write(talk.answer);
            play(split, talk.request, true, std::vector<std::size_t>(talk.request.size(), 1));
            play(split, talk.answer, false, std::vector<std::size_t>(talk.answer.size(), 1));
            QVERIFY(outcome(whole.told()) == outcome(split.told()));
        }
    }

    /// Any split, several requests on a connection, and only a part of each call copied: no request too many,
    /// no event too many, no byte wrong, and what was missed is marked.
    void copiesOfAPartNeverInvent()
    {
        QVERIFY(rc::check([] {
            WireScene scene;
            scene.opened();
            scene.copyIn = 2000;
            scene.copyOut = *rc::gen::inRange<std::size_t>(200, 1200);
            const auto count = *rc::gen::inRange<std::size_t>(1, 4);
            std::vector<Talk> played;
            unsigned text = 0;
            unsigned events = 0;
            for (std::size_t i = 0; i < count; ++i) {
                const Talk& talk = *rc::gen::elementOf(talks());
                played.push_back(talk);
                WireScene whole;
                whole.opened();
                whole.copyIn = whole.copyOut = 1U << 30;
                whole.read(talk.request);
                whole.write(talk.answer);
                const auto sums = whole.told().sums();
                text += sums.text;
                events += sums.events;
                play(scene, talk.request, true, {});
                play(scene, talk.answer, false, sizes());
            }
            const Records told = scene.told();
            RC_ASSERT(told.requests.size() == count);
            RC_ASSERT(told.sums().text <= text);
            RC_ASSERT(told.sums().events <= events);
            bool marked = false;
            for (const auto& [header, chunk] : told.chunks) {
                marked = marked || (header.flags & wire::Truncated) != 0;
            }
            RC_ASSERT(marked || told.sums().events == events);
            for (std::size_t i = 0; i < told.ends.size(); ++i) {
                if (told.ended(i) == wire::EndReason::Complete) {
                    RC_ASSERT(told.ends[i].body.bytesOut == played[i].answer.size());
                }
                RC_ASSERT(told.ends[i].body.bytesIn == played[i].request.size());
                RC_ASSERT(told.path(i)
                    == outcome([&] {
                           WireScene whole;
                           whole.opened();
                           whole.read(played[i].request);
                           whole.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                           return whole.told();
                       }())
                           .path);
            }
        }));
    }

    /// Writes lost on the way: the same.
    void lostWritesNeverInvent()
    {
        QVERIFY(rc::check([] {
            const Talk& talk = talks()[*rc::gen::inRange<std::size_t>(0, 4)];
            WireScene whole;
            whole.opened();
            whole.copyOut = 1U << 30;
            whole.read(talk.request);
            whole.write(talk.answer);
            const auto expected = whole.told().sums();

            WireScene scene;
            scene.opened();
            scene.read(talk.request);
            const auto parts = sizes();
            std::string_view rest = talk.answer;
            std::size_t i = 0;
            while (!rest.empty()) {
                const std::size_t size = i < parts.size() ? std::min(parts[i], rest.size()) : rest.size();
                if (*rc::gen::inRange(0, 6) == 0) {
                    scene.loseWrite(rest.substr(0, size));
                } else {
                    scene.write(rest.substr(0, size));
                }
                rest.remove_prefix(size);
                ++i;
            }
            scene.localFinished();
            scene.closed();
            const Records told = scene.told();
            RC_ASSERT(told.sums().text <= expected.text);
            RC_ASSERT(told.sums().events <= expected.events);
            RC_ASSERT(told.ends.size() == 1u);
            if (told.ended(0) == wire::EndReason::Complete) {
                RC_ASSERT(told.ends[0].body.bytesOut == talk.answer.size());
            }
        }));
    }
};

QTEST_GUILESS_MAIN(TestSplits)
#include "tst_splits.moc"
