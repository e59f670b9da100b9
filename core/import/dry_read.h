// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/mapping/mapping.h"
#include "core/model/load_point.h"
#include "core/model/result.h"

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace prism {

/// What the parser says of one file, for a preview: nothing of it is stored.
struct DryRead {
    std::string producer; ///< importer id, empty when nobody recognised it
    std::string why;
    std::vector<LoadPoint> points; ///< the first `mostPoints` of them
    std::uint64_t pointCount = 0;
    std::uint64_t requests = 0;
    std::vector<RequestRow> firstRequests; ///< without their gaps
    std::vector<Warning> warnings;
    std::map<std::string, std::uint64_t> counts; ///< of a file that would be attached
    std::optional<Error> refusal; ///< the file would not be imported, for this
    bool changed = false; ///< the file changed while it was read: what stands here may fit neither state
};

struct DryReadRequest {
    static constexpr std::size_t mostPoints = 1000;
    static constexpr std::size_t mostRequests = 200;

    std::string file;
    std::string forced; ///< importer id, empty to recognise
    std::vector<Mapping> mappings; ///< that apply
    std::string importChild;
    std::uint64_t mostRows = 0; ///< of a table; where there are more, a warning "first-rows" says so
    std::function<void(std::uint64_t bytes)> progress {}; ///< told of what was read so far, every few MiB
};

/// Reads one plain file in a fenced process of its own. Blocks; cancel by `stop`. An error means that the
/// file could not be opened or the parser failed; a file that is refused is an answer.
Result<DryRead> dryRead(const DryReadRequest& request, std::stop_token stop = {});

} // namespace prism
