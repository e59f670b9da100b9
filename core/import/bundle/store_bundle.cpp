// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/store_bundle.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace prism {

namespace {

class Storing {
public:
    Storing(const BundleCollector& bundle, const BundlePlan& plan, const std::vector<Decision>& decisions,
        StoreWriter& writer)
        : m_files(bundle.files())
        , m_plan(plan)
        , m_writer(writer)
    {
        const LastWords words(decisions, plan.root);
        for (std::size_t i = 0; i < m_files.size() && !decisions.empty(); ++i) {
            if (words.on(m_files[i].path)) {
                m_decided.insert(i);
            }
        }
        for (const TwinFinder::Twin& twin : bundle.disagreeing()) {
            m_late.insert(static_cast<std::size_t>(twin.poorer - 1));
        }
    }

    Result<StoredBundle> store()
    {
        for (const BundlePlan::Run& run : m_plan.runs) {
            bool holds = false;
            for (const BundlePlan::File& entry : run.files) {
                const FileSummary& file = m_files[entry.file];
                const bool result = entry.role == FileRole::Result || entry.role == FileRole::Repetition;
                holds = holds || (result && file.source != 0);
                auto done = file.source == 0 ? Result<void>()
                    : result                 ? storeResult(run, entry)
                    : entry.behind           ? storeTwin(run, entry)
                                             : link(run, entry);
                if (!done) {
                    return done.error();
                }
            }
            m_runs += holds ? 1 : 0;
            ask(run.files);
        }
        for (const BundlePlan::File& entry : m_plan.others) {
            m_runs += entry.role == FileRole::Result ? m_files[entry.file].runs : 0;
        }
        ask(m_plan.others);
        m_stored.runs = m_runs;
        m_stored.linked = m_linked.size();
        return std::move(m_stored);
    }

private:
    RunKey keyOf(const BundlePlan::Run& run) const
    {
        const FileSummary& first = m_files[run.files.front().file];
        return { run.key, first.parts.empty() ? std::string() : first.parts.front().label, first.producer };
    }

    Result<void> storeResult(const BundlePlan::Run& run, const BundlePlan::File& entry)
    {
        const FileSummary& file = m_files[entry.file];
        for (const std::size_t part : entry.parts) {
            const std::string& own = file.parts[part].key;
            auto moved = run.joins ? m_writer.moveToRun(file.source, own, *run.joins)
                : own != run.key   ? m_writer.moveToRun(file.source, own, keyOf(run))
                                   : Result<void>();
            if (!moved) {
                return moved;
            }
        }
        return {};
    }

    Result<void> storeTwin(const BundlePlan::Run& run, const BundlePlan::File& entry)
    {
        const FileSummary& file = m_files[entry.file];
        if (entry.byUser || m_late.contains(entry.file) || m_decided.contains(entry.file)
            || m_decided.contains(*entry.behind)) {
            if (auto set = m_writer.setTwin(file.source, m_files[*entry.behind].sha256); !set) {
                return set;
            }
        }
        std::string differences;
        for (const TwinDifference& difference : entry.differences) {
            const Metric* metric = findMetric(difference.metric);
            const Unit unit = metric ? unitOf(*metric, difference.stat) : Unit::One;
            differences += (differences.empty() ? "" : " ")
                + (metric ? title(*metric, difference.stat) : std::string(difference.metric)) + ": "
                + formatNumber(difference.richer, unit, NumberStyle::Reading) + " is shown, this file says "
                + formatNumber(difference.poorer, unit, NumberStyle::Reading) + '.';
        }
        m_stored.twins.push_back({ file.path, m_files[*entry.behind].path, differences });
        const std::string why = entry.why + (differences.empty() ? "" : ' ' + differences);
        return link(run, file.source, { std::string(name(entry.role)), why, entry.byUser });
    }

    Result<void> link(const BundlePlan::Run& run, SourceId source, const LinkText& text)
    {
        const std::optional<RunId> stored = run.known ? run.known : run.joins;
        return stored ? m_writer.link(source, *stored, text) : m_writer.link(source, keyOf(run), text);
    }

    Result<void> link(const BundlePlan::Run& run, const BundlePlan::File& entry)
    {
        const FileSummary& file = m_files[entry.file];
        const LinkText text { std::string(name(entry.role)), entry.why, entry.byUser };
        m_linked.insert(entry.file);
        return link(run, file.source, text);
    }

    void ask(const std::vector<BundlePlan::File>& files)
    {
        for (const BundlePlan::File& entry : files) {
            if (entry.asks) {
                const std::string& path = m_files[entry.file].path;
                m_stored.questions.push_back(
                    path.substr(path.starts_with(m_plan.root) ? m_plan.root.size() : 0) + ": " + entry.why);
            }
        }
    }

    const std::vector<FileSummary>& m_files;
    const BundlePlan& m_plan;
    StoreWriter& m_writer;
    std::set<std::size_t> m_decided; ///< files whose twins are not stored before the bundle is
    std::set<std::size_t> m_late; ///< twins that were found when all files were there
    std::set<std::size_t> m_linked; ///< files, each of which may be of several runs
    std::uint64_t m_runs = 0;
    StoredBundle m_stored;
};

/// The change by which something is remembered for the shape; 0 when the journal has it no more.
Result<std::int64_t> decidedBy(StoreReader& reader, const std::string& shape)
{
    const auto edits = reader.edits();
    if (!edits) {
        return edits.error();
    }
    const auto decides = [&](const EditRecord::Change& change) {
        return change.subject == "folders of a shape" && change.field == shape;
    };
    const auto last = std::find_if(edits->rbegin(), edits->rend(), [&](const EditRecord& edit) {
        return !edit.undone && std::any_of(edit.changes.begin(), edit.changes.end(), decides);
    });
    return last == edits->rend() ? 0 : last->id;
}

} // namespace

BundleFolder folderOf(const std::vector<FoundFile>& files)
{
    std::vector<std::string_view> paths;
    for (const FoundFile& file : files) {
        if (!file.foreign) {
            paths.push_back(file.path);
        }
    }
    BundleFolder folder;
    folder.root = commonFolder(paths);
    folder.shape = shapeOf(paths, folder.root);
    return folder;
}

Result<std::optional<std::vector<Decision>>> rememberedDecisions(
    StoreReader& reader, const BundleFolder& folder)
{
    const auto text = reader.decisions(folder.shape);
    if (!text) {
        return text.error();
    }
    std::optional<std::vector<Decision>> remembered;
    if (auto decisions = decisionsOf(*text); decisions && !text->empty()) {
        const auto edit = decidedBy(reader, folder.shape);
        if (!edit) {
            return edit.error();
        }
        for (Decision& decision : *decisions) {
            decision.edit = *edit;
        }
        remembered = std::move(*decisions);
    }
    return remembered;
}

Result<void> addPending(BundleCollector& bundle, StoreReader& reader)
{
    std::set<SourceId> here;
    bool results = false;
    for (const FileSummary& file : bundle.files()) {
        here.insert(file.source);
        results = results || file.isResult();
    }
    if (!results) {
        return {}; // no run that they could be of is new
    }
    const auto pending = reader.unlinked();
    if (!pending) {
        return pending.error();
    }
    for (const LinkRecord& record : *pending) {
        if (here.contains(record.source.id) || record.text.byUser) {
            continue; // what the user took off its run waits for him
        }
        FileSummary summary;
        summary.path = record.source.path;
        summary.sha256 = record.source.sha256;
        summary.producer = record.source.producer;
        summary.outcome = Outcome::Attached;
        summary.source = record.source.id;
        summary.counts = record.source.counts;
        summary.covers = record.covers;
        summary.coversLocally = record.coversLocally;
        summary.series = record.series ? 1 : 0;
        summary.timeline = record.timeline;
        summary.pending = true;
        bundle.add(std::move(summary), {});
    }
    return {};
}

Result<void> addStored(BundleCollector& bundle, StoreReader& reader)
{
    const ResultQuestion question = questionOf(bundle.files());
    if (!question.any) {
        return {};
    }
    std::set<std::string> here;
    for (const FileSummary& file : bundle.files()) {
        if (file.outcome != Outcome::Unchanged) {
            here.insert(file.sha256); // it is stored already, or read anew
        }
    }
    const auto stored = reader.resultsLike(question.runUids, question.isAlike, here);
    if (!stored) {
        return stored.error();
    }
    bundle.setStored(knownResultsOf(*stored));
    return {};
}

Result<std::vector<RunPlace>> knownRuns(const BundleCollector& bundle, StoreReader& reader)
{
    const auto [times, folders] = bundle.placesOfAttached();
    return reader.runsAt(times, folders);
}

Result<StoredBundle> storeBundle(
    BundleCollector& bundle, const BundleOrder& order, StoreWriter& writer, const std::string& database)
{
    auto reader = StoreReader::open(database);
    if (!reader) {
        return reader.error();
    }
    if (auto pending = addPending(bundle, **reader); !pending) {
        return pending.error();
    }
    const auto added = addStored(bundle, **reader);
    const auto known = knownRuns(bundle, **reader);
    if (!added || !known) {
        return !added ? added.error() : known.error();
    }
    const BundlePlan plan = bundle.plan(*known, order.decisions, order.folder.root);
    auto stored = Storing(bundle, plan, order.decisions, writer).store();
    if (!stored) {
        return stored;
    }
    stored->note = plan.note;
    if (bundle.leftOver() > 0) {
        stored->runs.reset();
    }
    if (auto committed = writer.commit(); !committed) {
        return committed.error();
    }
    if (order.memory != ImportRequest::Memory::Leave) {
        const bool remember = order.memory == ImportRequest::Memory::Remember;
        const auto edit = writer.setDecisions(
            order.folder.shape, remember ? textOf(generalised(order.decisions)) : std::string());
        if (edit) {
            stored->remembered = edit->id;
        } else if (!writer.usable()) {
            return edit.error(); // else it is remembered like that already
        }
    }
    return stored;
}

} // namespace prism
