// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/recognise.h"

#include <QtTest>

using namespace prism::probes;

namespace {

ProcessFacts processOf(const QStringList& arguments)
{
    ProcessFacts facts;
    facts.pid = 7;
    for (const QString& argument : arguments) {
        facts.arguments.push_back(argument.toStdString());
    }
    return facts;
}

} // namespace

class TestRecognise : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void enginesAreKnownByTheirArguments_data()
    {
        QTest::addColumn<QString>("line"); // blanks part arguments
        QTest::addColumn<QString>("engine");
        QTest::addColumn<QString>("role");
        QTest::addColumn<QString>("model");
        QTest::addColumn<int>("port");
        const auto add
            = [](const char* name, const char* line, const char* engine, const char* role, const char* model,
                  int port) { QTest::newRow(name) << line << engine << role << model << port; };
        add("vLLM script", "/venv/bin/python3 /venv/bin/vllm serve meta-llama/Llama-3.1-8B --port 8123",
            "vllm", "server", "meta-llama/Llama-3.1-8B", 8123);
        add("vLLM module",
            "python3 -u -m vllm.entrypoints.openai.api_server --model=/models/x --served-model-name x8",
            "vllm", "server", "x8", 8000);
        add("vLLM, underscores",
            "python -m vllm.entrypoints.cli.main serve --served_model_name a --model /m/b/ --port 1", "vllm",
            "server", "a", 1);
        add("a folder alone", "vllm serve /models/tiny/", "vllm", "server", "tiny", 8000);
        add("vLLM engine", "VLLM::EngineCore", "vllm", "worker", "", 0);
        add("vLLM worker", "VLLM::Worker_TP0", "vllm", "worker", "", 0);
        add("vLLM front", "VLLM::APIServer_1", "vllm", "server", "", 0);
        add("vLLM under another prefix", "chat::EngineCore_DP1", "vllm", "worker", "", 0);
        add("SGLang", "python -m sglang.launch_server --model-path Qwen/Qwen3-8B --port 30001", "sglang",
            "server", "Qwen/Qwen3-8B", 30001);
        add("SGLang scheduler", "sglang::scheduler_TP0", "sglang", "worker", "", 0);
        add("SGLang router", "python -m sglang_router.launch_router --worker-urls http://127.0.0.1:30001",
            "sglang", "router", "", 30000);
        add("TGI launcher", "text-generation-launcher --model-id bigscience/bloom -p 8081", "tgi", "server",
            "bigscience/bloom", 8081);
        add("TGI shard", "/opt/python /opt/bin/text-generation-server serve bigscience/bloom", "tgi",
            "worker", "", 0);
        add("llama-server", "/opt/llama-server -m /m/Qwen2.5-7B-Q4_K_M.gguf -c 8192", "llama.cpp", "server",
            "Qwen2.5-7B-Q4_K_M.gguf", 8080);
        add("llama-server with a name", "llama-server -m /m/q.gguf --alias qwen --port 8081", "llama.cpp",
            "server", "qwen", 8081);
        add("llama-cpp-python", "python -m llama_cpp.server --model /m/q.gguf --model_alias q --port 8084",
            "llama-cpp-python", "server", "q", 8084);
        add("Ollama", "/usr/local/bin/ollama serve", "ollama", "server", "", 11434);
        add("Ollama runner", "/usr/local/bin/ollama runner --model /b/sha256-1 --port 41235", "ollama",
            "worker", "", 0);
        add("TensorRT-LLM", "/usr/bin/python3 /usr/local/bin/trtllm-serve Qwen/Qwen3-8B --port 8002",
            "tensorrt-llm", "server", "Qwen/Qwen3-8B", 8002);
        add("Triton", "tritonserver --model-repository=/models --http-port 8010", "triton", "server", "",
            8010);
        add("transformers", "/v/bin/python /v/bin/transformers serve --port 8005", "transformers", "server",
            "", 8005);
        add("LMDeploy", "/v/bin/python /v/bin/lmdeploy serve api_server internlm/x --server-port 23334",
            "lmdeploy", "server", "internlm/x", 23334);
    }
    void enginesAreKnownByTheirArguments()
    {
        QFETCH(QString, line);
        QFETCH(QString, engine);
        QFETCH(QString, role);
        QFETCH(QString, model);
        QFETCH(int, port);
        const auto found = recognise(processOf(line.split(QLatin1Char(' '))));
        QVERIFY(found);
        QCOMPARE(QString::fromUtf8(found->engine.data()), engine);
        QCOMPARE(QString::fromUtf8(roleName(found->role).data()), role);
        QCOMPARE(QString::fromStdString(found->model), model);
        QCOMPARE(found->ports.empty() ? 0 : int(found->ports[0]), port);
    }

    void othersAreNot_data()
    {
        QTest::addColumn<QString>("line");
        for (const char* line : { "python /venv/bin/vllm bench serve --model x", "vim vllm",
                 "grep vllm serve", "docker run vllm/vllm-openai --model x", "tail -f vllm.log",
                 "sh run-llama-server.sh", "python -c vllm", "ollama run llama3",
                 "python -m sglang.bench_serving --port 30000", "/usr/bin/foo::bar" }) {
            QTest::newRow(line) << line;
        }
    }
    void othersAreNot()
    {
        QFETCH(QString, line);
        QVERIFY(!recognise(processOf(line.split(QLatin1Char(' ')))));
    }

    void aShellThatStartsAServerIsNone()
    {
        QVERIFY(!recognise(
            processOf({ QStringLiteral("sh"), QStringLiteral("-c"), QStringLiteral("vllm serve x") })));
    }

    void secretsAreNotShown_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("shown");
        QTest::newRow("key, token and password") << QStringList { "vllm", "serve", "org/m", "--api-key",
            "SECRET", "--hf-token=SECRET", "--port", "8000", "--ssl-keyfile", "/SECRET", "--root-path",
            "SECRET", "--enforce-eager" } << QStringLiteral("vllm serve org/m --port 8000 --enforce-eager");
        QTest::newRow("words without an option") << QStringList { "vllm", "serve", "org/m", "--max-num-seqs",
            "8", "SECRET" } << QStringLiteral("vllm serve org/m --max-num-seqs 8");
        QTest::newRow("address with a password") << QStringList { "vllm", "serve", "--model",
            "https://u:SECRET@host/m", "--tokenizer", "https://h/t?token=SECRET" }
                                                 << QStringLiteral("vllm serve --model --tokenizer");
        QTest::newRow("one letter elsewhere") << QStringList { "vllm", "serve", "org/m", "-t", "SECRET",
            "-tp", "2" } << QStringLiteral("vllm serve org/m -tp 2");
        QTest::newRow("llama-server")
            << QStringList { "llama-server", "-m", "a.gguf", "-t", "4", "--api-key-file", "SECRET" }
            << QStringLiteral("llama-server -m a.gguf -t 4");
        QTest::newRow("an unknown program") << QStringList { "python3", "/srv/app.py", "--port", "1",
            "SECRET" } << QStringLiteral("python3 app.py");
        QTest::newRow("several names") << QStringList { "vllm", "serve", "m/x", "--served_model_name", "a",
            "b" } << QStringLiteral("vllm serve m/x --served_model_name a b");
        QTest::newRow("blanks") << QStringList { "vllm", "serve", "--rope-scaling", "{\"a\": 1}" }
                                << QStringLiteral("vllm serve --rope-scaling '{\"a\": 1}'");
    }
    void secretsAreNotShown()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, shown);
        const ProcessFacts process = processOf(arguments);
        const auto found = recognise(process);
        const std::string text = allowedCommand(
            parseCommandLine(process), found ? found->engine : "", found ? found->positional : std::string());
        QCOMPARE(QString::fromStdString(text), shown);
    }

    void proxiesAndRelaysAreTold()
    {
        QVERIFY(isReverseProxy(parseCommandLine(processOf({ QStringLiteral("nginx: worker process") }))));
        QVERIFY(isReverseProxy(
            parseCommandLine(processOf({ QStringLiteral("/usr/bin/envoy"), QStringLiteral("-c") }))));
        QVERIFY(isRelay(parseCommandLine(processOf({ QStringLiteral("/usr/bin/docker-proxy") }))));
        QVERIFY(isRelay(parseCommandLine(processOf({ QStringLiteral("sshd: user [priv]") }))));
        const ProcessFacts database = processOf({ QStringLiteral("/usr/sbin/postgres") });
        QVERIFY(!isPlausible(database, parseCommandLine(database), false));
    }
};

QTEST_GUILESS_MAIN(TestRecognise)
#include "tst_recognise.moc"
