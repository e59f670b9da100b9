<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US">
<context>
    <name>SpanLane</name>
    <message numerus="yes">
        <source>%1: %n span(s) in view, in %2 rows.</source>
        <translation>
            <numerusform>%1: %n span in view, in %2 rows.</numerusform>
            <numerusform>%1: %n spans in view, in %2 rows.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::AttachDialog</name>
    <message numerus="yes">
        <source>%n found</source>
        <translation>
            <numerusform>%n found</numerusform>
            <numerusform>%n found</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source> with %n more process(es)</source>
        <translation>
            <numerusform> with %n more process</numerusform>
            <numerusform> with %n more processes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>; %n more may be one and could not be asked</source>
        <translation>
            <numerusform>; %n more may be one and could not be asked</numerusform>
            <numerusform>; %n more may be some and could not be asked</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::ChartNote</name>
    <message numerus="yes">
        <source>%n point(s) are divided by a number of GPUs that you set</source>
        <translation>
            <numerusform>%n point is divided by a number of GPUs that you set</numerusform>
            <numerusform>%n points are divided by a number of GPUs that you set</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::ChartPanel</name>
    <message numerus="yes">
        <source>%n point(s) hidden by you</source>
        <translation>
            <numerusform>%n point hidden by you</numerusform>
            <numerusform>%n points hidden by you</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 · %n more reason(s)</source>
        <translation>
            <numerusform>%1 · %n more reason</numerusform>
            <numerusform>%1 · %n more reasons</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::ChartView</name>
    <message numerus="yes">
        <source>%n points selected</source>
        <translation>
            <numerusform>%n point selected</numerusform>
            <numerusform>%n points selected</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::DistributionPanel</name>
    <message numerus="yes">
        <source>%n point(s) without requests: percentiles as the file states them</source>
        <translation>
            <numerusform>%n point without requests: percentiles as the file states them</numerusform>
            <numerusform>%n points without requests: percentiles as the file states them</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n point(s) without this metric</source>
        <translation>
            <numerusform>%n point without this metric</numerusform>
            <numerusform>%n points without this metric</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n sample(s) not above zero</source>
        <translation>
            <numerusform>%n sample not above zero</numerusform>
            <numerusform>%n samples not above zero</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::DistributionPlot</name>
    <message numerus="yes">
        <source>Distribution of %1 at %n point(s), from %2 samples.</source>
        <translation>
            <numerusform>Distribution of %1 at %n point, from %2 samples.</numerusform>
            <numerusform>Distribution of %1 at %n points, from %2 samples.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::FacetModel</name>
    <message numerus="yes">
        <source>%1, %n point(s)</source>
        <translation>
            <numerusform>%1, %n point</numerusform>
            <numerusform>%1, %n points</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more…</source>
        <translation>
            <numerusform>%n more…</numerusform>
            <numerusform>%n more…</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::FacetPanel</name>
    <message numerus="yes">
        <source>%n selected</source>
        <translation>
            <numerusform>%n selected</numerusform>
            <numerusform>%n selected</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n run(s)</source>
        <translation>
            <numerusform>%1 of %n run</numerusform>
            <numerusform>%1 of %n runs</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::GapPlot</name>
    <message numerus="yes">
        <source>%n gap(s), the longest %1.</source>
        <translation>
            <numerusform>%n gap, the longest %1.</numerusform>
            <numerusform>%n gaps, the longest %1.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::JobModel</name>
    <message numerus="yes">
        <source>%n file(s) imported</source>
        <translation>
            <numerusform>%n file imported</numerusform>
            <numerusform>%n files imported</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) with the same result in another encoding</source>
        <translation>
            <numerusform>%n file with the same result in another encoding</numerusform>
            <numerusform>%n files with the same result in another encoding</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n point(s)</source>
        <translation>
            <numerusform>%n point</numerusform>
            <numerusform>%n points</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n attached</source>
        <translation>
            <numerusform>%n attached</numerusform>
            <numerusform>%n attached</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n already here</source>
        <translation>
            <numerusform>%n already here</numerusform>
            <numerusform>%n already here</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n refused</source>
        <translation>
            <numerusform>%n refused</numerusform>
            <numerusform>%n refused</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n skipped</source>
        <translation>
            <numerusform>%n skipped</numerusform>
            <numerusform>%n skipped</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>… and %n more</source>
        <translation>
            <numerusform>… and %n more</numerusform>
            <numerusform>… and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::LiveLanes</name>
    <message numerus="yes">
        <source>%1 event(s) lost</source>
        <translation>
            <numerusform>%1 event lost</numerusform>
            <numerusform>%1 events lost</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::LiveStatus</name>
    <message numerus="yes">
        <source>Percentiles over %1 leave out %2 lost event(s)</source>
        <translation>
            <numerusform>Percentiles over %1 leave out %2 lost event</numerusform>
            <numerusform>Percentiles over %1 leave out %2 lost events</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::MachineDialog</name>
    <message numerus="yes">
        <source>Requests cannot be observed with these rights on this kernel: %n feature(s) that are needed do not work.</source>
        <translation>
            <numerusform>Requests cannot be observed with these rights on this kernel: %n feature that is needed does not work.</numerusform>
            <numerusform>Requests cannot be observed with these rights on this kernel: %n features that are needed do not work.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::MainWindow</name>
    <message numerus="yes">
        <source>Take back the %1 of %n run(s)</source>
        <translation>
            <numerusform>Take back the %1 of a run</numerusform>
            <numerusform>Take back the %1 of %n runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Set the %1 of %n run(s)</source>
        <translation>
            <numerusform>Set the %1 of a run</numerusform>
            <numerusform>Set the %1 of %n runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Give %n file(s) to a run</source>
        <translation>
            <numerusform>Give the file to a run</numerusform>
            <numerusform>Give %n files to a run</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n point(s) hidden by you</source>
        <translation>
            <numerusform>%n point hidden by you</numerusform>
            <numerusform>%n points hidden by you</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Note on the run(s)</source>
        <translation>
            <numerusform>Note on the run</numerusform>
            <numerusform>Note on the runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Note on %n run(s)</source>
        <translation>
            <numerusform>Note on %n run</numerusform>
            <numerusform>Note on %n runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Hide %n point(s)</source>
        <translation>
            <numerusform>Hide %n point</numerusform>
            <numerusform>Hide %n points</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Why? The reason is kept with the %n point(s), which leave every table, chart and frontier.</source>
        <translation>
            <numerusform>Why? The reason is kept with the point, which leaves every table, chart and frontier.</numerusform>
            <numerusform>Why? The reason is kept with the %n points, which leave every table, chart and frontier.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Show %n point(s) again</source>
        <translation>
            <numerusform>Show %n point again</numerusform>
            <numerusform>Show %n points again</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Note on %n point(s)</source>
        <translation>
            <numerusform>Note on %n point</numerusform>
            <numerusform>Note on %n points</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Take back the %1 of %n point(s)</source>
        <translation>
            <numerusform>Take back the %1 of %n point</numerusform>
            <numerusform>Take back the %1 of %n points</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Set the %1 of %n point(s)</source>
        <translation>
            <numerusform>Set the %1 of %n point</numerusform>
            <numerusform>Set the %1 of %n points</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Move %n point(s) to another run</source>
        <translation>
            <numerusform>Move %n point to another run</numerusform>
            <numerusform>Move %n points to another run</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Merge %n run(s)</source>
        <translation>
            <numerusform>Merge %n run</numerusform>
            <numerusform>Merge %n runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n run(s)</source>
        <translation>
            <numerusform>%n run</numerusform>
            <numerusform>%n runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 point(s)</source>
        <translation>
            <numerusform>%1 point</numerusform>
            <numerusform>%1 points</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 point(s) shown</source>
        <translation>
            <numerusform>%1 point shown</numerusform>
            <numerusform>%1 points shown</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Removing %n whole file(s), with every run in it. Undo brings them back.</source>
        <translation>
            <numerusform>Removing %n whole file, with every run in it. Undo brings it back.</numerusform>
            <numerusform>Removing %n whole files, with every run in them. Undo brings them back.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Set the evidence of %n run(s)</source>
        <translation>
            <numerusform>Set the evidence of %n run</numerusform>
            <numerusform>Set the evidence of %n runs</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::RunTableModel</name>
    <message numerus="yes">
        <source>%n run(s)</source>
        <translation>
            <numerusform>%n run</numerusform>
            <numerusform>%n runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n point(s)</source>
        <translation>
            <numerusform>%n point</numerusform>
            <numerusform>%n points</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::SessionBar</name>
    <message numerus="yes">
        <source>%1 event(s) lost</source>
        <translation>
            <numerusform>%1 event lost</numerusform>
            <numerusform>%1 events lost</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 record(s) came</source>
        <translation>
            <numerusform>%1 record came</numerusform>
            <numerusform>%1 records came</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::StoreEdits</name>
    <message numerus="yes">
        <source>Tag %n run(s)</source>
        <translation>
            <numerusform>Tag %n run</numerusform>
            <numerusform>Tag %n runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Move %n point(s) to another run</source>
        <translation>
            <numerusform>Move %n point to another run</numerusform>
            <numerusform>Move %n points to another run</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Make a run of %n point(s)</source>
        <translation>
            <numerusform>Make a run of %n point</numerusform>
            <numerusform>Make a run of %n points</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Put %n point(s) back into the run of the file</source>
        <translation>
            <numerusform>Put %n point back into the run of the file</numerusform>
            <numerusform>Put %n points back into the run of the file</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Merge %n run(s)</source>
        <translation>
            <numerusform>Merge %n run</numerusform>
            <numerusform>Merge %n runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Remove the files of %n run(s)</source>
        <translation>
            <numerusform>Remove the files of %n run</numerusform>
            <numerusform>Remove the files of %n runs</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::TimelineView</name>
    <message numerus="yes">
        <source>Timeline of %1, %n lane(s).</source>
        <translation>
            <numerusform>Timeline of %1, %n lane.</numerusform>
            <numerusform>Timeline of %1, %n lanes.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::TracePerspective</name>
    <message numerus="yes">
        <source>%n lane(s) beyond the first 1000 are not shown.</source>
        <translation>
            <numerusform>%n lane beyond the first 1000 is not shown.</numerusform>
            <numerusform>%n lanes beyond the first 1000 are not shown.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n arrow(s)</source>
        <translation>
            <numerusform>%n arrow</numerusform>
            <numerusform>%n arrows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::AttributeDialog</name>
    <message numerus="yes">
        <source>Set an attribute of %n run(s)</source>
        <translation>
            <numerusform>Set an attribute of the run</numerusform>
            <numerusform>Set an attribute of %n runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Set for %n run(s)</source>
        <translation>
            <numerusform>Set for the run</numerusform>
            <numerusform>Set for %n runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Holds for every point of the %n run(s), also for those that come later, and replaces what you said of single points. What the file says is kept beside your word; an empty value goes back to it.</source>
        <translation>
            <numerusform>Holds for every point of the run, also for those that come later, and replaces what you said of single points. What the file says is kept beside your word; an empty value goes back to it.</numerusform>
            <numerusform>Holds for every point of the %n runs, also for those that come later, and replaces what you said of single points. What the file says is kept beside your word; an empty value goes back to it.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Set for %n point(s)</source>
        <translation>
            <numerusform>Set for %n point</numerusform>
            <numerusform>Set for %n points</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 and %n more</numerusform>
            <numerusform>%1 and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::JobsPane</name>
    <message numerus="yes">
        <source>… and %n more; File, Import with a mapping… takes any file</source>
        <translation>
            <numerusform>… and %n more; File, Import with a mapping… takes any file</numerusform>
            <numerusform>… and %n more; File, Import with a mapping… takes any file</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::MappingWindow</name>
    <message numerus="yes">
        <source>%n column(s)</source>
        <translation>
            <numerusform>%n column</numerusform>
            <numerusform>%n columns</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>the first %n row(s) shown</source>
        <translation>
            <numerusform>the first row shown</numerusform>
            <numerusform>the first %n rows shown</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Accept %n proposal(s)</source>
        <translation>
            <numerusform>Accept %n proposal</numerusform>
            <numerusform>Accept %n proposals</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n more</numerusform>
            <numerusform>%n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n proposal(s) by the names of columns: read them, then accept them.</source>
        <translation>
            <numerusform>%n proposal by the name of a column: read it, then accept it.</numerusform>
            <numerusform>%n proposals by the names of columns: read them, then accept them.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 point(s) of </source>
        <translation>
            <numerusform>%1 point of </numerusform>
            <numerusform>%1 points of </numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 request(s).</source>
        <translation>
            <numerusform>%1 request.</numerusform>
            <numerusform>%1 requests.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 point(s).</source>
        <translation>
            <numerusform>%1 point.</numerusform>
            <numerusform>%1 points.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more note(s)</source>
        <translation>
            <numerusform>%n more note</numerusform>
            <numerusform>%n more notes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::BundleDialog</name>
    <message numerus="yes">
        <source>Search all %n…</source>
        <translation>
            <numerusform>Search all %n…</numerusform>
            <numerusform>Search all %n…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n run(s)</source>
        <translation>
            <numerusform>%n run</numerusform>
            <numerusform>%n runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>from %n file(s) of %1</source>
        <translation>
            <numerusform>from %n file of %1</numerusform>
            <numerusform>from %n files of %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more file(s) are imported each for itself.</source>
        <translation>
            <numerusform>%n more file is imported for itself.</numerusform>
            <numerusform>%n more files are imported each for itself.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::BundleModel</name>
    <message numerus="yes">
        <source>%n point(s)</source>
        <translation>
            <numerusform>%n point</numerusform>
            <numerusform>%n points</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n file(s)</source>
        <translation>
            <numerusform>%n file</numerusform>
            <numerusform>%n files</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>prism::app::AttachedView</name>
    <message numerus="yes">
        <source>%n sample(s) of %1, %2</source>
        <translation>
            <numerusform>%n sample of %1, %2</numerusform>
            <numerusform>%n samples of %1, %2</numerusform>
        </translation>
    </message>
</context>
</TS>
