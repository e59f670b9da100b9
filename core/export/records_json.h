// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/slo.h"
#include "core/import/job.h"
#include "core/store/records.h"

#include <string>

namespace prism {

/// The JSON documents that scripts rely on (docs/command-line.md), one line each without its line end.
std::string toJson(const FileResult& result);
/// `judgedOtherwise`: the limits that a point holds by a number of another meaning.
std::string toJson(const PointDetail& point, const SourceRecord& source,
    const std::vector<OtherMeaning>& judgedOtherwise = {});
std::string toJson(const RequestRow& row);
std::string toJson(const RunRecord& run, const std::vector<OtherMeaning>& judgedOtherwise = {});

std::string toJson(const EditRecord& edit);
std::string toJson(const SpokenWord& spoken);

} // namespace prism
