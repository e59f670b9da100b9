// SPDX-License-Identifier: GPL-3.0-or-later
// A table of points keeps meanings apart, and says which numbers are derived.
#include "core/export/points_csv.h"
#include "tests/support/csv_cells.h"
#include "tests/support/imported_folder.h"
#include "tests/support/vllm_snapshot.h"

#include <QTest>

#include <algorithm>

using namespace prism;
using prism::test::csvCells;

class PointsCsvTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aMeaningHasItsOwnColumn()
    {
        test::ImportedFolder folder;
        folder.write("before.prom", test::vllmSnapshot(10, "2"));
        folder.write("after.prom", test::vllmSnapshot(510, "102"));
        folder.import({ "before.prom", "after.prom" });
        std::string csv;
        QVERIFY(writePointsCsv(*folder.reader(), nullptr, [&](std::string_view text) { csv += text; }));
        const std::vector<std::string> titles = csvCells(csv.substr(0, csv.find('\n') + 1));
        const auto column = [&](const std::string& title) {
            return std::find(titles.begin(), titles.end(), title) - titles.begin();
        };
        const auto between = column("requests_ok value (1)");
        const auto sinceStart = column("requests_ok value (1) [since-start]");
        const auto derived = column("derived");
        const auto end = std::ptrdiff_t(titles.size());
        QVERIFY(between < end && sinceStart < end && derived < end);
        std::vector<std::pair<std::string, std::string>> numbers;
        std::size_t at = csv.find('\n') + 1;
        for (std::size_t next = csv.find('\n', at); next != std::string::npos;
             at = next + 1, next = csv.find('\n', at)) {
            const auto cells = csvCells(csv.substr(at, next + 1 - at));
            QCOMPARE(cells.size(), titles.size());
            numbers.emplace_back(cells[std::size_t(between)], cells[std::size_t(sinceStart)]);
            QVERIFY(cells[std::size_t(derived)].find("requests_ok value") != std::string::npos);
        }
        std::sort(numbers.begin(), numbers.end());
        QCOMPARE(numbers,
            (std::vector<std::pair<std::string, std::string>> {
                { "", "10" }, { "", "510" }, { "500", "" } }));
    }
};

QTEST_GUILESS_MAIN(PointsCsvTest)
#include "tst_points_csv.moc"
