// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

namespace prism::probes {

/// GPUs and who uses them. NVIDIA's management library is loaded when it is there; without it the kernel
/// driver's own files name the devices that a process has open.
class Accelerators {
public:
    /// Asks the driver; some 10 ms with NVML, nothing without.
    static Accelerators read(const std::string& root = {});
    /// From the kernel driver's files alone: microseconds.
    static Accelerators readFiles(const std::string& root = {});

    /// Devices of these processes: by the driver's list of processes where there is one, else by the device
    /// nodes that they have open. "GPU 0 · NVIDIA H100 80GB HBM3".
    std::vector<std::string> of(
        const std::vector<int>& pids, const std::vector<std::string>& openDevices) const;

    bool hasNvml() const { return m_nvml; }
    /// Why NVML is not used, one sentence; empty when it is.
    const std::string& whyNot() const { return m_whyNot; }
    const std::string& driverVersion() const { return m_driver; }
    std::size_t count() const { return m_names.size(); }

private:
    void readNvml();
    void readDriverFiles(const std::string& root);

    bool m_nvml = false;
    std::string m_whyNot;
    std::string m_driver;
    std::map<unsigned, std::string> m_names; ///< by device number
    std::multimap<int, unsigned> m_users; ///< process → device number
};

} // namespace prism::probes
