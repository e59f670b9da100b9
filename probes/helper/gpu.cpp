// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/gpu.h"

#include <dlfcn.h>

namespace prism::probes {

/// The part of NVML's interface that is used, as its documentation gives it: 0 is success, devices are
/// opaque.
struct GpuSampler::Library {
    using Device = void*;
    struct Utilization {
        unsigned gpu; ///< percent of the last sample period in which a kernel ran
        unsigned memory;
    };
    struct Memory {
        unsigned long long total;
        unsigned long long free;
        unsigned long long used;
    };
    static constexpr int coreTemperature = 0; ///< NVML_TEMPERATURE_GPU
    static constexpr int coreClock = 1; ///< NVML_CLOCK_SM

    void* handle = nullptr;
    int (*init)() = nullptr;
    int (*shutdown)() = nullptr;
    int (*count)(unsigned*) = nullptr;
    int (*device)(unsigned, Device*) = nullptr;
    int (*utilization)(Device, Utilization*) = nullptr;
    int (*memory)(Device, Memory*) = nullptr;
    int (*power)(Device, unsigned*) = nullptr; ///< milliwatts
    int (*temperature)(Device, int, unsigned*) = nullptr;
    int (*clock)(Device, int, unsigned*) = nullptr; ///< MHz
    std::vector<Device> devices;

    ~Library()
    {
        if (!devices.empty()) {
            shutdown();
        }
        if (handle != nullptr) {
            dlclose(handle);
        }
    }

    template <class Function>
    bool find(Function& function, const char* name) const
    {
        function = reinterpret_cast<Function>(dlsym(handle, name));
        return function != nullptr;
    }
};

std::unique_ptr<GpuSampler> GpuSampler::open(const char* library)
{
    auto made = std::make_unique<Library>();
    made->handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (made->handle == nullptr || !made->find(made->init, "nvmlInit_v2")
        || !made->find(made->shutdown, "nvmlShutdown") || !made->find(made->count, "nvmlDeviceGetCount_v2")
        || !made->find(made->device, "nvmlDeviceGetHandleByIndex_v2") || made->init() != 0) {
        return nullptr;
    }
    made->find(made->utilization, "nvmlDeviceGetUtilizationRates");
    made->find(made->memory, "nvmlDeviceGetMemoryInfo");
    made->find(made->power, "nvmlDeviceGetPowerUsage");
    made->find(made->temperature, "nvmlDeviceGetTemperature");
    made->find(made->clock, "nvmlDeviceGetClockInfo");
    unsigned count = 0;
    if (made->count(&count) != 0 || count == 0) {
        made->shutdown();
        return nullptr;
    }
    for (unsigned i = 0; i < count; ++i) {
        Library::Device device = nullptr;
        // One that fails keeps its number: the others are not renamed.
        made->devices.push_back(made->device(i, &device) == 0 ? device : nullptr);
    }
    return std::unique_ptr<GpuSampler>(new GpuSampler(std::move(made)));
}

GpuSampler::GpuSampler(std::unique_ptr<Library> library)
    : m_library(std::move(library))
{
}

GpuSampler::~GpuSampler() = default;

std::vector<Measured> GpuSampler::sample() const
{
    const Library& nvml = *m_library;
    std::vector<Measured> samples;
    for (std::size_t i = 0; i < nvml.devices.size(); ++i) {
        Library::Device const device = nvml.devices[i];
        if (device == nullptr) {
            continue;
        }
        const auto add = [&](wire::SampleMetric metric, double value) {
            samples.push_back({ metric, static_cast<std::uint16_t>(i), value });
        };
        Library::Utilization utilization {};
        Library::Memory memory {};
        unsigned value = 0;
        if (nvml.utilization != nullptr && nvml.utilization(device, &utilization) == 0) {
            add(wire::SampleMetric::GpuUtilization, utilization.gpu / 100.0);
        }
        if (nvml.memory != nullptr && nvml.memory(device, &memory) == 0) {
            add(wire::SampleMetric::GpuMemoryBytes, static_cast<double>(memory.used));
        }
        if (nvml.power != nullptr && nvml.power(device, &value) == 0) {
            add(wire::SampleMetric::GpuPowerWatts, value / 1000.0);
        }
        if (nvml.temperature != nullptr && nvml.temperature(device, Library::coreTemperature, &value) == 0) {
            add(wire::SampleMetric::GpuTemperatureCelsius, value);
        }
        if (nvml.clock != nullptr && nvml.clock(device, Library::coreClock, &value) == 0) {
            add(wire::SampleMetric::GpuClockHz, value * 1e6);
        }
    }
    return samples;
}

} // namespace prism::probes
