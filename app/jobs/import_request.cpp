// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/jobs/import_request.h"

#include "core/mapping/saved_mappings.h"
#include "core/settings/settings.h"

namespace prism::app {

ImportRequest importInto(const QString& database)
{
    ImportRequest request;
    request.database = database.toStdString();
    request.mappings = appliedMappings();
    request.importChild = setting("import_child").value;
    return request;
}

} // namespace prism::app
