// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sink.h"

/// benchmark_chat_completion of LMDeploy: a summary row and request rows a data set and load level, each as
/// JSON (lines or an array) and as CSV. The units stand in the names.
namespace prism::formats::lmdeploy {

bool isChatSummary(const read::Node& node);
bool isChatRequest(const read::Node& node);
bool isChatSummary(const read::CsvRow& header);
bool isChatRequests(const read::CsvRow& header);

Result<void> readChatDocuments(Input& input, Sink& sink);
Result<void> readChatTable(Input& input, Sink& sink);

} // namespace prism::formats::lmdeploy
