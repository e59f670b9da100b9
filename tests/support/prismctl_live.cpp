// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/prismctl_live.h"

#include "prism_test_paths.h"

#include <QFile>
#include <QJsonDocument>
#include <QProcess>

#include <array>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace prism::test {

QList<QJsonObject> Ran::lines() const
{
    QList<QJsonObject> objects;
    for (const QString& line : out.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
        objects << QJsonDocument::fromJson(line.toUtf8()).object();
    }
    return objects;
}

bool hasPrismctl()
{
    return QFile::exists(QStringLiteral(PRISM_BIN_DIR "/prismctl"));
}

Ran prismctl(const QStringList& arguments)
{
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("TZ", "UTC");
    process.setProcessEnvironment(environment);
    process.start(QStringLiteral(PRISM_BIN_DIR "/prismctl"), arguments);
    if (!process.waitForFinished(60000)) {
        process.kill();
    }
    return { process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
        QString::fromUtf8(process.readAllStandardOutput()),
        QString::fromUtf8(process.readAllStandardError()) };
}

live::FoundServer tinyServer()
{
    live::FoundServer s;
    s.pid = 4711;
    s.user = "alice";
    s.engine = "vllm";
    s.engineVersion = "0.32.0";
    s.model = "tiny";
    s.ports = { 8000 };
    s.tiers = { { 1, true, {}, {} } };
    return s;
}

std::vector<std::byte> story(live::TargetNumber target)
{
    MadeStream stream;
    stream.target = target;
    stream.connection(2 * second, 1, wire::ConnectionRole::Server, 8000, 40000);
    for (int i = 0; i < 2; ++i) {
        ScriptedRequest script;
        script.number = static_cast<std::uint32_t>(i);
        script.arrival = (2 + i) * second;
        script.tokens = 3;
        script.usage = i == 0;
        stream.request(script);
    }
    wire::Loss loss {};
    loss.program = stream.text("http_send");
    loss.cpu = 1;
    loss.reason = static_cast<std::uint16_t>(wire::LossReason::RingFull);
    loss.final = 1;
    loss.attempted = 120000;
    loss.emitted = 119988;
    loss.dropped = 12;
    stream.add(wire::Source::Supervisor, 5 * second, loss);
    wire::Cost cost {};
    cost.program = stream.text("http_send");
    cost.runs = 120000;
    cost.runNs = 41'200'000;
    stream.add(wire::Source::Supervisor, 5 * second, cost);
    wire::State state {};
    state.name = stream.text("target");
    state.state = static_cast<std::uint16_t>(wire::ProbeState::Gone);
    state.hint = stream.text("The process ended.");
    stream.add(wire::Source::Supervisor, 6 * second, state);
    return stream.take();
}

std::vector<std::byte> shortStory(live::TargetNumber target, int count, std::int64_t first, std::int64_t end)
{
    MadeStream stream;
    stream.target = target;
    stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
    for (int i = 0; i < count; ++i) {
        ScriptedRequest script;
        script.number = static_cast<std::uint32_t>(i);
        script.arrival = first + i * 200 * millisecond;
        script.tokens = 3;
        stream.request(script);
    }
    wire::State state {};
    state.name = stream.text("http_send");
    state.state = static_cast<std::uint16_t>(wire::ProbeState::Silent);
    state.hint = stream.text("The server speaks TLS: times and bytes only.");
    stream.add(wire::Source::Supervisor, end - 1, state);
    state.name = stream.text("target");
    state.state = static_cast<std::uint16_t>(wire::ProbeState::Gone);
    state.hint = stream.text("The process ended.");
    stream.add(wire::Source::Supervisor, end, state);
    return stream.take();
}

Terminal atTerminal(const std::vector<std::string>& words, const QByteArray& at, const QByteArray& keys,
    const std::function<bool(const QByteArray&)>& again)
{
    const winsize size { 24, 80, 0, 0 };
    std::vector<char*> arguments;
    std::vector<std::string> all { "prismctl" };
    all.insert(all.end(), words.begin(), words.end());
    for (std::string& word : all) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    int master = -1;
    const pid_t pid = forkpty(&master, nullptr, nullptr, &size);
    if (pid == 0) {
        execv(PRISM_BIN_DIR "/prismctl", arguments.data());
        _exit(127);
    }
    Terminal terminal;
    std::array<char, 4096> buffer {};
    bool asked = false;
    for (ssize_t n = 0; pid > 0 && (n = read(master, buffer.data(), buffer.size())) > 0;) {
        terminal.seen.append(buffer.data(), n);
        const bool now = asked ? again && again(terminal.seen) : terminal.seen.contains(at);
        if (now) {
            asked = write(master, keys.constData(), static_cast<std::size_t>(keys.size())) == keys.size();
        }
    }
    int status = -1;
    if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)) {
        terminal.status = WEXITSTATUS(status);
    }
    close(master);
    return terminal;
}

} // namespace prism::test
