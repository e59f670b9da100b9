// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "probes/helper/discovery/ask_models.h"
#include "probes/helper/discovery/server_text.h"
#include "tests/support/fake_server.h"
#include "tests/support/staged_process.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QtTest>

#include <random>

using namespace prism::probes;
namespace fake = prism::test::fake;
using prism::test::someUser;

namespace {

const std::string modelsAnswer
    = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
      "{\"object\": \"list\", \"data\": [{\"id\": \"org/told\", \"object\": \"model\", \"owned_by\": "
      "\"someone\"}]}";

/// vLLM with its engine and its worker, which listens on thirteen ports that are no servers.
void stageVllm(char** arguments, int port)
{
    fake::listenOn(port);
    ::prctl(PR_SET_NAME, "vllm");
    if (::fork() == 0) {
        fake::setTitle(arguments, "VLLM::EngineCore", "VLLM::EngineCore"); // the kernel cuts the name at 15
        if (::fork() == 0) {
            fake::setTitle(arguments, "VLLM::Worker", "VLLM::Worker");
            for (int i = 0; i < 13; ++i) {
                fake::listenOn(0);
            }
            fake::ready();
            fake::stay();
        }
        fake::ready();
        fake::stay();
    }
    fake::ready();
    fake::stay();
}

/// A supervisor that listens and two children that serve.
void stageSupervisor(char** arguments, int port)
{
    fake::listenOn(port);
    ::prctl(PR_SET_NAME, "vllm");
    for (const char* title : { "VLLM::APIServer_0", "VLLM::APIServer_1" }) {
        if (::fork() == 0) {
            fake::setTitle(arguments, title, title);
            fake::ready();
            fake::stay();
        }
    }
    fake::ready();
    fake::stay();
}

int runStage(const std::string& stage, char** arguments, int port)
{
    if (stage == "vllm") {
        stageVllm(arguments, port);
    } else if (stage == "supervisor") {
        stageSupervisor(arguments, port);
    } else if (stage == "shared") {
        fake::listenOn(port, true);
        fake::ready();
        fake::stay();
    } else if (stage == "answers") {
        const int listening = fake::listenOn(port);
        fake::ready();
        fake::answerAlways(listening, modelsAnswer);
    } else if (stage == "other") {
        const int listening = fake::listenOn(port);
        fake::ready();
        fake::answerAlways(listening, "HTTP/1.1 404 Not Found\r\n\r\n");
    } else if (stage == "keyed") {
        const int listening = fake::listenOn(port);
        fake::ready();
        fake::answerAlways(listening, "HTTP/1.1 401 Unauthorized\r\n\r\n{}");
    } else if (stage == "silent") {
        fake::listenOn(port);
        fake::ready();
        fake::stay();
    }
    return 4;
}

Discovery find(bool ask = true)
{
    DiscoveryOptions options;
    options.observer = Observer::current(::getuid(), 3, false);
    options.askModels = ask;
    options.askMilliseconds = 10'000; // a busy machine
    return findServers(options);
}

const Server* withPid(const Discovery& found, int pid)
{
    const auto at = std::ranges::find(found.servers, pid, &Server::pid);
    return at == found.servers.end() ? nullptr : &*at;
}

QVector<int> portsOf(const Server& server)
{
    QVector<int> ports;
    for (const Endpoint& endpoint : server.endpoints) {
        ports << endpoint.port;
    }
    return ports;
}

std::vector<std::string> vllmArguments(int port)
{
    return { "/v/bin/python3", "/v/bin/vllm", "serve", "org/tiny", "--port", std::to_string(port),
        "--api-key", "SECRET" };
}

} // namespace

/// Discovery on this machine, with processes that look like servers from outside.
class TestFakeServers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aWorkersPortsDoNotFoolIt()
    {
        const int port = fake::freePort();
        const fake::Server fake("vllm", vllmArguments(port), 3);
        QVERIFY(fake.running());
        const Discovery found = find();
        const Server* server = withPid(found, fake.pid());
        QVERIFY(server);
        QCOMPARE(server->engine, std::string("vllm"));
        QCOMPARE(server->model, std::string("org/tiny"));
        QCOMPARE(portsOf(*server), QVector<int>({ port }));
        QCOMPARE(server->processes.size(), 2U);
        QCOMPARE(server->role, Role::Server);
        QVERIFY(server->command.find("SECRET") == std::string::npos);
        for (const int worker : server->processes) {
            QVERIFY(!withPid(found, worker));
            const auto facts = ProcFolder().read(worker);
            QVERIFY(facts && facts->comm.size() <= 15 && facts->arguments.size() == 1);
        }
    }

    void aSupervisorIsTold()
    {
        const int port = fake::freePort();
        auto arguments = vllmArguments(port);
        arguments.insert(arguments.end(), { "--api-server-count", "2" });
        const fake::Server fake("supervisor", arguments, 3);
        QVERIFY(fake.running());
        const Discovery found = find();
        const Server* server = withPid(found, fake.pid());
        QVERIFY(server);
        QCOMPARE(server->role, Role::Supervisor);
        QCOMPARE(portsOf(*server), QVector<int>({ port }));
        QCOMPARE(server->processes.size(), 2U);
    }

    void twoOnOnePortAreTwo()
    {
        const int port = fake::freePort();
        const std::vector<std::string> arguments { "llama-server", "-m", "/m/a.gguf", "--port",
            std::to_string(port) };
        const fake::Server one("shared", arguments);
        const fake::Server two("shared", arguments);
        QVERIFY(one.running() && two.running());
        const Discovery found = find(false);
        for (const int pid : { one.pid(), two.pid() }) {
            QVERIFY(withPid(found, pid));
            QCOMPARE(portsOf(*withPid(found, pid)), QVector<int>({ port }));
        }
    }

    void whatSpeaksTheInterfaceIsFoundByAsking()
    {
        const int port = fake::freePort();
        const fake::Server speaks(
            "answers", { "/usr/bin/python3", "/srv/serve_api.py", "--port", std::to_string(port) });
        const fake::Server other("other", { "/usr/bin/python3", "/srv/web_app.py" });
        QVERIFY(speaks.running());
        const Discovery found = find();
        const Server* server = withPid(found, speaks.pid());
        QVERIFY(server);
        QCOMPARE(server->engine, std::string("openai-compatible"));
        QCOMPARE(server->model, std::string("org/told"));
        QCOMPARE(portsOf(*server), QVector<int>({ port }));
        QCOMPARE(server->command, std::string("python3 serve_api.py"));
        QVERIFY(!withPid(found, other.pid()));
        QVERIFY(!withPid(find(false), speaks.pid()));
    }

    /// As the helper is after it gave its rights up: root by name, without the right to change the user.
    void rootThatMayNotChangeItsUserAsksToo()
    {
        if (::geteuid() != 0) {
            QSKIP("only root has rights to give up");
        }
        const int port = fake::freePort();
        const fake::Server speaks(
            "answers", { "/usr/bin/python3", "/srv/serve_api.py", "--port", std::to_string(port) });
        QVERIFY(speaks.running());
        QProcess list;
        list.start(QStringLiteral("setpriv"),
            { "--bounding-set", "-setuid,-setgid", PRISM_BIN_DIR "/prism-probed", "list", "--json" });
        QVERIFY(list.waitForFinished());
        QVERIFY(list.readAllStandardOutput().contains("org/told"));
    }

    /// The service reaches no network: its clients ask.
    void whatCannotBeAskedIsToldAsSuch()
    {
        const int port = fake::freePort();
        const fake::Server speaks(
            "answers", { "/usr/bin/python3", "/srv/serve_api.py", "--port", std::to_string(port) });
        const fake::Server other("other", { "/usr/bin/python3", "/srv/train.py" });
        QVERIFY(speaks.running());
        DiscoveryOptions options;
        options.observer = Observer::current(::getuid(), 3, false);
        options.tellUnasked = true;
        const Discovery found = findServers(options);
        const Server* server = withPid(found, speaks.pid());
        QVERIFY(server);
        QVERIFY(server->unasked);
        QCOMPARE(portsOf(*server), QVector<int>({ port }));
        QVERIFY(!withPid(found, other.pid()));
    }

    /// Without the key nobody knows whether it is one.
    void whoAsksForAKeyIsToldAsUnasked()
    {
        const fake::Server keyed(
            "keyed", { "/usr/bin/python3", "/srv/serve_api.py", "--port", std::to_string(fake::freePort()) });
        const fake::Server other("other",
            { "/usr/bin/python3", "/srv/serve_more.py", "--port", std::to_string(fake::freePort()) });
        QVERIFY(keyed.running());
        QVERIFY(other.running());
        DiscoveryOptions options;
        options.observer = Observer::current(::getuid(), 3, false);
        options.tellUnasked = true;
        options.askModels = true;
        options.askMilliseconds = 10'000; // a busy machine
        const Discovery found = findServers(options);
        QVERIFY(withPid(found, keyed.pid()));
        QVERIFY(withPid(found, keyed.pid())->unasked);
        QVERIFY(!withPid(found, other.pid()));
    }

    void whoseModelNobodyAskedForIsToldAsSuch()
    {
        const fake::Server fake("answers", { "llama-server", "--port", std::to_string(fake::freePort()) });
        QVERIFY(fake.running());
        DiscoveryOptions options;
        options.observer = Observer::current(::getuid(), 3, false);
        options.tellUnasked = true;
        const Discovery unasked = findServers(options);
        QVERIFY(withPid(unasked, fake.pid()));
        QVERIFY(withPid(unasked, fake.pid())->modelUnasked);
        options.askModels = true;
        options.askMilliseconds = 5000;
        const Discovery asked = findServers(options);
        QVERIFY(withPid(asked, fake.pid()));
        QVERIFY(!withPid(asked, fake.pid())->modelUnasked);
        QCOMPARE(withPid(asked, fake.pid())->model, std::string("org/told"));
    }

    void theServerTellsTheModelThatItsArgumentsDoNot()
    {
        const int port = fake::freePort();
        const fake::Server fake("answers", { "llama-server", "--port", std::to_string(port) });
        QVERIFY(fake.running());
        const Discovery found = find();
        QVERIFY(withPid(found, fake.pid()));
        QCOMPARE(withPid(found, fake.pid())->model, std::string("org/told"));
    }

    void aServerThatNeverAnswersDelaysLittle()
    {
        const int port = fake::freePort();
        const fake::Server fake("silent", { "llama-server", "--port", std::to_string(port) });
        QVERIFY(fake.running());
        QElapsedTimer timer;
        timer.start();
        const auto answers
            = askModels({ { fake.pid(), false, "127.0.0.1", static_cast<std::uint16_t>(port) } }, 100);
        QVERIFY(timer.elapsed() < 5'000);
        QCOMPARE(answers.size(), 1U);
        QVERIFY(!answers[0].speaks);
    }

    void whatMightBreakIsNotAsked_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<bool>("chosenByKernel");
        QTest::newRow("a database") << QStringList { "/usr/lib/postgresql/15/bin/postgres" } << false;
        QTest::newRow("a training job") << QStringList { "/usr/bin/python3", "/srv/train_model.py" } << false;
        QTest::newRow("a port that the kernel chose")
            << QStringList { "/usr/bin/python3", "/srv/serve.py" } << true;
        QTest::newRow("a forwarder") << QStringList { "ssh", "-L", "8000:gpu:8000", "gpu" } << false;
    }
    void whatMightBreakIsNotAsked()
    {
        QFETCH(QStringList, arguments);
        QFETCH(bool, chosenByKernel);
        const int port = chosenByKernel ? 0 : fake::freePort();
        ::setenv("PRISM_FAKE_PORT", std::to_string(port).c_str(), 1);
        std::vector<std::string> values;
        for (const QString& argument : arguments) {
            values.push_back(argument.toStdString());
        }
        const fake::Server fake("answers", values);
        ::unsetenv("PRISM_FAKE_PORT");
        QVERIFY(fake.running());
        // It would answer in the form of the interface, so it would be listed if it were asked.
        QVERIFY(!withPid(find(), fake.pid()));
    }

    void otherNamespacesAreSeenInto()
    {
        if (::geteuid() != 0) {
            QSKIP("needs root: network, process and mount namespaces are made");
        }
        // A second fork inside, as the new process namespace begins with the first child.
        const fake::Server fake("answers", { "llama-server", "--port", "8000" }, 1, [] {
            if (::unshare(CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS) != 0) {
                ::_exit(5);
            }
            fake::raiseLoopback();
            const pid_t inner = ::fork();
            if (inner != 0) {
                ::waitpid(inner, nullptr, 0);
                ::_exit(0);
            }
        });
        if (!fake.running()) {
            QSKIP("this machine does not allow these namespaces");
        }
        const Discovery found = find();
        const auto server = std::ranges::find_if(found.servers, [&](const Server& each) {
            const auto facts = ProcFolder().read(each.pid);
            return facts && facts->parent == fake.pid();
        });
        QVERIFY(server != found.servers.end());
        QCOMPARE(portsOf(*server), QVector<int>({ 8000 }));
        QCOMPARE(server->innerPid, 1);
        QCOMPARE(server->model, std::string("org/told")); // asked from within
    }

    void anOrdinaryUserSeesOnlyWhatIsPublic()
    {
        if (::geteuid() != 0) {
            QSKIP("needs root: the server belongs to another user");
        }
        const int port = fake::freePort();
        const fake::Server fake("vllm", vllmArguments(port), 3);
        QVERIFY(fake.running());
        QProcess list;
        list.setChildProcessModifier([] {
            if (!prism::test::becomeUser(someUser)) {
                ::_exit(98);
            }
        });
        list.start(QStringLiteral(PRISM_BIN_DIR "/prism-probed"), { "list", "--json" });
        QVERIFY(list.waitForFinished());
        QJsonObject line;
        for (const QByteArray& each : list.readAllStandardOutput().split('\n')) {
            const QJsonObject object = QJsonDocument::fromJson(each).object();
            line = object["pid"].toInt() == fake.pid() ? object : line;
        }
        QCOMPARE(line["user"].toString(), QStringLiteral("root"));
        QVERIFY(!line.contains("command"));
        QVERIFY(line["notes"].toArray().at(0).toString().contains(QLatin1String("closed to you")));
        for (const QJsonValue& tier : line["tiers"].toArray()) {
            QVERIFY(!tier.toObject()["possible"].toBool());
            QVERIFY(!tier.toObject()["reason"].toString().isEmpty());
        }
    }

    void anyAnswerIsSurvived()
    {
        std::mt19937_64 random(20261128);
        for (int round = 0; round < 3000; ++round) {
            std::string bytes = modelsAnswer.substr(0, random() % (modelsAnswer.size() + 1));
            for (int i = 0; i < 3 && !bytes.empty(); ++i) {
                bytes[random() % bytes.size()] = static_cast<char>(random());
            }
            const ModelsAnswer answer = readModelsAnswer(bytes);
            QVERIFY(answer.model.size() <= 256);
        }
        QVERIFY(!readModelsAnswer("HTTP/1.1 200 OK\r\n\r\n<html>data</html>").speaks);
        const ModelsAnswer keyed = readModelsAnswer("HTTP/1.1 401 Unauthorized\r\n\r\n{}");
        QVERIFY(keyed.wantsKey);
        QVERIFY(!keyed.note.empty());
    }
};

int main(int count, char** arguments)
{
    if (const char* stage = std::getenv(fake::stageVariable)) {
        int port = std::getenv("PRISM_FAKE_PORT") ? std::atoi(std::getenv("PRISM_FAKE_PORT")) : 0;
        for (int i = 1; i + 1 < count; ++i) {
            if (std::strcmp(arguments[i], "--port") == 0) {
                port = std::atoi(arguments[i + 1]);
            }
        }
        return runStage(stage, arguments, port);
    }
    QCoreApplication application(count, arguments);
    TestFakeServers test;
    return QTest::qExec(&test, count, arguments);
}
#include "tst_fake_servers.moc"
