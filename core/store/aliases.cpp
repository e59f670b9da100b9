// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/aliases.h"

namespace prism::store {

Result<Aliases> Aliases::load(Database& database)
{
    auto statement = database.prepare("SELECT attribute, given, canonical FROM alias", false);
    if (!statement) {
        return statement.error();
    }
    Aliases aliases;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        aliases.m_canonical[{ statement->string(0), statement->string(1) }] = statement->string(2);
    }
    return row ? Result<Aliases>(std::move(aliases)) : row.error();
}

void Aliases::apply(const std::string& attribute, AttributeBody& body) const
{
    if (m_canonical.empty()) {
        return;
    }
    const std::string read = toText(body.value);
    const std::string given = body.given.empty() ? read : body.given;
    auto it = m_canonical.find({ attribute, given });
    if (it == m_canonical.end()) {
        it = m_canonical.find({ attribute, read });
    }
    if (it != m_canonical.end()) {
        body.value = it->second;
        body.given = given;
        body.origin = Origin::User;
    }
}

} // namespace prism::store
