// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/saved_mappings.h"
#include "tests/support/own_folders.h"

#include <QtTest>

using namespace prism;

namespace {

Mapping mapping(const std::string& name, const std::string& unit)
{
    Mapping out;
    out.name = name;
    out.columns = { "a" };
    out.values = { { "a", {}, MappedValue::Target::Measure, "ttft", Stat::mean(), unit, {} } };
    return out;
}

} // namespace

class TestSavedMappings : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void savedAndFoundAgain()
    {
        const test::OwnFolders own;
        QVERIFY(savedMappings().empty());
        const auto file = saveMapping(mapping("mine", "ms"), false);
        QVERIFY2(file, file ? "" : file.error().text().c_str());
        QVERIFY(saveMapping(mapping("unstated", ""), false));
        const auto all = savedMappings();
        QCOMPARE(all.size(), std::size_t(2));
        QCOMPARE(all[0].mapping, mapping("mine", "ms"));
        QVERIFY(!all[0].error);
        QVERIFY(all[1].error); // it waits for its unit
        QCOMPARE(*loadMapping("mine"), mapping("mine", "ms"));
        QCOMPARE(*loadMapping(*file), mapping("mine", "ms"));
        QVERIFY(!loadMapping("other"));
    }

    void oneOfThisNameIsNotReplacedUnasked()
    {
        const test::OwnFolders own;
        QVERIFY(saveMapping(mapping("mine", "ms"), false));
        QVERIFY(!saveMapping(mapping("mine", "s"), false));
        QCOMPARE(loadMapping("mine")->values[0].unit, std::string("ms"));
        QVERIFY(saveMapping(mapping("mine", "s"), true));
        QCOMPARE(loadMapping("mine")->values[0].unit, std::string("s"));
    }

    void removed()
    {
        const test::OwnFolders own;
        QVERIFY(saveMapping(mapping("mine", "ms"), false));
        QVERIFY(saveMapping(mapping("other", "ms"), false));
        QVERIFY(removeMapping("mine"));
        QVERIFY(removeMapping("mine")); // gone is gone
        QVERIFY(removeMapping("../mappings/other"));
        QCOMPARE(savedMappings().size(), std::size_t(1));
    }

    void aFreeName()
    {
        const test::OwnFolders own;
        QCOMPARE(freeMappingName("Mine 1"), std::string("mine-1"));
        QCOMPARE(freeMappingName(""), std::string("mapping"));
        QVERIFY(saveMapping(mapping("mine", "ms"), false));
        QVERIFY(isSavedMapping("mine") && !isSavedMapping("other") && !isSavedMapping("../mappings/mine"));
        QCOMPARE(freeMappingName("mine"), std::string("mine-2"));
        QVERIFY(saveMapping(mapping("mine-2", "ms"), false));
        QCOMPARE(freeMappingName("mine"), std::string("mine-3"));
    }

    void namesThatAreNoFiles()
    {
        const test::OwnFolders own;
        for (const char* name : { "", "../x", "a/b", ".hidden", "a\nb" }) {
            QVERIFY2(!saveMapping(mapping(name, "ms"), false), name);
        }
    }

    void aFileThatIsNoMappingIsToldAndNotApplied()
    {
        const test::OwnFolders own;
        QVERIFY(saveMapping(mapping("mine", "ms"), false));
        QFile broken(QString::fromStdString(mappingFolder() + "/broken.json"));
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write("{\"prism_mapping\":1,");
        broken.close();
        const auto all = savedMappings();
        QCOMPARE(all.size(), std::size_t(2));
        QVERIFY(all[0].error);
        QVERIFY(all[0].error->text().find("broken.json") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestSavedMappings)
#include "tst_saved_mappings.moc"
