// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/accelerators.h"

#include "probes/helper/discovery/proc.h"

#include <algorithm>
#include <array>
#include <dlfcn.h>
#include <filesystem>
#include <set>

namespace prism::probes {

namespace {

/// What we call of NVML (nvml.h of the CUDA toolkit); results are nvmlReturn_t, 0 is success.
struct Nvml {
    using Device = struct DeviceHandle*;
    struct ProcessInfo {
        unsigned pid;
        unsigned long long usedMemory;
        unsigned gpuInstance;
        unsigned computeInstance;
    };
    int (*init)() = nullptr;
    int (*shutdown)() = nullptr;
    int (*driverVersion)(char*, unsigned) = nullptr;
    int (*count)(unsigned*) = nullptr;
    int (*handle)(unsigned, Device*) = nullptr;
    int (*name)(Device, char*, unsigned) = nullptr;
    int (*minorNumber)(Device, unsigned*) = nullptr;
    int (*processes)(Device, unsigned*, ProcessInfo*) = nullptr;

    bool load(void* library)
    {
        const auto find = [library](auto& function, const char* symbol) {
            function
                = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, symbol));
            return function != nullptr;
        };
        return find(init, "nvmlInit_v2") && find(shutdown, "nvmlShutdown")
            && find(driverVersion, "nvmlSystemGetDriverVersion") && find(count, "nvmlDeviceGetCount_v2")
            && find(handle, "nvmlDeviceGetHandleByIndex_v2") && find(name, "nvmlDeviceGetName")
            && find(minorNumber, "nvmlDeviceGetMinorNumber")
            && find(processes, "nvmlDeviceGetComputeRunningProcesses_v3");
    }
};

} // namespace

Accelerators Accelerators::read(const std::string& root)
{
    Accelerators all;
    if (root.empty()) {
        all.readNvml();
    }
    if (!all.m_nvml) {
        all.readDriverFiles(root);
    }
    return all;
}

Accelerators Accelerators::readFiles(const std::string& root)
{
    Accelerators all;
    all.readDriverFiles(root);
    return all;
}

void Accelerators::readNvml()
{
    // Never closed: unloading drivers' libraries is not safe in a process with threads.
    void* library = ::dlopen("libnvidia-ml.so.1", RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        m_whyNot = "NVIDIA's management library (libnvidia-ml.so.1) is not installed";
        return;
    }
    Nvml nvml;
    if (!nvml.load(library)) {
        m_whyNot = "NVIDIA's management library is older than we can use (R510)";
        return;
    }
    if (const int error = nvml.init(); error != 0) {
        m_whyNot = "NVIDIA's management library does not start (error " + std::to_string(error) + ')';
        return;
    }
    m_nvml = true;
    std::array<char, 96> text {};
    if (nvml.driverVersion(text.data(), text.size()) == 0) {
        m_driver = text.data();
    }
    unsigned devices = 0;
    nvml.count(&devices);
    for (unsigned index = 0; index < devices; ++index) {
        Nvml::Device device = nullptr;
        if (nvml.handle(index, &device) != 0) {
            continue;
        }
        m_names[index] = nvml.name(device, text.data(), text.size()) == 0 ? text.data() : "";
        std::array<Nvml::ProcessInfo, 512> processes {};
        unsigned count = processes.size();
        if (nvml.processes(device, &count, processes.data()) == 0) {
            for (unsigned i = 0; i < std::min<unsigned>(count, processes.size()); ++i) {
                m_users.emplace(static_cast<int>(processes[i].pid), index);
            }
        }
    }
    nvml.shutdown();
}

void Accelerators::readDriverFiles(const std::string& root)
{
    namespace fs = std::filesystem;
    std::error_code error;
    fs::directory_iterator gpus(root + "/proc/driver/nvidia/gpus", error);
    for (; !error && gpus != fs::directory_iterator(); gpus.increment(error)) {
        const auto text = readFile(gpus->path().string() + "/information", 4096);
        const auto minor = numberIn<unsigned>(text ? statusValue(*text, "Device Minor") : std::string_view());
        if (minor) {
            m_names[*minor] = std::string(statusValue(*text, "Model"));
        }
    }
    const auto version = readFile(root + "/sys/module/nvidia/version", 64);
    m_driver = version ? version->substr(0, version->find('\n')) : "";
}

std::vector<std::string> Accelerators::of(
    const std::vector<int>& pids, const std::vector<std::string>& openDevices) const
{
    std::set<unsigned> numbers;
    std::vector<std::string> texts;
    for (const int pid : pids) {
        const auto [begin, end] = m_users.equal_range(pid);
        for (auto it = begin; it != end; ++it) {
            numbers.insert(it->second);
        }
    }
    constexpr std::string_view nvidia = "/dev/nvidia";
    for (const std::string& device : openDevices) {
        if (device.starts_with(nvidia)) {
            const auto number = numberIn<unsigned>(std::string_view(device).substr(nvidia.size()));
            if (number && !m_nvml) {
                numbers.insert(*number);
            }
        }
    }
    for (const unsigned number : numbers) {
        const auto name = m_names.find(number);
        texts.push_back("GPU " + std::to_string(number)
            + (name == m_names.end() || name->second.empty() ? "" : " · " + name->second));
    }
    for (const std::string& device : openDevices) {
        if (!device.starts_with(nvidia) && device != "/dev/kfd") {
            texts.push_back(device.substr(device.rfind('/') + 1));
        }
    }
    return texts;
}

} // namespace prism::probes
