// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/plan.h"
#include "core/import/bundle/told.h"

#include <cstddef>
#include <map>
#include <vector>

namespace prism {

/// Which results stand behind others: those of the same result in another encoding, and parts of a whole run.
/// By the finder, by the producers' own names, and by the user's word, which turns the others round.
class Behind {
public:
    /// `told` is by the number of the file. Both must outlive it.
    Behind(const BundleInput& input, const std::vector<Told>& told);

    bool isBehind(std::size_t file) const { return m_behind[file] != Told::nobody; }
    /// Of one that is behind another: it is a part of that one's run.
    bool isPart(std::size_t file) const { return m_isPart[file]; }
    /// In which the two are not the same, and that one is shown.
    std::vector<TwinDifference> differences(std::size_t file) const;
    /// The file whose points are shown for this one's: itself where it is behind none.
    std::size_t shownFor(std::size_t file) const;

private:
    void findTwins();
    void findParts();

    const BundleInput& m_input;
    const std::vector<Told>& m_told;
    std::vector<std::size_t> m_behind; ///< by file
    std::vector<bool> m_isPart; ///< by file
    std::map<std::size_t, std::vector<TwinDifference>> m_differences;
};

} // namespace prism
