// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/naming.h"

#include "core/model/shown_text.h"

#include <functional>

namespace prism::cli {

namespace {

constexpr std::size_t mostNamed = 10;

/// What is meant by the first of the tests that is true of anything at all.
template <class Thing>
Result<Thing> onlyOne(const std::vector<Thing>& all, const std::string& text,
    const std::vector<std::function<bool(const Thing&)>>& tests,
    const std::function<std::string(const Thing&)>& describe, const Error& none)
{
    for (const auto& test : tests) {
        const Thing* found = nullptr;
        std::size_t count = 0;
        std::string named;
        for (const Thing& thing : all) {
            if (test(thing)) {
                found = &thing;
                named += ++count <= mostNamed ? (count > 1 ? "; " : "") + describe(thing) : std::string();
            }
        }
        if (count == 1) {
            return *found;
        }
        if (count > 1) {
            named += count > mostNamed ? "; and " + std::to_string(count - mostNamed) + " more" : "";
            makeShown(named);
            return Error { text, {}, "this may be any of " + std::to_string(count) + ": " + named,
                "Say its number" };
        }
    }
    return none;
}

} // namespace

Result<RunId> runNamed(const std::vector<RunRecord>& runs, const std::string& text, const std::string& none)
{
    const auto run = onlyOne<RunRecord>(runs, text,
        { [&](const RunRecord& r) { return std::to_string(r.id) == text; },
            [&](const RunRecord& r) { return r.uid == text; },
            [&](const RunRecord& r) { return r.name == text; },
            [&](const RunRecord& r) { return r.label == text; } },
        [](const RunRecord& r) {
            return "run " + std::to_string(r.id) + " (" + (r.name.empty() ? r.label : r.name) + ')';
        },
        { text, {}, none, "prismctl runs lists them" });
    return run ? Result<RunId>(run->id) : run.error();
}

bool isNamed(const SourceRecord& source, const std::string& text)
{
    return source.path == text || std::to_string(source.id) == text
        || (text.size() >= 6 && source.sha256.starts_with(text));
}

Result<SourceRecord> sourceNamed(const std::vector<SourceRecord>& sources, const std::string& text)
{
    return onlyOne<SourceRecord>(sources, text,
        { [&](const SourceRecord& s) { return s.path == text; },
            [&](const SourceRecord& s) { return isNamed(s, text); },
            [&](const SourceRecord& s) { return !text.empty() && s.path.ends_with('/' + text); } },
        [](const SourceRecord& s) { return "file " + std::to_string(s.id) + " (" + s.path + ')'; },
        { text, {}, "no file of this name is in the database",
            "prismctl edit files lists those that can be given to a run" });
}

} // namespace prism::cli
