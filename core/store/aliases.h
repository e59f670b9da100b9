// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/database.h"
#include "core/store/point_blobs.h"

#include <map>
#include <string>

namespace prism::store {

/// The user's words for names that the catalog does not know.
class Aliases {
public:
    static Result<Aliases> load(Database& database);
    /// Replaces a value whose text in the file, or as we read it, has an alias.
    void apply(const std::string& attribute, AttributeBody& body) const;

private:
    std::map<std::pair<std::string, std::string>, std::string> m_canonical; ///< by attribute and given text
};

} // namespace prism::store
