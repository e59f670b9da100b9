// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/test_servers.h"
#include "prism_test_paths.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace prism::test {

namespace {

const QString smallServers = QStringLiteral(PRISM_SOURCE_DIR "/tests/probes/servers/small/");
const QString testPrograms = QStringLiteral(PRISM_BIN_DIR "/../tests/");

struct Start {
    QString program;
    QStringList arguments;
};

Start startOf(const QString& kind)
{
    if (kind == QLatin1String("threads")) {
        return { QStringLiteral("/usr/bin/python3"), { smallServers + QStringLiteral("threads.py") } };
    }
    if (kind == QLatin1String("asyncio") || kind == QLatin1String("uvloop")) {
        return { QStringLiteral("/usr/bin/python3"), { smallServers + QStringLiteral("asgi.py"), kind } };
    }
    if (kind == QLatin1String("node")) {
        return { QStandardPaths::findExecutable(kind), { smallServers + QStringLiteral("node.mjs") } };
    }
    if (kind == QLatin1String("go")) {
        return { testPrograms + QStringLiteral("go_server"), {} };
    }
    if (kind == QLatin1String("uring")) {
        return { testPrograms + QStringLiteral("uring_server"), {} };
    }
    return { testPrograms + QStringLiteral("shaped_server"), {} };
}

QString cached(const char* server)
{
    const QString cache = qEnvironmentVariable("XDG_CACHE_HOME");
    return (cache.isEmpty() ? QDir::homePath() + QStringLiteral("/.cache") : cache)
        + QStringLiteral("/prism-tests/") + QLatin1String(server);
}

/// Serves when /health says so.
void waitForHealth(RunningServer& server, std::uint16_t port)
{
    while (server.program->running()) {
        if (get(port, "/health").starts_with("HTTP/1.1 200")) {
            server.port = port;
            break;
        }
        server.program->waitForEnd(50);
    }
}

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

} // namespace

RunningServer startServer(const QString& kind, const QStringList& arguments)
{
    const Start start = startOf(kind);
    RunningServer server;
    server.program = std::make_unique<RunningProgram>(start.program, start.arguments + arguments);
    server.port = server.program->waitForLine("listening ").toUShort();
    return server;
}

QString missingServer(const QString& kind)
{
    const Start start = startOf(kind);
    if (!QFileInfo(start.program).isExecutable()) {
        return kind + QStringLiteral(" is not installed (packaging/test does it)");
    }
    if (kind == QLatin1String("asyncio") || kind == QLatin1String("uvloop")) {
        RunningProgram probe(
            start.program, { QStringLiteral("-c"), QStringLiteral("import uvicorn, uvloop, httptools") });
        probe.waitForEnd();
        if (probe.exitCode() != 0) {
            return QStringLiteral("python3-uvicorn, python3-uvloop or python3-httptools is not installed");
        }
    }
    return {};
}

QString missingLlama()
{
    return QFileInfo::exists(cached("llama") + QStringLiteral("/complete"))
        ? QString()
        : QStringLiteral(
            "llama.cpp's server is not in the cache (tests/probes/servers/real/make_cache llama)");
}

RunningServer startLlama(int sequences)
{
    const QString folder = cached("llama");
    RunningServer server;
    // It takes port 0 for 8080, so that a free one is looked up; another program may be quicker, then it
    // ends.
    const std::uint16_t port = freePort();
    server.program = std::make_unique<RunningProgram>(folder + QStringLiteral("/bin/llama-server"),
        QStringList { QStringLiteral("-m"), folder + QStringLiteral("/model/rand-tiny-llama.gguf"),
            QStringLiteral("--alias"), QStringLiteral("rand-tiny-llama"), QStringLiteral("--host"),
            QStringLiteral("127.0.0.1"), QStringLiteral("--port"), QString::number(port),
            QStringLiteral("-t"), QStringLiteral("1"), QStringLiteral("-tb"), QStringLiteral("1"),
            QStringLiteral("-c"), QString::number(512 * sequences), QStringLiteral("-np"),
            QString::number(sequences), QStringLiteral("--metrics"), QStringLiteral("--log-disable") });
    waitForHealth(server, port);
    return server;
}

QString missingVllm()
{
    if (qEnvironmentVariableIntValue("PRISM_REAL_SERVERS") == 0) {
        return QStringLiteral("vLLM takes gigabytes and minutes: packaging/test --servers tries it");
    }
    return QFileInfo::exists(cached("vllm") + QStringLiteral("/complete"))
        ? QString()
        : QStringLiteral("vLLM is not in the cache (tests/probes/servers/real/make_cache vllm)");
}

RunningServer startVllm(int apiServers)
{
    const QString folder = cached("vllm");
    const std::uint16_t port = freePort();
    // Its sockets are never removed by itself: they live and go in a folder of the test.
    const auto sockets = std::make_shared<QTemporaryDir>();
    RunningServer server;
    server.keep = sockets;
    server.program = std::make_unique<RunningProgram>(folder + QStringLiteral("/venv/bin/python"),
        QStringList { folder + QStringLiteral("/venv/bin/vllm"), QStringLiteral("serve"),
            folder + QStringLiteral("/model"), QStringLiteral("--served-model-name"), QStringLiteral("tiny"),
            QStringLiteral("--host"), QStringLiteral("127.0.0.1"), QStringLiteral("--port"),
            QString::number(port), QStringLiteral("--max-model-len"), QStringLiteral("2048"),
            QStringLiteral("--dtype"), QStringLiteral("bfloat16"), QStringLiteral("--enforce-eager"),
            QStringLiteral("--max-num-seqs"), QStringLiteral("256"), QStringLiteral("--api-server-count"),
            QString::number(apiServers), QStringLiteral("--disable-uvicorn-access-log"),
            QStringLiteral("--uvicorn-log-level"), QStringLiteral("error") },
        QStringList { QStringLiteral("HF_HUB_OFFLINE=1"), QStringLiteral("TRANSFORMERS_OFFLINE=1"),
            QStringLiteral("VLLM_NO_USAGE_STATS=1"), QStringLiteral("DO_NOT_TRACK=1"),
            QStringLiteral("VLLM_CPU_KVCACHE_SPACE=1"), QStringLiteral("VLLM_LOGGING_LEVEL=ERROR"),
            QStringLiteral("VLLM_RPC_BASE_PATH=") + sockets->path() });
    waitForHealth(server, port);
    return server;
}

std::uint16_t freePort()
{
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return ntohs(address.sin_port);
}

std::string get(std::uint16_t port, const std::string& path)
{
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    std::string answer;
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
        char piece[4096];
        for (ssize_t got = 0; (got = ::recv(socket, piece, sizeof piece, 0)) > 0;) {
            answer.append(piece, static_cast<std::size_t>(got));
        }
    }
    ::close(socket);
    return answer;
}

} // namespace prism::test
