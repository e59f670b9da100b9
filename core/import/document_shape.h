// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"

namespace prism {

/// True when the root of a document of the file is an array. A plan that streams "" hands over the members of
/// an object one by one as well, and its importer never sees the object: who reads both asks here first.
/// Costs a reading of the file that keeps nothing.
Result<bool> rootIsArray(Input& input);

} // namespace prism
