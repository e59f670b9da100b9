// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sink.h"

/// What the profile scripts of LMDeploy printed up to 0.6: a line a number, a block a level of concurrency,
/// times in seconds.
namespace prism::formats::lmdeploy {

bool isEarlyConsole(const Sample& sample);

Result<void> readEarlyConsole(Input& input, Sink& sink);

} // namespace prism::formats::lmdeploy
