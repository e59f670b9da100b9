// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/collector.h"
#include "core/import/bundle/store_bundle.h"
#include "core/import/job.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace prism {

/// What an import would make of files: read like one, and nothing stored. Decisions may be tried on it; the
/// import that is given them makes the same.
class BundlePreview {
public:
    BundlePreview(BundleCollector bundle, std::vector<RunPlace> known, BundleFolder folder,
        std::optional<std::vector<Decision>> remembered);

    /// Cheap: nothing is read again.
    BundlePlan plan(const std::vector<Decision>& decisions);
    const std::vector<FileSummary>& files() const { return m_bundle.files(); }
    const BundleFolder& folder() const { return m_folder; }
    /// The user agreed to a folder of this shape before, with these decisions.
    bool isRemembered() const { return m_remembered.has_value(); }
    std::vector<Decision> remembered() const { return m_remembered.value_or(std::vector<Decision>()); }
    std::size_t leftOver() const { return m_bundle.leftOver(); }
    std::string note; ///< what the user should know of the reading as a whole

private:
    BundleCollector m_bundle;
    std::vector<RunPlace> m_known;
    BundleFolder m_folder;
    std::optional<std::vector<Decision>> m_remembered;
};

/// Reads everything that the request names. Blocks; tells its progress; cancel within 100 ms by `stop`, which
/// is an error. An error is the reading's own; a file that cannot be read is told in the plan.
Result<std::unique_ptr<BundlePreview>> previewImport(
    const ImportRequest& request, ImportObserver& observer, std::stop_token stop = {});

} // namespace prism
