// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sink.h"

/// profile_throughput, profile_pipeline_api and profile_restful_api of LMDeploy: a CSV of means in
/// milliseconds, which is called .jsonl for random prompts, and a console table in seconds.
namespace prism::formats::lmdeploy {

bool isProfileTable(const read::CsvRow& header);
bool isProfileConsole(const Sample& sample);

Result<void> readProfileTable(Input& input, Sink& sink);
Result<void> readProfileConsole(Input& input, Sink& sink);

} // namespace prism::formats::lmdeploy
