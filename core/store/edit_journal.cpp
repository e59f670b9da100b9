// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/edit_journal.h"

#include "core/store/codec.h"
#include "core/store/source_rows.h"
#include "core/store/words.h"

namespace prism::store {

namespace {

/// First column of the only row, or none.
template <class... Values>
Result<std::optional<std::string>> lookUp(Database& database, const std::string& sql, const Values&... values)
{
    auto statement = database.prepare(sql, false);
    if (!statement) {
        return statement.error();
    }
    statement->start(values...);
    auto row = statement->next();
    if (!row) {
        return row.error();
    }
    return *row ? std::optional(statement->string(0)) : std::optional<std::string>();
}

template <class... Values>
Result<void> runOnce(Database& database, const std::string& sql, const Values&... values)
{
    auto statement = database.prepare(sql, false);
    return statement ? statement->run(values...) : Result<void>(statement.error());
}

Result<std::optional<EditStep>> applyState(Database& database, const EditStep& step)
{
    // Only ready and removed change into each other; what is building or replaced stays.
    auto now = lookUp(database,
        "SELECT state FROM source s WHERE id = ?1 AND state IN (1, 2) AND state <> ?2 AND NOT (?2 = 1 AND "
        "EXISTS"
        " (SELECT 1 FROM source o WHERE o.state = 1 AND o.sha256 = s.sha256))",
        step.id, std::stoi(step.value));
    if (!now || !*now) {
        return !now ? Result<std::optional<EditStep>>(now.error()) : std::optional<EditStep>();
    }
    if (auto done
        = runOnce(database, "UPDATE source SET state = ? WHERE id = ?", std::stoi(step.value), step.id);
        !done) {
        return done.error();
    }
    EditStep inverse = step;
    inverse.value = **now;
    return std::optional(inverse);
}

/// Numbers points by the reading that holds, so that a later one knows whether they are still the same.
Result<std::optional<std::string>> readingOf(Database& database, const EditStep& step)
{
    return step.id < 0
        ? lookUp(database, "SELECT '' FROM run WHERE uid = ?", step.given)
        : lookUp(database,
            "SELECT s.producer || ' ' || s.importer_version FROM source s JOIN point p ON p.source = s.id "
            "AND "
            "p.idx = ?2 WHERE s.sha256 = ?1 AND s.state IN (1, 2) ORDER BY s.state, s.id DESC LIMIT 1",
            step.given, step.id);
}

Result<std::optional<EditStep>> applyWord(Database& database, const EditStep& step)
{
    EditStep inverse = step;
    inverse.value.clear();
    {
        auto now = database.prepare(
            "SELECT value, said_at, said_by FROM word WHERE subject = ? AND idx = ? AND field = ?", false);
        if (!now) {
            return now.error();
        }
        now->start(step.given, step.id, step.name);
        auto row = now->next();
        if (!row) {
            return row.error();
        }
        if (*row) {
            inverse.value = now->string(0);
            inverse.saidAt = now->string(1);
            inverse.saidBy = now->string(2);
        }
    }
    if (inverse.value == step.value) {
        return std::optional<EditStep>();
    }
    if (step.value.empty()) {
        auto done = runOnce(database, "DELETE FROM word WHERE subject = ? AND idx = ? AND field = ?",
            step.given, step.id, step.name);
        return done ? Result<std::optional<EditStep>>(std::optional(inverse)) : done.error();
    }
    const auto reading = readingOf(database, step);
    if (!reading || !*reading) {
        return reading ? Result<std::optional<EditStep>>(std::optional<EditStep>()) : reading.error();
    }
    auto done = runOnce(database, "INSERT OR REPLACE INTO word VALUES (?, ?, ?, ?, ?, ?, ?)", step.given,
        step.id, step.name, step.value, step.saidAt.empty() ? utcNow() : step.saidAt,
        step.saidAt.empty() ? whoIsThis() : step.saidBy, **reading);
    return done ? Result<std::optional<EditStep>>(std::optional(inverse)) : done.error();
}

Result<std::optional<EditStep>> applyField(Database& database, const EditStep& step)
{
    if (step.name != "colour") {
        auto uid = lookUp(database, "SELECT uid FROM run WHERE id = ?", step.id);
        if (!uid || !*uid) {
            return uid ? Result<std::optional<EditStep>>(std::optional<EditStep>()) : uid.error();
        }
        return applyWord(database, { EditStep::Kind::Word, -1, step.name, **uid, step.value, {}, {} });
    }
    auto now = lookUp(database, "SELECT colour FROM run WHERE id = ?", step.id);
    if (!now || !*now || **now == step.value) {
        return !now ? Result<std::optional<EditStep>>(now.error()) : std::optional<EditStep>();
    }
    if (auto done
        = runOnce(database, "UPDATE run SET colour = CAST(? AS INTEGER) WHERE id = ?", step.value, step.id);
        !done) {
        return done.error();
    }
    EditStep inverse = step;
    inverse.value = **now;
    return std::optional(inverse);
}

Result<std::optional<EditStep>> applyAlias(Database& database, const EditStep& step)
{
    auto now = lookUp(
        database, "SELECT canonical FROM alias WHERE attribute = ? AND given = ?", step.name, step.given);
    if (!now) {
        return now.error();
    }
    EditStep inverse = step;
    inverse.value = now->value_or("");
    if (inverse.value == step.value) {
        return std::optional<EditStep>();
    }
    auto done = step.value.empty()
        ? runOnce(database, "DELETE FROM alias WHERE attribute = ? AND given = ?", step.name, step.given)
        : runOnce(
            database, "INSERT OR REPLACE INTO alias VALUES (?, ?, ?)", step.name, step.given, step.value);
    return done ? Result<std::optional<EditStep>>(std::optional(inverse)) : done.error();
}

Result<std::optional<EditStep>> applyDecisions(Database& database, const EditStep& step)
{
    auto now = lookUp(database, "SELECT decisions FROM bundle_decision WHERE shape = ?", step.name);
    if (!now) {
        return now.error();
    }
    EditStep inverse = step;
    inverse.value = now->value_or("");
    if (inverse.value == step.value) {
        return std::optional<EditStep>();
    }
    auto done = step.value.empty()
        ? runOnce(database, "DELETE FROM bundle_decision WHERE shape = ?", step.name)
        : runOnce(database, "INSERT OR REPLACE INTO bundle_decision VALUES (?, ?)", step.name, step.value);
    return done ? Result<std::optional<EditStep>>(std::optional(inverse)) : done.error();
}

/// Without a text there is no link; one with an empty role says that the user took it off.
Result<std::optional<EditStep>> applyLink(Database& database, const EditStep& step)
{
    const auto run = lookUp(database, "SELECT id FROM run WHERE uid = ?", step.given);
    const auto source = lookUp(database, "SELECT id FROM source WHERE id = ? AND state IN (1, 2)", step.id);
    if (!run || !source || !*run || !*source) {
        return !run   ? run.error()
            : !source ? Result<std::optional<EditStep>>(source.error())
                      : std::optional<EditStep>();
    }
    const std::string where = " FROM link WHERE source = ? AND run = CAST(? AS INTEGER)";
    const auto role = lookUp(database, "SELECT role" + where, step.id, **run);
    const auto why = lookUp(database, "SELECT by_user || why" + where, step.id, **run);
    if (!role || !why) {
        return !role ? role.error() : why.error();
    }
    EditStep inverse = step;
    inverse.name = role->value_or("");
    inverse.value = why->value_or("");
    if (inverse.name == step.name && inverse.value == step.value) {
        return std::optional<EditStep>();
    }
    auto done = step.value.empty()
        ? runOnce(database, "DELETE" + where, step.id, **run)
        : runOnce(database, "INSERT OR REPLACE INTO link VALUES (?, CAST(? AS INTEGER), ?, ?, ?)", step.id,
            **run, step.name, step.value.substr(1), step.value.starts_with('1') ? 1 : 0);
    return done ? Result<std::optional<EditStep>>(std::optional(inverse)) : done.error();
}

Result<std::optional<EditStep>> applyTwin(Database& database, const EditStep& step)
{
    auto now = lookUp(
        database, "SELECT ifnull(twin_of, '') FROM source WHERE id = ? AND state IN (1, 2)", step.id);
    if (!now || !*now || **now == step.value) {
        return !now ? Result<std::optional<EditStep>>(now.error()) : std::optional<EditStep>();
    }
    EditStep inverse = step;
    inverse.value = **now;
    auto done
        = runOnce(database, "UPDATE source SET twin_of = nullif(?, '') WHERE id = ?", step.value, step.id);
    return done ? Result<std::optional<EditStep>>(std::optional(inverse)) : done.error();
}

} // namespace

std::string encode(std::span<const EditStep> steps)
{
    BlobWriter out;
    out.number(steps.size());
    for (const EditStep& step : steps) {
        out.byte(static_cast<unsigned char>(step.kind));
        out.integer(step.id);
        out.text(step.name);
        out.text(step.given);
        out.text(step.value);
        if (step.kind == EditStep::Kind::Word) {
            out.text(step.saidAt);
            out.text(step.saidBy);
        }
    }
    return out.bytes();
}

std::optional<std::vector<EditStep>> decodeSteps(std::span<const char> bytes)
{
    BlobReader in(bytes);
    std::vector<EditStep> steps(in.count());
    for (EditStep& step : steps) {
        step.kind = static_cast<EditStep::Kind>(in.byte());
        step.id = in.integer();
        step.name = in.string();
        step.given = in.string();
        step.value = in.string();
        if (step.kind == EditStep::Kind::Word) {
            step.saidAt = in.string();
            step.saidBy = in.string();
        }
    }
    return in.ok() && in.atEnd() ? std::optional(std::move(steps)) : std::nullopt;
}

Result<std::optional<EditStep>> apply(Database& database, const EditStep& step)
{
    switch (step.kind) {
    case EditStep::Kind::SourceState:
        return applyState(database, step);
    case EditStep::Kind::RunField:
        return applyField(database, step);
    case EditStep::Kind::Alias:
        return applyAlias(database, step);
    case EditStep::Kind::Word:
        return applyWord(database, step);
    case EditStep::Kind::Decisions:
        return applyDecisions(database, step);
    case EditStep::Kind::Link:
        return applyLink(database, step);
    case EditStep::Kind::TwinOf:
        return applyTwin(database, step);
    }
    return std::optional<EditStep>();
}

} // namespace prism::store
