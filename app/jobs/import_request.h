// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"

#include <QString>

namespace prism::app {

/// An import into this database as the settings have it: saved mappings apply themselves, and the parser is
/// the one that is set.
ImportRequest importInto(const QString& database);

} // namespace prism::app
