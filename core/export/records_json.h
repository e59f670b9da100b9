// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"
#include "core/store/records.h"

#include <string>

namespace prism {

/// The JSON documents that scripts rely on (docs/command-line.md), one line each without its line end.
std::string toJson(const FileResult& result);
std::string toJson(const PointDetail& point, const SourceRecord& source);
std::string toJson(const RequestRow& row);
std::string toJson(const RunRecord& run);

} // namespace prism
