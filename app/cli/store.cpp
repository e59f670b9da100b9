// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/naming.h"
#include "app/cli/query.h"
#include "app/cli/terminal.h"

#include "core/export/json_text.h"
#include "core/import/child_process.h"
#include "core/import/importer.h"
#include "core/settings/settings.h"

#include <cstdio>
#include <memory>
#include <optional>

namespace prism::cli {

Result<std::unique_ptr<StoreWriter>> openWriter(const Common& common)
{
    std::string told;
    return StoreWriter::open(common.databaseFile(), [&told](const std::string& holder) {
        if (told != holder) {
            told = holder;
            std::fprintf(stderr, "Waiting for another writer: %s\n", holder.c_str());
        }
    });
}

void print(const Edit& edit, const Common& common)
{
    if (common.json) {
        std::printf("%s\n",
            JsonText().object().member("edit", edit.id).member("text", edit.text).endObject().str().c_str());
    } else {
        std::printf("%s. Take it back with: prismctl undo %lld\n", edit.text.c_str(),
            static_cast<long long>(edit.id));
    }
}

namespace {

struct ForgetOptions {
    Common common;
    std::vector<std::string> names;
    bool purge = false;
};

Result<std::vector<SourceId>> named(const ForgetOptions& options)
{
    auto reader = options.common.reader();
    if (!reader) {
        return reader.error();
    }
    const auto sources = (*reader)->sources();
    if (!sources) {
        return sources.error();
    }
    std::vector<SourceId> ids;
    for (const std::string& name : options.names) {
        const std::size_t before = ids.size();
        for (const SourceRecord& source : *sources) {
            if (isNamed(source, name)) {
                ids.push_back(source.id);
            }
        }
        if (ids.size() == before) {
            return Error { name, {}, "no source of this name is in the database",
                "prismctl points --json lists sources with their SHA-256" };
        }
    }
    return ids;
}

/// What is deleted for good has no number to take it back by.
void printForGood(const Edit& edit, const Common& common)
{
    if (common.json) {
        std::printf("%s\n", JsonText().object().member("text", edit.text).endObject().str().c_str());
    } else {
        std::printf("%s.\n", edit.text.c_str());
    }
}

int forget(const ForgetOptions& options)
{
    if (options.names.empty() && !options.purge) {
        std::fprintf(stderr, "prismctl: SOURCE or --purge is required\n");
        return WrongUsage;
    }
    const auto ids = named(options);
    if (!ids) {
        return fail(ids.error());
    }
    auto writer = openWriter(options.common);
    if (!writer) {
        return fail(writer.error());
    }
    std::optional<Edit> removed;
    if (!ids->empty()) {
        const auto edit = (*writer)->remove(*ids);
        if (!edit) {
            return fail(edit.error());
        }
        removed = *edit;
    }
    const auto purged = options.purge ? (*writer)->purge() : Result<std::uint64_t>(0);
    if (removed && (!options.purge || !purged)) {
        print(*removed, options.common);
    } else if (removed) {
        printForGood(*removed, options.common);
    }
    if (!purged) {
        return fail(purged.error());
    }
    if (options.purge) {
        if (options.common.json) {
            std::printf(
                "%s\n", JsonText().object().member("purged_bytes", *purged).endObject().str().c_str());
        } else {
            std::printf("%s given back.\n", sizeText(*purged).c_str());
        }
    }
    return Done;
}

int undo(const Common& common, std::int64_t id)
{
    auto writer = openWriter(common);
    if (!writer) {
        return fail(writer.error());
    }
    const auto edit = (*writer)->undo(id);
    if (!edit) {
        return fail(edit.error());
    }
    print(*edit, common);
    return Done;
}

/// Whether files can be read, and behind which fences.
std::string parserState(bool& usable)
{
    const auto ready = tryParser(setting("import_child").value);
    usable = static_cast<bool>(ready);
    if (!ready) {
        return ready.error().text();
    }
    return ready->landlock > 0
        ? "fenced in, Landlock version " + std::to_string(ready->landlock)
        : "fenced in, but without Landlock, which this kernel does not have or forbids";
}

int doctor(const Common& common, bool check)
{
    TextTable settings({ { "setting" }, { "value" }, { "from" } });
    JsonText json;
    json.object().member("version", PRISM_VERSION).key("settings").array();
    for (const Setting& s : allSettings(common.database)) {
        settings.row({ s.name, s.value.empty() ? "(none)" : s.value, s.origin });
        json.object().member("name", s.name).member("value", s.value).member("origin", s.origin).endObject();
    }
    json.endArray().key("importers").array();
    TextTable tools({ { "importer" }, { "tool" }, { "version", true } });
    for (const Importer* importer : importers()) {
        const ImporterInfo info = importer->info();
        tools.row({ std::string(info.id), std::string(info.tool), std::to_string(info.version) });
        json.object()
            .member("id", info.id)
            .member("tool", info.tool)
            .member("version", info.version)
            .endObject();
    }
    json.endArray();
    const auto reader = common.reader();
    std::string state = "opens";
    bool healthy = static_cast<bool>(reader);
    if (!reader) {
        state = reader.error().text();
    } else if (const auto sound = check ? (*reader)->check() : Result<void>(); !sound) {
        state = sound.error().text();
        healthy = false;
    } else if (const auto sources = (*reader)->sources(); sources) {
        state = "opens, " + std::to_string(sources->size()) + " sources";
    } else {
        state = sources.error().text();
    }
    bool canRead = false;
    const std::string parser = parserState(canRead);
    json.member("database", state).member("parser", parser).endObject();
    if (common.json) {
        std::printf("%s\n", json.str().c_str());
    } else {
        std::printf("Prism %s\n\n", PRISM_VERSION);
        print(settings);
        std::printf("\nDatabase: %s\nParser: %s\n\n", state.c_str(), parser.c_str());
        print(tools);
    }
    return healthy && canRead ? Done : JobFailed;
}

} // namespace

void addForget(CLI::App& app, int& exit)
{
    auto options = std::make_shared<ForgetOptions>();
    CLI::App* command = app.add_subcommand("forget", "Remove sources and their points; can be undone");
    addCommon(*command, options->common);
    command->add_option("SOURCE", options->names, "Path, SHA-256 or number of a source");
    command->add_flag("--purge", options->purge, "Delete for good what was removed, and give the space back");
    command->callback([options, &exit] { exit = forget(*options); });
}

void addUndo(CLI::App& app, int& exit)
{
    auto common = std::make_shared<Common>();
    auto id = std::make_shared<std::int64_t>(0);
    CLI::App* command = app.add_subcommand("undo", "Take a change back");
    addCommon(*command, *common);
    command->add_option("EDIT", *id, "Number that the change printed")->required();
    command->callback([common, id, &exit] { exit = undo(*common, *id); });
}

void addDoctor(CLI::App& app, int& exit)
{
    auto common = std::make_shared<Common>();
    auto check = std::make_shared<bool>(false);
    CLI::App* command
        = app.add_subcommand("doctor", "Print settings with their origin, and whether the database opens");
    addCommon(*command, *common);
    command->add_flag("--check", *check, "Read the whole database and verify it");
    command->callback([common, check, &exit] { exit = doctor(*common, *check); });
}

} // namespace prism::cli
