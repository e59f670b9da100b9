// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/theme/theme.h"
#include "app/timeline/timeline_view.h"
#include "core/live/recording.h"
#include "prism_test_paths.h"
#include "tests/support/made_stream.h"
#include "tests/support/own_folders.h"

#include <QImage>
#include <QProcess>
#include <QtTest>

using namespace prism;
using namespace prism::app;
using prism::test::millisecond;
using prism::test::second;

namespace {

const prism::test::OwnFolders folders;
constexpr int patienceMs = 120'000;

/// A request every half second for a minute, each busy for 400 ms.
void record(const QString& file)
{
    live::Recording recording(64u << 20);
    live::Target target;
    target.number = 1;
    target.server.pid = 4711;
    target.server.engine = "vllm";
    target.server.ports = { 8000 };
    target.start = { 10 * second };
    recording.session("fake", "here");
    recording.target(target);
    test::MadeStream stream;
    stream.clock(10 * second);
    for (std::uint32_t i = 0; i < 120; ++i) {
        test::ScriptedRequest script;
        script.number = i;
        script.arrival = 10 * second + i * 500 * millisecond;
        script.gap = 50 * millisecond;
        stream.request(script);
        recording.records(stream.take());
    }
    QVERIFY(recording.open(file.toStdString()));
    QVERIFY(recording.close());
}

/// Columns of a part of the timeline in which a colour is seen.
int columnsWith(const QImage& image, QRgb colour, int from, int to)
{
    int columns = 0;
    for (int x = from; x < to; ++x) {
        bool seen = false;
        for (int y = 100; y < image.height() / 2 && !seen; ++y) {
            seen = image.pixel(x, y) == colour;
        }
        columns += seen ? 1 : 0;
    }
    return columns;
}

} // namespace

class TestRender : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    /// Exit status and what it said on the standard error.
    std::pair<int, QString> render(const QString& recording, const QString& picture)
    {
        QProcess prism;
        prism.start(QStringLiteral(PRISM_BIN_DIR "/prism"),
            { QStringLiteral("--db"), m_dir.filePath(QStringLiteral("prism.db")), QStringLiteral("--theme"),
                QStringLiteral("light"), QStringLiteral("--render"), picture, recording });
        if (!prism.waitForFinished(patienceMs)) {
            prism.kill();
            prism.waitForFinished();
            return { -1, QStringLiteral("it does not end") };
        }
        return { prism.exitCode(), QString::fromUtf8(prism.readAllStandardError()) };
    }

private Q_SLOTS:
    void aPictureOfARecordingShowsTheWholeOfIt()
    {
        const QString file = m_dir.filePath(QStringLiteral("a.prismlive"));
        const QString picture = m_dir.filePath(QStringLiteral("a.png"));
        record(file);
        const auto [status, said] = render(file, picture);
        QVERIFY2(status == 0, qPrintable(said));
        const QImage image(picture);
        QCOMPARE(image.size(), QSize(1440, 900));
        const QRgb decode = tokensOf(Variant::Light).stages.decode.rgb();
        const int left = TimelineView::namesWidth;
        const int right = 1440 - 306 - TimelineView::gutterWidth; // the request's panel is at the right
        // Of a tenth of the plot at its beginning, in the middle and near its end.
        for (const double at : { 0.02, 0.5, 0.86 }) {
            const int from = left + int(at * (right - left));
            const int columns = columnsWith(image, decode, from, from + (right - left) / 10);
            QVERIFY2(
                columns > (right - left) / 20, qPrintable(QStringLiteral("%1: %2").arg(at).arg(columns)));
        }
    }

    void aRecordingThatIsCutIsDrawnAndSaid()
    {
        const QString file = m_dir.filePath(QStringLiteral("b.prismlive"));
        record(file);
        QFile cut(file);
        QVERIFY(cut.resize(cut.size() - 20));
        const auto [status, said] = render(file, m_dir.filePath(QStringLiteral("b.png")));
        QCOMPARE(status, 1);
        QVERIFY2(said.contains(QStringLiteral("cut off at byte")), qPrintable(said));
        QVERIFY(!QImage(m_dir.filePath(QStringLiteral("b.png"))).isNull());
    }

    void aFileThatIsNoRecordingIsSaid()
    {
        const QString file = m_dir.filePath(QStringLiteral("c.prismlive"));
        QFile other(file);
        QVERIFY(other.open(QIODevice::WriteOnly));
        other.write("nothing");
        other.close();
        const auto [status, said] = render(file, m_dir.filePath(QStringLiteral("c.png")));
        QCOMPARE(status, 1);
        QVERIFY2(said.contains(QStringLiteral("no recording of a live session")), qPrintable(said));
    }
};

QTEST_MAIN(TestRender)
#include "tst_render.moc"
