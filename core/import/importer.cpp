// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/importer.h"

#include <algorithm>
#include <vector>

namespace prism {

namespace {

struct Registry {
    std::vector<std::unique_ptr<Importer>> owned;
    std::vector<const Importer*> sorted;
};

/// A function's static: importers register themselves before main(), in an order nobody knows.
Registry& registry()
{
    static Registry instance;
    return instance;
}

} // namespace

void registerImporter(std::unique_ptr<Importer> importer)
{
    Registry& r = registry();
    const auto at = std::upper_bound(r.sorted.begin(), r.sorted.end(), importer.get(),
        [](const Importer* a, const Importer* b) { return a->info().id < b->info().id; });
    r.sorted.insert(at, importer.get());
    r.owned.push_back(std::move(importer));
}

std::span<const Importer* const> importers()
{
    return registry().sorted;
}

const Importer* findImporter(std::string_view id)
{
    const auto all = importers();
    const auto it
        = std::find_if(all.begin(), all.end(), [id](const Importer* i) { return i->info().id == id; });
    return it == all.end() ? nullptr : *it;
}

ImporterInfo producerInfo(std::string_view id)
{
    const Importer* importer = findImporter(id);
    return importer ? importer->info() : ImporterInfo { id, id };
}

std::string toolName(std::string_view id)
{
    return std::string(producerInfo(id).tool);
}

} // namespace prism
