// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/sampler.h"

#include <memory>
#include <vector>

namespace prism::probes {

/// GPUs of this machine by NVIDIA's management library, where its driver has installed it. Needs no right.
/// A call takes well below a millisecond a GPU.
class GpuSampler {
public:
    /// Null when there is no such library or no GPU.
    static std::unique_ptr<GpuSampler> open(const char* library = "libnvidia-ml.so.1");
    ~GpuSampler();
    GpuSampler(const GpuSampler&) = delete;
    GpuSampler& operator=(const GpuSampler&) = delete;

    /// Device numbers are the library's. What a GPU does not tell is left out.
    std::vector<Measured> sample() const;

private:
    struct Library;
    explicit GpuSampler(std::unique_ptr<Library> library);

    std::unique_ptr<Library> m_library;
};

} // namespace prism::probes
