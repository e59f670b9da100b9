// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs/import_job.h"

#include <QString>

#include <vector>

namespace prism::app {

struct MappableFile {
    QString file;
    QString mapping; ///< the saved one that read it, or tried to; empty where none did
    QString pasted; ///< the text itself, where it came from the clipboard and is no file
};

/// Files of a job whose columns the user can map: those that were refused because nobody knows their make,
/// and those that a mapping took, well or not. Members of archives are not among them: they are no files yet.
std::vector<MappableFile> mappableFiles(const ImportJob& job);

} // namespace prism::app
