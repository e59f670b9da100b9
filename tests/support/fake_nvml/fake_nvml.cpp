// SPDX-License-Identifier: GPL-3.0-or-later
// Three GPUs: the second cannot be opened, the third tells its memory only. Values are of a kind that shows a
// wrong unit at once.
#include <cstdint>

extern "C" {

struct Utilization {
    unsigned gpu;
    unsigned memory;
};
struct Memory {
    unsigned long long total;
    unsigned long long free;
    unsigned long long used;
};
constexpr int notSupported = 3;

int nvmlInit_v2()
{
    return 0;
}
int nvmlShutdown()
{
    return 0;
}
int nvmlDeviceGetCount_v2(unsigned* count)
{
    *count = 3;
    return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device)
{
    *device = reinterpret_cast<void*>(static_cast<std::uintptr_t>(index + 1));
    return index == 1 ? 15 : 0; // NVML_ERROR_GPU_IS_LOST
}
int nvmlDeviceGetUtilizationRates(void* device, Utilization* rates)
{
    *rates = { 87, 40 };
    return reinterpret_cast<std::uintptr_t>(device) == 1 ? 0 : notSupported;
}
int nvmlDeviceGetMemoryInfo(void* /*device*/, Memory* memory)
{
    *memory = { 150'000'000'000, 30'000'000'000, 120'000'000'000 };
    return 0;
}
int nvmlDeviceGetPowerUsage(void* device, unsigned* milliwatts)
{
    *milliwatts = 512'345;
    return reinterpret_cast<std::uintptr_t>(device) == 1 ? 0 : notSupported;
}
int nvmlDeviceGetTemperature(void* device, int sensor, unsigned* degrees)
{
    *degrees = 61;
    return reinterpret_cast<std::uintptr_t>(device) == 1 && sensor == 0 ? 0 : notSupported;
}
int nvmlDeviceGetClockInfo(void* device, int clock, unsigned* megahertz)
{
    *megahertz = clock == 1 ? 1980 : 1;
    return reinterpret_cast<std::uintptr_t>(device) == 1 ? 0 : notSupported;
}
}
