// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace prism {

using RunId = std::int64_t;
using PointId = std::int64_t;
using SourceId = std::int64_t;

/// A file or archive member whose bytes were understood.
struct SourceRecord {
    SourceId id = 0;
    std::string path; ///< as the user gave it; members of an archive are "a.tar.gz!/x.json"
    std::string sha256; ///< of the original bytes, lower-case hex
    std::uint64_t bytes = 0;
    std::string producer; ///< importer id
    int importerVersion = 0;
    std::string importedAt; ///< UTC, RFC 3339
    bool attached = false; ///< a sidecar, telemetry or timeline
    std::map<std::string, std::uint64_t> counts;
    std::vector<Warning> warnings;
    std::string twinOf; ///< sha256 of the richer source of the same result, empty for a source of its own
};

/// One system under test under one workload.
struct RunRecord {
    RunId id = 0;
    std::string uid; ///< from content, the same on every machine
    std::string name; ///< the user's name, else empty: then label() of what differs
    std::string label; ///< the producer's own name
    std::string producer;
    std::string
        evidence; ///< "", measured-here, reproduced, third-party, vendor-claim, simulated: set by the user
    std::vector<std::string> tags;
    std::string note;
    int colourSlot = -1; ///< the run's colour and marker, -1 until it is first shown
    std::uint32_t points = 0;
};

/// A load point without its measures.
struct PointRecord {
    PointId id = 0;
    std::string uid;
    RunId run = 0;
    SourceId source = 0;
    std::uint32_t index = 0;
    std::string label;
    std::string group; ///< LoadPoint::group
    std::uint64_t requests = 0; ///< rows per request that are stored
    std::vector<Attribute> attributes;
};

/// A load point with everything that was read of it.
struct PointDetail {
    PointRecord record;
    std::vector<Measure> measures;
    std::vector<Extra> extras;
    std::vector<Warning> warnings;
};

} // namespace prism
