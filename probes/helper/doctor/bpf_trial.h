// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/doctor/feature.h"

#include <string_view>

struct btf;

namespace prism::probes {

/// Loads programs of two instructions and attaches them to this process or to the kernel's own events for an
/// instant. Everything is a descriptor and gone when it is closed; no program runs for longer than the trial.
class BpfTrial {
public:
    BpfTrial();
    ~BpfTrial();
    BpfTrial(const BpfTrial&) = delete;
    BpfTrial& operator=(const BpfTrial&) = delete;

    bool hasBtf() const { return m_btf != nullptr; }

    Feature btfOfKernel() const;
    Feature ringBuffer() const;
    Feature rawTracepoint() const;
    Feature tracepoint() const; ///< through tracefs
    /// A tracepoint with types, as our programs use: tp_btf.
    Feature typedTracepoint(std::string_view name, bool needed) const;
    Feature fileIterator() const;
    Feature fentry() const;
    Feature kprobe() const;
    Feature uprobe() const;
    Feature uprobeMulti() const;
    Feature runTimeStatistics() const;

private:
    int typeId(std::string_view name, unsigned kind) const;

    btf* m_btf = nullptr;
};

} // namespace prism::probes
