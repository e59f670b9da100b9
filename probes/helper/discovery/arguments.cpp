// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/arguments.h"

#include <algorithm>
#include <array>

namespace prism::probes {

namespace {

/// Options whose values describe the set-up: models, lengths, parallelism, precision, batching. Written with
/// '-'. Paths among them are models and templates. An option that is not here is not shown.
constexpr auto allowedOptions = std::to_array<std::string_view>({ "--alias", "--api-server-count",
    "--attention-backend", "--attn-backend", "--backend", "--batch-size", "--block-size", "--cache-reuse",
    "--cache-type-k", "--cache-type-v", "--chunked-prefill-size", "--compilation-config", "--config-format",
    "--context-length", "--cont-batching", "--cpu-offload-gb", "--ctx-size", "--cuda-graph-max-bs",
    "--cuda-graphs", "--cuda-memory-fraction", "--data-parallel-backend", "--data-parallel-size",
    "--data-parallel-size-local", "--decode-context-parallel-size", "--device", "--disable-cuda-graph",
    "--disable-log-requests", "--disable-log-stats", "--disable-overlap-schedule", "--disable-radix-cache",
    "--disaggregation-mode", "--distributed-executor-backend", "--dp", "--dp-size", "--draft-max",
    "--draft-min", "--dtype", "--enable-auto-tool-choice", "--enable-chunked-prefill",
    "--enable-dp-attention", "--enable-eplb", "--enable-expert-parallel", "--enable-lora", "--enable-metrics",
    "--enable-prefix-caching", "--enable-torch-compile", "--enforce-eager", "--ep", "--ep-size",
    "--expert-parallel-size", "--flash-attn", "--gpu-layers", "--gpu-memory-utilization", "--hf-file",
    "--hf-repo", "--host", "--http-port", "--kv-cache-dtype", "--kv-cache-free-gpu-memory-fraction",
    "--load-format", "--main-gpu", "--max-batch-prefill-tokens", "--max-batch-size",
    "--max-batch-total-tokens", "--max-beam-width", "--max-concurrent-requests", "--max-input-tokens",
    "--max-input-length", "--max-model-len", "--max-num-batched-tokens", "--max-num-seqs", "--max-num-tokens",
    "--max-running-requests", "--max-seq-len", "--max-total-tokens", "--max-waiting-tokens",
    "--mem-fraction-static", "--metrics", "--mlock", "--model", "--model-alias", "--model-draft",
    "--model-id", "--model-name", "--model-path", "--model-repository", "--moe-a2a-backend",
    "--moe-runner-backend", "--n-batch", "--n-ctx", "--n-gpu-layers", "--n-threads", "--n-ubatch", "--nnodes",
    "--no-enable-prefix-caching", "--no-mmap", "--node-rank", "--np", "--num-scheduler-steps", "--num-shard",
    "--num-speculative-tokens", "--page-size", "--parallel", "--pipeline-parallel-size", "--policy", "--port",
    "--pp", "--pp-size", "--quantization", "--quantize", "--quant-policy", "--revision", "--reasoning-parser",
    "--rope-scaling", "--sampling-backend", "--schedule-conservativeness", "--schedule-policy",
    "--scheduling-policy", "--seed", "--served-model-name", "--server-port", "--sharded", "--slots",
    "--speculative-algorithm", "--speculative-config", "--speculative-num-draft-tokens",
    "--speculative-num-steps", "--split-mode", "--stream-interval", "--swap-space", "--tensor-parallel-size",
    "--tensor-split", "--threads", "--threads-batch", "--tokenizer", "--tokenizer-mode", "--tool-call-parser",
    "--tp", "--tp-size", "--trust-remote-code", "--ubatch-size", "-dp", "-pp", "-tp" });

/// One letter means another thing to each program: these only to llama-server.
constexpr auto allowedOfLlamaServer = std::to_array<std::string_view>({ "-a", "-b", "-c", "-cb", "-ctk",
    "-ctv", "-fa", "-hf", "-m", "-mg", "-ngl", "-np", "-sm", "-t", "-tb", "-ts", "-ub" });

std::string dashed(std::string_view option)
{
    std::string name(option.substr(0, option.find('=')));
    std::ranges::replace(name, '_', '-');
    return name;
}

bool isOption(std::string_view argument)
{
    // "-1" and "-0.5" are values.
    return argument.size() >= 2 && argument[0] == '-' && !(argument[1] >= '0' && argument[1] <= '9');
}

bool isInterpreter(std::string_view name)
{
    return name.starts_with("python") || name.starts_with("pypy") || name == "node" || name == "nodejs"
        || name == "ruby" || name == "java" || name == "bun" || name == "deno";
}

/// An address with a password or a query may hide in any value.
bool looksSecret(std::string_view value)
{
    return value.find("://") != std::string_view::npos && value.find_first_of("@?") != std::string_view::npos;
}

std::string shellWord(std::string_view word)
{
    constexpr std::string_view plain
        = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) {
        return std::string(word);
    }
    std::string quoted = "'";
    for (const char c : word) {
        if (c == '\'') {
            quoted += "'\\''";
        } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
            quoted += c;
        }
    }
    return quoted + '\'';
}

} // namespace

std::string_view baseName(std::string_view path)
{
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

CommandLine parseCommandLine(const ProcessFacts& process)
{
    CommandLine command;
    const auto& arguments = process.arguments;
    if (arguments.empty()) {
        return command;
    }
    command.program = std::string(baseName(arguments[0]));
    const std::string firstWord = arguments[0].substr(0, arguments[0].find(' '));
    if (arguments.size() == 1 && firstWord.ends_with(':')) {
        command.program = firstWord; // a title: "nginx: master process /usr/sbin/nginx"
    }
    std::size_t next = 1;
    if (isInterpreter(command.program)) {
        command.interpreter = command.program;
        command.program.clear();
        while (next < arguments.size() && isOption(arguments[next])) {
            const std::string& flag = arguments[next++];
            if (flag == "-m" && next < arguments.size()) {
                command.program = arguments[next++];
                break;
            }
            if (flag == "-c" || flag == "-e") {
                next = arguments.size();
            } else if (flag == "-X" || flag == "-W") {
                ++next;
            }
        }
        if (command.program.empty() && next < arguments.size()) {
            command.script = arguments[next++];
            command.program = std::string(baseName(command.script));
        }
    }
    for (; next < arguments.size(); ++next) {
        command.rest.push_back(arguments[next]);
    }
    return command;
}

std::vector<std::string> optionValues(
    std::span<const std::string> arguments, std::initializer_list<std::string_view> names)
{
    std::vector<std::string> values;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (!isOption(arguments[i]) || std::ranges::find(names, dashed(arguments[i])) == names.end()) {
            continue;
        }
        if (const std::size_t equals = arguments[i].find('='); equals != std::string::npos) {
            values.push_back(arguments[i].substr(equals + 1));
        }
        while (i + 1 < arguments.size() && !isOption(arguments[i + 1])) {
            values.push_back(arguments[++i]);
        }
    }
    return values;
}

std::optional<std::string> optionValue(
    std::span<const std::string> arguments, std::initializer_list<std::string_view> names)
{
    const auto values = optionValues(arguments, names);
    return values.empty() ? std::nullopt : std::optional(values.front());
}

bool hasOption(std::span<const std::string> arguments, std::initializer_list<std::string_view> names)
{
    return std::ranges::any_of(arguments, [&](const std::string& argument) {
        return isOption(argument) && std::ranges::find(names, dashed(argument)) != names.end();
    });
}

static bool isAllowed(std::string_view option, std::string_view engine)
{
    const std::string name = dashed(option);
    return std::ranges::find(allowedOptions, name) != allowedOptions.end()
        || (engine == "llama.cpp"
            && std::ranges::find(allowedOfLlamaServer, name) != allowedOfLlamaServer.end());
}

std::string allowedCommand(
    const CommandLine& command, std::string_view engine, std::string_view positionalModel)
{
    std::string text;
    const auto add = [&text](std::string_view word) {
        text += text.empty() ? "" : " ";
        text += shellWord(word);
    };
    if (!command.interpreter.empty()) {
        add(command.interpreter);
        if (command.script.empty() && !command.program.empty()) {
            add("-m");
        }
    }
    add(command.program);
    if (engine.empty()) {
        return text; // what its arguments mean is not known
    }
    std::size_t values = 0; // that the option before this argument may still have
    bool leading = true; // in front of the first option stand sub-commands
    for (const std::string& argument : command.rest) {
        if (isOption(argument)) {
            leading = false;
            const bool allowed = isAllowed(argument, engine) && !looksSecret(argument);
            const bool several = dashed(argument) == "--served-model-name";
            values = !allowed || argument.find('=') != std::string::npos ? 0 : several ? 16 : 1;
            if (allowed) {
                add(argument);
            }
            continue;
        }
        const bool subCommand
            = leading && (argument == "serve" || argument == "api_server" || argument == "runner");
        if (!looksSecret(argument) && (values > 0 || subCommand || argument == positionalModel)) {
            add(argument);
        }
        values -= values > 0 ? 1 : 0;
    }
    return text;
}

} // namespace prism::probes
