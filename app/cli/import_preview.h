// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"

namespace prism::cli {

/// `prismctl import --preview`: prints what the import would make of the files, and stores nothing. Returns
/// the exit status.
int previewImport(const ImportRequest& request, bool json, bool quiet);

} // namespace prism::cli
