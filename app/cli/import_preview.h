// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/preview.h"

#include <memory>
#include <stop_token>

namespace prism::cli {

/// Reads what an import would read, with a line of progress where that is shown; nothing is stored.
Result<std::unique_ptr<BundlePreview>> readPreview(
    const ImportRequest& request, bool showsProgress, const std::stop_token& stop);

/// `prismctl import --preview`: prints what an import with these decisions would make of the files. Returns
/// the exit status.
int printPreview(BundlePreview& preview, const std::vector<Decision>& decisions, bool json);

} // namespace prism::cli
