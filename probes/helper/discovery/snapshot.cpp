// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/snapshot.h"

#include "probes/helper/discovery/accelerators.h"
#include "probes/helper/discovery/containers.h"
#include "probes/helper/discovery/recognise.h"
#include "probes/helper/discovery/versions.h"

#include <algorithm>
#include <array>

namespace prism::probes {

namespace {

constexpr std::size_t mostFiles = 65536;

constexpr auto allowedVariables = std::to_array<std::string_view>({ "CUDA_DEVICE_MAX_CONNECTIONS",
    "CUDA_DEVICE_ORDER", "CUDA_LAUNCH_BLOCKING", "CUDA_MODULE_LOADING", "CUDA_VISIBLE_DEVICES",
    "FLASHINFER_ENABLE_AOT", "GGML_CUDA_ENABLE_UNIFIED_MEMORY", "GGML_VK_VISIBLE_DEVICES", "GOMAXPROCS",
    "HF_HUB_OFFLINE", "HIP_VISIBLE_DEVICES", "LLAMA_ARG_BATCH", "LLAMA_ARG_CONT_BATCHING",
    "LLAMA_ARG_CTX_SIZE", "LLAMA_ARG_FLASH_ATTN", "LLAMA_ARG_MODEL", "LLAMA_ARG_N_GPU_LAYERS",
    "LLAMA_ARG_N_PARALLEL", "LLAMA_ARG_PORT", "LLAMA_ARG_THREADS", "LLAMA_ARG_UBATCH", "MALLOC_ARENA_MAX",
    "MAX_BATCH_TOTAL_TOKENS", "MAX_INPUT_TOKENS", "MAX_TOTAL_TOKENS", "MKL_NUM_THREADS", "MODEL_ID",
    "NCCL_ALGO", "NCCL_CUMEM_ENABLE", "NCCL_DEBUG", "NCCL_IB_DISABLE", "NCCL_IB_HCA", "NCCL_MAX_NCHANNELS",
    "NCCL_MIN_NCHANNELS", "NCCL_NVLS_ENABLE", "NCCL_P2P_DISABLE", "NCCL_P2P_LEVEL", "NCCL_PROTO",
    "NCCL_SHM_DISABLE", "NCCL_SOCKET_IFNAME", "NVIDIA_VISIBLE_DEVICES", "OLLAMA_CONTEXT_LENGTH",
    "OLLAMA_FLASH_ATTENTION", "OLLAMA_GPU_OVERHEAD", "OLLAMA_KEEP_ALIVE", "OLLAMA_KV_CACHE_TYPE",
    "OLLAMA_LLM_LIBRARY", "OLLAMA_MAX_LOADED_MODELS", "OLLAMA_MAX_QUEUE", "OLLAMA_NUM_PARALLEL",
    "OLLAMA_SCHED_SPREAD", "OMP_NUM_THREADS", "OMP_PROC_BIND", "OPENBLAS_NUM_THREADS", "PYTHONHASHSEED",
    "PYTORCH_CUDA_ALLOC_CONF", "QUANTIZE", "ROCR_VISIBLE_DEVICES", "SGLANG_ENABLE_TORCH_COMPILE",
    "SGL_ENABLE_JIT_DEEPGEMM", "TOKENIZERS_PARALLELISM", "TORCH_CUDA_ARCH_LIST",
    "TORCH_NCCL_AVOID_RECORD_STREAMS", "TRTLLM_ENABLE_PDL", "UVICORN_WORKERS", "VLLM_ALL2ALL_BACKEND",
    "VLLM_ATTENTION_BACKEND", "VLLM_CPU_KVCACHE_SPACE", "VLLM_CPU_NUM_OF_RESERVED_CPU",
    "VLLM_CPU_OMP_THREADS_BIND", "VLLM_ENABLE_V1_MULTIPROCESSING", "VLLM_FLASH_ATTN_VERSION",
    "VLLM_USE_DEEP_GEMM", "VLLM_USE_FLASHINFER_SAMPLER", "VLLM_USE_RAY_COMPILED_DAG",
    "VLLM_USE_TRITON_FLASH_ATTN", "VLLM_USE_V1", "VLLM_WORKER_MULTIPROCESSING_METHOD" });

std::string firstLine(const std::string& path)
{
    const auto text = readFile(path, 4096);
    return text ? text->substr(0, text->find('\n')) : std::string();
}

class Facts {
public:
    void add(std::string name, std::string text)
    {
        if (!text.empty()) {
            m_all.emplace_back(std::move(name), std::move(text));
        }
    }
    Snapshot take() { return std::move(m_all); }

private:
    Snapshot m_all;
};

/// "model name : Xeon" of /proc/cpuinfo, whose names are padded with tabs.
std::string cpuInfo(std::string_view text, std::string_view key)
{
    for (const std::string_view line : lines(text)) {
        const std::size_t colon = line.find(':');
        if (line.starts_with(key) && colon != std::string_view::npos && colon + 2 <= line.size()) {
            return std::string(line.substr(colon + 2));
        }
    }
    return {};
}

void addMachine(Facts& facts, const std::string& root)
{
    facts.add("kernel", firstLine(root + "/proc/sys/kernel/osrelease"));
    const std::string cpu = readFile(root + "/proc/cpuinfo", 64u << 10).value_or("");
    facts.add("cpu", cpuInfo(cpu, "model name"));
    facts.add("cpu_mhz", cpuInfo(cpu, "cpu MHz"));
    facts.add("cpus_online", firstLine(root + "/sys/devices/system/cpu/online"));
    const std::string frequency = root + "/sys/devices/system/cpu/cpu0/cpufreq/";
    facts.add("cpu_governor", firstLine(frequency + "scaling_governor"));
    facts.add("cpu_max_khz", firstLine(frequency + "scaling_max_freq"));
    facts.add("cpu_boost", firstLine(root + "/sys/devices/system/cpu/cpufreq/boost"));
    facts.add("cpu_smt", firstLine(root + "/sys/devices/system/cpu/smt/control"));
    const std::string memory = readFile(root + "/proc/meminfo", 8192).value_or("");
    if (const auto total = words(statusValue(memory, "MemTotal")); !total.empty()) {
        const auto kibibytes = numberIn<std::uint64_t>(total[0]);
        facts.add("memory_bytes", kibibytes ? std::to_string(*kibibytes * 1024) : "");
    }
    facts.add("transparent_hugepages", firstLine(root + "/sys/kernel/mm/transparent_hugepage/enabled"));
}

/// Limits of the innermost control group; of version 1 those of the controller.
void addControlGroup(Facts& facts, const ProcFolder& proc, int pid, const std::string& root)
{
    const std::string groups = readFile(proc.path(pid, "cgroup"), 16384).value_or("");
    for (const std::string_view line : lines(groups)) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first == std::string_view::npos ? first : first + 1);
        if (second == std::string_view::npos || line.find("..") != std::string_view::npos) {
            continue;
        }
        const std::string controllers(line.substr(first + 1, second - first - 1));
        const std::string path(line.substr(second + 1));
        if (controllers.empty()) {
            const std::string folder = root + "/sys/fs/cgroup" + path + '/';
            facts.add("cgroup_cpu_max", firstLine(folder + "cpu.max"));
            facts.add("cgroup_cpu_weight", firstLine(folder + "cpu.weight"));
            facts.add("cgroup_memory_max", firstLine(folder + "memory.max"));
            facts.add("cgroup_cpus", firstLine(folder + "cpuset.cpus.effective"));
        } else if (controllers == "cpu" || controllers == "cpu,cpuacct") {
            const std::string folder = root + "/sys/fs/cgroup/cpu" + path + '/';
            facts.add("cgroup_cpu_quota_us", firstLine(folder + "cpu.cfs_quota_us"));
            facts.add("cgroup_cpu_period_us", firstLine(folder + "cpu.cfs_period_us"));
        } else if (controllers == "memory") {
            facts.add("cgroup_memory_max",
                firstLine(root + "/sys/fs/cgroup/memory" + path + "/memory.limit_in_bytes"));
        }
    }
}

void addProcess(Facts& facts, const ProcFolder& proc, int pid)
{
    const std::string status = readFile(proc.path(pid, "status"), 16384).value_or("");
    facts.add("cpus_allowed", std::string(statusValue(status, "Cpus_allowed_list")));
    facts.add("threads", std::string(statusValue(status, "Threads")));
    facts.add("seccomp", std::string(statusValue(status, "Seccomp")));
    const std::string stat = readFile(proc.path(pid, "stat"), 4096).value_or("");
    if (const auto fields = statFields(stat); fields.size() > 16) {
        facts.add("nice", std::string(fields[16]));
    }
}

} // namespace

Snapshot allowedEnvironment(std::string_view environ)
{
    Snapshot allowed;
    while (!environ.empty()) {
        const std::size_t end = std::min(environ.find('\0'), environ.size());
        const std::string_view variable = environ.substr(0, end);
        environ.remove_prefix(std::min(end + 1, environ.size()));
        const std::size_t equals = variable.find('=');
        const bool known = equals != std::string_view::npos
            && std::ranges::find(allowedVariables, variable.substr(0, equals)) != allowedVariables.end();
        if (known) {
            allowed.emplace_back(
                "env." + std::string(variable.substr(0, equals)), variable.substr(equals + 1));
        }
    }
    std::ranges::sort(allowed);
    return allowed;
}

Snapshot snapshotOf(int pid, const std::string& root)
{
    const ProcFolder proc(root + "/proc");
    Facts facts;
    if (const auto process = proc.read(pid)) {
        const CommandLine command = parseCommandLine(*process);
        const auto recognised = recognise(*process);
        if (recognised) {
            facts.add("engine", std::string(recognised->engine));
            facts.add(
                "engine_version", distributionVersion(proc, *process, command, recognised->distributions));
            facts.add("model", recognised->model);
        }
        facts.add("command",
            allowedCommand(command, recognised ? recognised->engine : "",
                recognised ? recognised->positional : std::string()));
        facts.add("executable", process->executable);
    }
    std::size_t budget = mostFiles;
    const Accelerators accelerators = Accelerators::readFiles(root);
    for (const std::string& text : accelerators.of({ pid }, proc.openFiles(pid, budget).devices)) {
        facts.add("accelerator", text);
    }
    facts.add("gpu_driver", accelerators.driverVersion());
    Container container = containerOf(readFile(proc.path(pid, "cgroup"), 16384).value_or(""),
        readFile(proc.path(pid, "mountinfo"), 256u << 10).value_or(""));
    nameContainer(container, root);
    facts.add("container", container ? container.text() : "");
    for (auto& [name, value] :
        allowedEnvironment(readFile(proc.path(pid, "environ"), 1u << 20).value_or(""))) {
        facts.add(name, value);
    }
    addProcess(facts, proc, pid);
    addControlGroup(facts, proc, pid, root);
    addMachine(facts, root);
    return facts.take();
}

} // namespace prism::probes
