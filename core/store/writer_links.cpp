// SPDX-License-Identifier: GPL-3.0-or-later
// What belongs together: written within the open transaction, seen with the next commit().
#include "core/store/writer.h"
#include "core/store/writer_impl.h"

#include <algorithm>

namespace prism {

using namespace store;

Result<void> StoreWriter::link(SourceId source, const RunKey& key, const LinkText& text)
{
    if (auto open = m_impl->inTransaction(); !open) {
        return open;
    }
    const auto run = m_impl->runOf(key);
    return run ? link(source, *run, text) : m_impl->guard(run.error());
}

Result<void> StoreWriter::link(SourceId source, RunId run, const LinkText& text)
{
    auto done = m_impl->inTransaction();
    m_impl->linked = true;
    return done ? m_impl->guard(m_impl->insertLink.run(source, run, text.role, text.why, text.byUser ? 1 : 0))
                : done;
}

Result<void> StoreWriter::moveToRun(SourceId source, const std::string& fromKey, const RunKey& to)
{
    if (auto open = m_impl->inTransaction(); !open) {
        return open;
    }
    const auto run = m_impl->runOf(to);
    return run ? moveToRun(source, fromKey, *run) : m_impl->guard(run.error());
}

Result<void> StoreWriter::moveToRun(SourceId source, const std::string& fromKey, RunId to)
{
    if (auto open = m_impl->inTransaction(); !open) {
        return open;
    }
    const auto from = m_impl->runOf({ fromKey, {}, {} });
    if (!from) {
        return m_impl->guard(from.error());
    }
    if (*from == to) {
        return {};
    }
    m_impl->linked = true;
    return m_impl->guard(m_impl->database->exec("UPDATE point SET run = " + std::to_string(to)
        + " WHERE source = " + std::to_string(source) + " AND run = " + std::to_string(*from)));
}

Result<bool> StoreWriter::isTakenOff(const std::string& sha256)
{
    const auto source = known(sha256);
    if (!source || !*source) {
        return source ? Result<bool>(false) : source.error();
    }
    const auto words = m_impl->integers(
        "SELECT 1 FROM link WHERE role = '' AND by_user = 1 AND source = " + std::to_string((*source)->id));
    return words ? Result<bool>(!words->empty()) : words.error();
}

Result<bool> StoreWriter::isBehindAnother(const std::string& sha256)
{
    const auto source = known(sha256);
    if (!source || !*source) {
        return source ? Result<bool>(false) : source.error();
    }
    const auto richer
        = m_impl->integers("SELECT w.id FROM source p JOIN source w ON w.sha256 = p.twin_of AND"
                           " w.state = 1 WHERE NOT EXISTS (SELECT 1 FROM source q JOIN link l ON"
                           " l.source = q.id AND l.role = 'part' WHERE q.twin_of = w.sha256)"
                           " AND p.id = "
            + std::to_string((*source)->id));
    return richer ? Result<bool>(!richer->empty()) : richer.error();
}

Result<void> StoreWriter::linkPart(SourceId part, SourceId whole, const std::string& why)
{
    if (auto open = m_impl->inTransaction(); !open) {
        return open;
    }
    auto insert = m_impl->database->prepare("INSERT OR IGNORE INTO link(source, run, role, why, by_user)"
                                            " SELECT DISTINCT ?, run, 'part', ?, 0 FROM point WHERE run > 0"
                                            " AND source = ?",
        false);
    m_impl->linked = true;
    return m_impl->guard(insert ? insert->run(part, why, whole) : Result<void>(insert.error()));
}

Result<Edit> StoreWriter::attach(
    SourceId source, RunId run, const std::string& role, std::optional<RunId> insteadOf)
{
    const auto file = m_impl->attachable(source);
    const auto target = m_impl->runRecord(run);
    const auto before = insteadOf ? m_impl->runRecord(*insteadOf) : target;
    if (!file || !target || !before) {
        return !file ? file.error() : !target ? target.error() : before.error();
    }
    const std::string given = !role.empty() ? role
        : file->timeline                    ? "timeline"
        : file->series                      ? "telemetry"
                                            : "sidecar";
    const bool known = given == "sidecar" || given == "telemetry" || given == "timeline";
    if (!known || (given == "telemetry" && !file->series) || (given == "timeline" && !file->timeline)) {
        return Error { file->path, {},
            !known                    ? "there is no role \"" + given + '"'
                : given == "timeline" ? "it holds no timeline"
                                      : "it holds nothing that was measured over time",
            "Its roles can be sidecar, and telemetry or timeline where it holds one" };
    }
    std::vector<EditStep> steps;
    if (insteadOf && *insteadOf != run) {
        steps.push_back({ EditStep::Kind::Link, source, {}, before->uid, {}, {}, {} });
    }
    steps.push_back({ EditStep::Kind::Link, source, given, target->uid,
        "1You said that it belongs to this run.", {}, {} });
    return m_impl->edit("Give " + file->name() + " to a run as " + given, steps, "it is so already", {});
}

Result<Edit> StoreWriter::detach(SourceId source, RunId run)
{
    const auto file = m_impl->attachable(source);
    const auto of = m_impl->runRecord(run);
    const auto linked = m_impl->integers("SELECT run FROM link WHERE role <> '' AND source = "
        + std::to_string(source) + " AND run = " + std::to_string(run));
    if (!file || !of || !linked) {
        return !file ? file.error() : !of ? of.error() : linked.error();
    }
    if (linked->empty()) {
        return Error { file->path, {}, "it does not belong to this run", {} };
    }
    // The empty role stays, so that no import gives the file back.
    const EditStep step { EditStep::Kind::Link, source, {}, of->uid, "1You took it off this run.", {}, {} };
    return m_impl->edit("Take " + file->name() + " off its run", { &step, 1 }, "it is so already", {});
}

Result<Edit> StoreWriter::setSameResult(SourceId source, std::optional<SourceId> richer)
{
    const auto file = m_impl->fileOf(source);
    const auto other = richer ? m_impl->fileOf(*richer) : file;
    if (!file || !other) {
        return !file ? file.error() : other.error();
    }
    if (file->attached || other->attached || richer == source) {
        return Error { file->path, {}, "only two results can be the same one", {} };
    }
    std::vector<EditStep> steps;
    const auto asPart
        = m_impl->integers("SELECT run FROM link WHERE role = 'part' AND source = " + std::to_string(source));
    if (!asPart) {
        return asPart.error();
    }
    auto ended = m_impl->endWhole(source, steps);
    if (ended && richer) {
        ended = m_impl->endWhole(*richer, steps);
    }
    if (!ended) {
        return ended.error();
    }
    // Whoever stood behind it stands behind the richer one with it; what that one stood behind itself is
    // gone.
    const auto behind
        = m_impl->integers("SELECT b.id FROM source b JOIN source s ON b.twin_of = s.sha256 WHERE s.id = "
            + std::to_string(source));
    if (!behind) {
        return behind.error();
    }
    const auto twin = [&](SourceId id, const std::string& of) {
        steps.push_back({ EditStep::Kind::TwinOf, id, {}, {}, of, {}, {} });
        return m_impl->linkTwin(id, of.empty() ? std::nullopt : richer, steps);
    };
    auto linked = richer ? twin(*richer, {}) : Result<void>();
    for (std::size_t i = 0; linked && richer && i < behind->size(); ++i) {
        linked = (*behind)[i] != *richer ? twin((*behind)[i], other->sha256) : linked;
    }
    linked = linked ? twin(source, richer ? other->sha256 : std::string()) : linked;
    if (!linked) {
        return linked.error();
    }
    for (const RunId run : *asPart) {
        // The empty role stays, so that no import makes the whole again.
        if (const auto record = m_impl->runRecord(run)) {
            steps.push_back(
                { EditStep::Kind::Link, source, {}, record->uid, "1You set it apart from its run.", {}, {} });
        }
    }
    return m_impl->edit(richer ? "Take " + file->name() + " for the same result as " + other->name()
                               : "Take " + file->name() + " for a result of its own",
        steps, "it is so already", {});
}

Result<StoreWriter::Impl::StoredFile> StoreWriter::Impl::fileOf(SourceId source)
{
    if (failed) {
        return *failed;
    }
    auto statement = database->prepare(
        "SELECT s.path, s.sha256, s.attached, EXISTS (SELECT 1 FROM point held JOIN series x ON x.point = "
        "held.id "
        "WHERE held.source = s.id), EXISTS (SELECT 1 FROM trace_sheet x WHERE x.source = s.id) FROM source s "
        "WHERE s.state = 1 AND s.id = ?",
        false);
    if (!statement) {
        return statement.error();
    }
    statement->start(source);
    const auto row = statement->next();
    if (!row || !*row) {
        return row ? Error { database->file(), {}, "this file is not there, or not any more", {} }
                   : row.error();
    }
    return StoredFile { statement->string(0), statement->string(1), statement->integer(2) != 0,
        statement->integer(3) != 0, statement->integer(4) != 0 };
}

Result<void> StoreWriter::Impl::linkTwin(
    SourceId source, std::optional<SourceId> richer, std::vector<EditStep>& steps)
{
    const auto before
        = integers("SELECT run FROM link WHERE role = 'twin' AND source = " + std::to_string(source));
    const auto shown = integers("SELECT DISTINCT run FROM point WHERE run > 0 AND source = "
        + std::to_string(richer.value_or(0)) + " ORDER BY run LIMIT 1");
    const auto why = richer ? whyTwin(source, *richer) : std::string();
    if (!before || !shown || !why) {
        return !before ? before.error() : !shown ? shown.error() : why.error();
    }
    for (const RunId run : *before) {
        if (!shown->empty() && shown->front() == run) {
            continue; // its line is written anew
        }
        if (const auto record = runRecord(run)) {
            steps.push_back({ EditStep::Kind::Link, source, {}, record->uid, {}, {}, {} });
        }
    }
    if (!shown->empty()) {
        const auto record = runRecord(shown->front());
        if (!record) {
            return record.error();
        }
        steps.push_back({ EditStep::Kind::Link, source, "twin", record->uid, '1' + *why, {}, {} });
    }
    return {};
}

Result<std::string> StoreWriter::Impl::whyTwin(SourceId source, SourceId richer)
{
    const auto other = fileOf(richer);
    if (!other) {
        return other.error();
    }
    // What an import found of the two, or told before the user set them apart: both values where they differ.
    auto stored = database->prepare("SELECT l.why FROM link l JOIN source s ON s.id = l.source WHERE l.role ="
                                    " 'twin' AND s.id = ? AND s.twin_of = ?",
        false);
    auto edits = database->prepare("SELECT inverse FROM edit ORDER BY id DESC", false);
    if (!stored || !edits) {
        return !stored ? stored.error() : edits.error();
    }
    stored->start(source, other->sha256);
    auto row = stored->next();
    if (row && *row) {
        return stored->string(0);
    }
    for (row = edits->next(); row && *row; row = edits->next()) {
        const auto steps = decodeSteps(edits->blob(0));
        bool ofTheTwo = false;
        std::string why;
        for (const EditStep& step : steps ? *steps : std::vector<EditStep>()) {
            const bool of = step.id == source;
            ofTheTwo = ofTheTwo || (of && step.kind == EditStep::Kind::TwinOf && step.value == other->sha256);
            why = of && step.kind == EditStep::Kind::Link && step.name == "twin" ? step.value.substr(1) : why;
        }
        if (ofTheTwo && !why.empty()) {
            return why;
        }
    }
    return row ? Result<std::string>("You said that it is the same result as " + other->name() + '.')
               : row.error();
}

Result<void> StoreWriter::Impl::endWhole(SourceId part, std::vector<EditStep>& steps)
{
    const auto whole
        = integers("SELECT w.id FROM source p JOIN source w ON w.sha256 = p.twin_of AND w.state = 1"
                   " WHERE p.id = "
            + std::to_string(part)
            + " AND EXISTS (SELECT 1 FROM link l WHERE l.source = p.id AND l.role = 'part')");
    if (!whole || whole->empty()) {
        return whole ? Result<void>() : whole.error();
    }
    const bool hasEnded = std::any_of(steps.begin(), steps.end(), [&](const EditStep& step) {
        return step.kind == EditStep::Kind::SourceState && step.id == whole->front();
    });
    if (hasEnded) {
        return {}; // with another part of it
    }
    const std::string of
        = "FROM source w JOIN source p ON p.twin_of = w.sha256 JOIN link l ON l.source = p.id AND"
          " l.role = 'part' WHERE w.id = "
        + std::to_string(whole->front()) + " ORDER BY l.source, l.run";
    const auto parts = integers("SELECT l.source " + of);
    const auto runsOfParts = integers("SELECT l.run " + of);
    // Wholes of fewer of the same files stand behind it, and would be shown in its place.
    auto wholes = integers("SELECT o.id FROM source o JOIN source w ON o.twin_of = w.sha256 WHERE o.state = 1"
                           " AND instr(o.path, ' + ') > 0 AND instr(w.path, o.path) = 1"
                           " AND NOT EXISTS (SELECT 1 FROM link l WHERE l.source = o.id AND l.role = 'part')"
                           " AND w.id = "
        + std::to_string(whole->front()));
    if (!parts || !runsOfParts || !wholes) {
        return !parts ? parts.error() : !runsOfParts ? runsOfParts.error() : wholes.error();
    }
    wholes->push_back(whole->front());
    for (const SourceId id : *wholes) {
        steps.push_back({ EditStep::Kind::SourceState, id, {}, {},
            std::to_string(static_cast<int>(SourceState::Removed)), {}, {} });
    }
    for (std::size_t i = 0; i < parts->size(); ++i) {
        const auto record = runRecord((*runsOfParts)[i]);
        if (!record) {
            return record.error();
        }
        steps.push_back({ EditStep::Kind::Link, (*parts)[i], {}, record->uid, {}, {}, {} });
    }
    return {};
}

Result<StoreWriter::Impl::StoredFile> StoreWriter::Impl::attachable(SourceId source)
{
    auto file = fileOf(source);
    if (file && !file->attached) {
        return Error { file->path, {}, "it holds results, whose run is where its points are",
            "Move the points instead" };
    }
    return file;
}

} // namespace prism
