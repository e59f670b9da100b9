// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/engine_readings.h"
#include "core/live/loopback_get.h"
#include "core/live/metrics_poller.h"
#include "core/live/server_metrics.h"
#include "tests/support/metrics_server.h"

#include <QtTest>

#include <condition_variable>

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace prism;
using namespace prism::live;
using prism::test::MetricsServer;
using EngineMetric = wire::SampleMetric;
using std::chrono::milliseconds;

namespace {

std::optional<double> valueOf(const std::vector<MetricSample>& samples, EngineMetric metric)
{
    for (const MetricSample& sample : samples) {
        if (sample.metric == metric) {
            return sample.value;
        }
    }
    return std::nullopt;
}

MetricsAddress addressOf(const MetricsServer& server, std::string engine = "vllm")
{
    return { "127.0.0.1", server.port(), std::move(engine), {} };
}

constexpr const char* vllm = R"(# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_running{engine="1",model_name="m"} 2.0
vllm:num_requests_waiting{engine="0",model_name="m"} 1.0
vllm:num_requests_waiting_by_reason{engine="0",model_name="m",reason="capacity"} 64.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.5
vllm:gpu_cache_usage_perc{engine="0",model_name="m"} 0.9
# TYPE vllm:prompt_tokens_total counter
vllm:prompt_tokens_total{engine="0",model_name="m"} 7384.0
vllm:prompt_tokens_created{engine="0",model_name="m"} 1.7778e+09
vllm:generation_tokens_total{engine="0",model_name="m"} 6077.0
vllm:request_success_total{finished_reason="stop"} 10.0
vllm:request_success_total{finished_reason="length"} 5.0
vllm:num_preemptions_total{engine="0",model_name="m"} 4.0
vllm:prefix_cache_queries_total{engine="0",model_name="m"} 7384.0
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 6432.0
)";

/// A server in a network of its own, answering every connection with `vllm`.
class ServerApart {
public:
    ServerApart()
    {
        int pair[2];
        if (pipe2(pair, O_CLOEXEC) != 0) {
            return;
        }
        m_pid = fork();
        if (m_pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            const std::uint16_t port = begin();
            (void)!write(pair[1], &port, sizeof port);
            while (port != 0) {
                const int connection = accept(m_listen, nullptr, nullptr);
                char question[4096];
                (void)!read(connection, question, sizeof question);
                const std::string answer = std::string("HTTP/1.0 200 OK\r\n\r\n") + vllm;
                (void)!write(connection, answer.data(), answer.size());
                close(connection);
            }
            _exit(0);
        }
        close(pair[1]);
        (void)!read(pair[0], &m_port, sizeof m_port);
        close(pair[0]);
    }
    ~ServerApart()
    {
        kill(m_pid, SIGKILL);
        waitpid(m_pid, nullptr, 0);
    }
    ServerApart(const ServerApart&) = delete;
    ServerApart& operator=(const ServerApart&) = delete;

    std::uint16_t port() const { return m_port; } ///< 0: this machine does not allow it
    pid_t pid() const { return m_pid; }

private:
    std::uint16_t begin()
    {
        ifreq loopback {};
        std::strcpy(loopback.ifr_name, "lo");
        loopback.ifr_flags = IFF_UP;
        if (unshare(CLONE_NEWNET) != 0) {
            return 0;
        }
        m_listen = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t bytes = sizeof address;
        const bool listens = ioctl(m_listen, SIOCSIFFLAGS, &loopback) == 0
            && bind(m_listen, reinterpret_cast<const sockaddr*>(&address), bytes) == 0
            && listen(m_listen, 8) == 0
            && getsockname(m_listen, reinterpret_cast<sockaddr*>(&address), &bytes) == 0;
        return listens ? ntohs(address.sin_port) : 0;
    }

    pid_t m_pid = -1;
    int m_listen = -1;
    std::uint16_t m_port = 0;
};

ino_t networkOfThisThread()
{
    struct stat info { };
    return stat("/proc/thread-self/ns/net", &info) == 0 ? info.st_ino : 0;
}

SampleFact fact(std::int64_t seconds, EngineMetric metric, double value, TargetNumber target = 1)
{
    return { { seconds * 1'000'000'000 }, target, metric, 0, value };
}

} // namespace

class TestServerMetrics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesOfVllm();
    void namesOfOthers_data();
    void namesOfOthers();
    void whatCannotBeIsLeftOut();
    void whatIsNoAnswer_data();
    void whatIsNoAnswer();
    void addresses_data();
    void addresses();
    void aServerInANetworkOfItsOwnIsAskedThere();
    void refusalsSayWhatHelps();
    void asksOnceAndSaysWhoItIs();
    void answersThatAreNone_data();
    void answersThatAreNone();
    void aSilentServerIsLeft();
    void restsBetweenQuestions();
    void pollsUntilItEnds();
    void ratesOfCounters();
    void aServerThatWasStartedAgain();
    void hitsOfThePrefixCache();
    void readingsOfSeveralTargets();
};

void TestServerMetrics::namesOfVllm()
{
    const auto found = readServerMetrics(vllm);
    QVERIFY(found);
    QCOMPARE(found->engine, "vllm");
    QCOMPARE(valueOf(found->samples, EngineMetric::EngineRunning), std::optional(5.0));
    QCOMPARE(valueOf(found->samples, EngineMetric::EngineWaiting), std::optional(1.0));
    QCOMPARE(valueOf(found->samples, EngineMetric::EngineKvUsage), std::optional(0.5));
    QCOMPARE(valueOf(found->samples, EngineMetric::EnginePromptTokens), std::optional(7384.0));
    QCOMPARE(valueOf(found->samples, EngineMetric::EngineGenerationTokens), std::optional(6077.0));
    QCOMPARE(valueOf(found->samples, EngineMetric::EngineRequestsDone), std::optional(15.0));
    QCOMPARE(valueOf(found->samples, EngineMetric::EnginePreemptions), std::optional(4.0));
    QCOMPARE(valueOf(found->samples, EngineMetric::EnginePrefixQueries), std::optional(7384.0));
    QCOMPARE(valueOf(found->samples, EngineMetric::EnginePrefixHits), std::optional(6432.0));
    QCOMPARE(found->samples.size(), std::size_t(9));
}

void TestServerMetrics::namesOfOthers_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("engine");
    QTest::addColumn<int>("metric");
    QTest::addColumn<double>("value");
    const auto row
        = [](const char* name, const char* text, const char* engine, EngineMetric metric, double value) {
              QTest::newRow(name) << QByteArray(text) << QByteArray(engine) << int(metric) << value;
          };
    row("SGLang", "sglang:num_queue_reqs{model_name=\"m\"} 2826.0\nsglang:num_running_reqs 162\n", "sglang",
        EngineMetric::EngineWaiting, 2826);
    row("SGLang's KV cache", "sglang:token_usage 0.28\n", "sglang", EngineMetric::EngineKvUsage, 0.28);
    row("SGLang's hit rate", "sglang:cache_hit_rate 0.0075\n", "sglang", EngineMetric::EnginePrefixHitRate,
        0.0075);
    row("TGI", "# TYPE tgi_request_generated_tokens histogram\ntgi_request_generated_tokens_sum 12\n", "tgi",
        EngineMetric::EngineGenerationTokens, 12);
    row("TGI's batch", "tgi_batch_current_size 4\ntgi_queue_size 1\n", "tgi", EngineMetric::EngineRunning, 4);
    row("llama.cpp", "llamacpp:requests_processing 3\n", "llama.cpp", EngineMetric::EngineRunning, 3);
    row("llama.cpp's cache counts beside the prompt",
        "llamacpp:prompt_tokens_total 100\nllamacpp:prompt_tokens_cached_total 300\n", "llama.cpp",
        EngineMetric::EnginePrefixQueries, 400);
    row("an older vLLM", "vllm:gpu_cache_usage_perc 0.9\n", "vllm", EngineMetric::EngineKvUsage, 0.9);
}

void TestServerMetrics::namesOfOthers()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, engine);
    QFETCH(int, metric);
    QFETCH(double, value);
    const auto found = readServerMetrics(text.toStdString());
    QVERIFY(found);
    QCOMPARE(found->engine, engine.toStdString());
    QCOMPARE(valueOf(found->samples, static_cast<EngineMetric>(metric)), std::optional(value));
}

void TestServerMetrics::whatCannotBeIsLeftOut()
{
    const auto found = readServerMetrics("vllm:num_requests_running NaN\nvllm:num_requests_waiting -1\n"
                                         "vllm:kv_cache_usage_perc 1.5\nvllm:prompt_tokens_total +Inf\n"
                                         "vllm:generation_tokens_total 5\n");
    QVERIFY(found);
    QCOMPARE(found->samples.size(), std::size_t(1));
    QCOMPARE(found->samples[0].value, 5.0);
}

void TestServerMetrics::whatIsNoAnswer_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("other metrics") << QByteArray("process_cpu_seconds_total 5\n");
    QTest::newRow("JSON") << QByteArray("{\"error\": {\"code\": 501}}");
    QTest::newRow("HTML") << QByteArray("<html>\n");
    QTest::newRow("a line without end") << QByteArray(200'000, 'a');
}

void TestServerMetrics::whatIsNoAnswer()
{
    QFETCH(QByteArray, text);
    const auto found = readServerMetrics(text.toStdString());
    QVERIFY(!found);
    QVERIFY(!found.error().reason.empty());
}

void TestServerMetrics::addresses_data()
{
    QTest::addColumn<QByteArray>("listening");
    QTest::addColumn<QByteArray>("url");
    QTest::newRow("any") << QByteArray("0.0.0.0") << QByteArray("http://127.0.0.1:8000/metrics");
    QTest::newRow("not told") << QByteArray("") << QByteArray("http://127.0.0.1:8000/metrics");
    QTest::newRow("any, IPv6") << QByteArray("::") << QByteArray("http://[::1]:8000/metrics");
    QTest::newRow("one") << QByteArray("127.0.0.2") << QByteArray("http://127.0.0.2:8000/metrics");
}

void TestServerMetrics::addresses()
{
    QFETCH(QByteArray, listening);
    QFETCH(QByteArray, url);
    FoundServer server;
    server.pid = static_cast<std::uint32_t>(getpid());
    server.engine = "vllm";
    QVERIFY(!metricsAddressOf(server, true)); // no port
    server.ports = { 8000, 8001 };
    if (!listening.isEmpty()) {
        server.addresses = { listening.toStdString() };
    }
    QCOMPARE(QByteArray::fromStdString(metricsAddressOf(server, true)->url()), url);
    QVERIFY(!metricsAddressOf(server, false)); // on another machine
    server.container = "web"; // in the network of this machine
    QVERIFY(metricsAddressOf(server, true));
    server.pid = 0; // it may not be seen where it is: that port may be another server's here
    QVERIFY(!metricsAddressOf(server, true));
    server.container.clear();
    server.engine = "ollama";
    QVERIFY(!metricsAddressOf(server, true));
}

/// As in a container: the port of its network is asked, not the same port of ours.
void TestServerMetrics::aServerInANetworkOfItsOwnIsAskedThere()
{
    const ServerApart apart;
    if (apart.port() == 0) {
        QSKIP("making a network of one's own takes CAP_SYS_ADMIN");
    }
    FoundServer server;
    server.pid = static_cast<std::uint32_t>(apart.pid());
    server.engine = "vllm";
    server.ports = { apart.port() };
    const auto address = metricsAddressOf(server, true);
    QVERIFY2(address, address ? "" : address.error().text().c_str());
    QVERIFY(address->network != nullptr);
    const ino_t before = networkOfThisThread();
    for (int i = 0; i < 3; ++i) {
        const auto answer = askForMetrics(*address, milliseconds(5000));
        QVERIFY2(answer, answer ? "" : answer.error().text().c_str());
        QCOMPARE(answer->status, 200);
        QVERIFY(readServerMetrics(answer->body));
    }
    QCOMPARE(networkOfThisThread(), before);
    server.startTicks = 1; // the number went to another process
    QVERIFY(!metricsAddressOf(server, true));
}

void TestServerMetrics::refusalsSayWhatHelps()
{
    QVERIFY(refusedMetrics(501, "llama.cpp").find("--metrics") != std::string::npos);
    QVERIFY(refusedMetrics(404, "sglang").find("--enable-metrics") != std::string::npos);
    QVERIFY(refusedMetrics(401, "llama.cpp").find("key") != std::string::npos);
    QVERIFY(refusedMetrics(500, "vllm").find("500") != std::string::npos);
}

void TestServerMetrics::asksOnceAndSaysWhoItIs()
{
    MetricsServer server;
    server.answerText(vllm);
    const auto answer = askForMetrics(addressOf(server), milliseconds(20'000));
    QVERIFY(answer);
    QCOMPARE(answer->status, 200);
    QCOMPARE(answer->body, vllm);
    QCOMPARE(server.questions().size(), std::size_t(1));
    const std::string question = server.questions().front();
    QVERIFY(question.starts_with("GET /metrics HTTP/1.0\r\n"));
    QVERIFY(question.find("X-Request-Id: prism-metrics\r\n") != std::string::npos);
    // Without a length the end of the connection ends the answer.
    server.answer("HTTP/1.0 200 OK\r\n\r\nup 1\n");
    QCOMPARE(askForMetrics(addressOf(server), milliseconds(20'000))->body, "up 1\n");
}

void TestServerMetrics::answersThatAreNone_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::newRow("closed") << QByteArray();
    QTest::newRow("no HTTP") << QByteArray("SSH-2.0-OpenSSH_9.2\r\n");
    QTest::newRow("no HTTP, ended") << QByteArray("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    QTest::newRow("no status") << QByteArray("HTTP/1.1 abc\r\n\r\n");
    QTest::newRow("cut short") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nup 1\n");
    QTest::newRow("too long") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\nup 1\n");
    QTest::newRow("a length that is none") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nup\n");
    QTest::newRow("packed") << QByteArray("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nup 1\n");
    QTest::newRow("chunks") << QByteArray(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nup 1\n\r\n0\r\n\r\n");
    QTest::newRow("a head without end") << QByteArray("HTTP/1.1 200 OK\r\n") + QByteArray(100'000, 'a');
    QTest::newRow("more than may be") << QByteArray("HTTP/1.1 200 OK\r\n\r\n") + QByteArray(9 << 20, '\n');
}

void TestServerMetrics::answersThatAreNone()
{
    QFETCH(QByteArray, answer);
    MetricsServer server;
    server.answer(answer.toStdString());
    const auto got = askForMetrics(addressOf(server), milliseconds(20'000));
    QVERIFY(!got);
    QVERIFY(!got.error().reason.empty());
}

void TestServerMetrics::aSilentServerIsLeft()
{
    MetricsServer server;
    server.answer("silence");
    const auto late = askForMetrics(addressOf(server), milliseconds(50));
    QVERIFY(!late);
    QCOMPARE(late.error().reason, "it does not answer in time");
    // And at once when we end.
    const int wake = eventfd(1, EFD_CLOEXEC);
    const auto stopped = askForMetrics(addressOf(server), std::chrono::hours(1), wake);
    close(wake);
    QVERIFY(!stopped);
    // Nobody listens there.
    std::uint16_t port = 0;
    {
        const MetricsServer gone;
        port = gone.port();
    }
    QVERIFY(!askForMetrics({ "127.0.0.1", port, "vllm" }, milliseconds(20'000)));
    QVERIFY(!askForMetrics({ "localhost", port, "vllm" }, milliseconds(20'000)));
}

void TestServerMetrics::restsBetweenQuestions()
{
    const milliseconds every = MetricsPoller::usual;
    QCOMPARE(MetricsPoller::pause(every, milliseconds(5), 0), milliseconds(995));
    // A server that works long on the answer is asked less often.
    QCOMPARE(MetricsPoller::pause(every, milliseconds(200), 0), milliseconds(3800));
    QCOMPARE(MetricsPoller::pause(every, milliseconds(5), 1), milliseconds(2000));
    QCOMPARE(MetricsPoller::pause(every, milliseconds(5), 3), milliseconds(8000));
    QCOMPARE(MetricsPoller::pause(every, milliseconds(5), 40), milliseconds(30'000));
    QCOMPARE(MetricsPoller::pause(every, milliseconds(2000), 40), milliseconds(30'000));
}

void TestServerMetrics::pollsUntilItEnds()
{
    MetricsServer server;
    server.answerText(vllm);
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<MetricsReading> readings;
    const auto wait = [&](auto done) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(60), done);
    };
    {
        const MetricsPoller poller(
            addressOf(server, "llama.cpp"), milliseconds(1), [&](MetricsReading reading) {
                const std::lock_guard lock(mutex);
                readings.push_back(std::move(reading));
                changed.notify_all();
            });
        QVERIFY(wait([&] { return readings.size() >= 2; }));
        QVERIFY(readings[0].problem.empty());
        QCOMPARE(readings[0].samples.size(), std::size_t(9));
        QVERIFY(readings[1].atNs > readings[0].atNs);
        server.answerText("{}", "501 Not Implemented");
        QVERIFY(wait([&] { return !readings.back().problem.empty(); }));
        QVERIFY(readings.back().samples.empty());
        QCOMPARE(readings.back().problem, refusedMetrics(501, "llama.cpp"));
        // It is asked again: it may answer later.
        server.answerText(vllm);
        QVERIFY(wait([&] { return readings.back().problem.empty(); }));
        server.answer("silence"); // and is left at once
    }
    const std::size_t told = readings.size();
    QCOMPARE(readings.size(), told);
}

void TestServerMetrics::ratesOfCounters()
{
    EngineReadings readings;
    QVERIFY(!readings.sample(fact(1, EngineMetric::EngineRunning, 3)));
    QVERIFY(!readings.sample(fact(1, EngineMetric::EngineGenerationTokens, 1000)));
    const auto first = readings.flush();
    QVERIFY(first);
    QCOMPARE(first->running, std::optional(3.0));
    QVERIFY(!first->generationTokensPerSecond); // nothing to compare with
    QVERIFY(!readings.flush());
    // The next instant hands on the one before.
    (void)readings.sample(fact(3, EngineMetric::EngineGenerationTokens, 1200));
    const auto second = readings.sample(fact(4, EngineMetric::EngineRunning, 1));
    QVERIFY(second);
    QCOMPARE(second->generationTokensPerSecond, std::optional(100.0));
    QCOMPARE(second->since.value, std::int64_t(1'000'000'000));
    QVERIFY(!second->running);
}

void TestServerMetrics::aServerThatWasStartedAgain()
{
    EngineReadings readings;
    (void)readings.sample(fact(1, EngineMetric::EnginePreemptions, 5));
    (void)readings.sample(fact(2, EngineMetric::EnginePreemptions, 9));
    QCOMPARE(readings.sample(fact(3, EngineMetric::EnginePreemptions, 2))->preemptions, std::optional(4.0));
    QVERIFY(!readings.sample(fact(4, EngineMetric::EnginePreemptions, 3))->preemptions);
    QCOMPARE(readings.flush()->preemptions, std::optional(1.0));
}

void TestServerMetrics::hitsOfThePrefixCache()
{
    EngineReadings readings;
    const auto add = [&](std::int64_t at, double queries, double hits) {
        (void)readings.sample(fact(at, EngineMetric::EnginePrefixQueries, queries));
        (void)readings.sample(fact(at, EngineMetric::EnginePrefixHits, hits));
        return readings.flush()->prefixHitRate;
    };
    QVERIFY(!add(1, 100, 90));
    QCOMPARE(add(2, 200, 115), std::optional(0.25));
    QVERIFY(!add(3, 200, 115)); // nothing was looked up
    QVERIFY(!add(4, 50, 10)); // started again
    // A server that tells its own ratio.
    (void)readings.sample(fact(5, EngineMetric::EnginePrefixHitRate, 0.4));
    QCOMPARE(readings.flush()->prefixHitRate, std::optional(0.4));
}

void TestServerMetrics::readingsOfSeveralTargets()
{
    EngineReadings readings;
    (void)readings.sample(fact(1, EngineMetric::EnginePromptTokens, 10, 1));
    (void)readings.sample(fact(1, EngineMetric::EnginePromptTokens, 1000, 2));
    (void)readings.sample(fact(2, EngineMetric::EnginePromptTokens, 20, 1));
    const auto of1 = readings.sample(fact(2, EngineMetric::EnginePromptTokens, 1500, 2));
    QCOMPARE(of1->target, 1u);
    QCOMPARE(of1->promptTokensPerSecond, std::optional(10.0));
    QCOMPARE(readings.flush()->promptTokensPerSecond, std::optional(500.0));
}

QTEST_APPLESS_MAIN(TestServerMetrics)
#include "tst_server_metrics.moc"
