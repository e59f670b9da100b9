// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/edit_journal.h"

#include "core/store/codec.h"

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

Result<std::optional<EditStep>> applyField(Database& database, const EditStep& step)
{
    auto now = lookUp(database, "SELECT " + step.name + " FROM run WHERE id = ?", step.id);
    if (!now || !*now || **now == step.value) {
        return !now ? Result<std::optional<EditStep>>(now.error()) : std::optional<EditStep>();
    }
    const std::string value = step.name == "colour" ? "CAST(? AS INTEGER)" : "?";
    if (auto done = runOnce(
            database, "UPDATE run SET " + step.name + " = " + value + " WHERE id = ?", step.value, step.id);
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
    }
    return std::optional<EditStep>();
}

} // namespace prism::store
