// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/application.h"

#include "app/bundles/bundle_dialog.h"
#include "app/charts/chart_panel.h"
#include "app/jobs/import_request.h"
#include "app/live/live_perspective.h"
#include "app/live/timeline_bar.h"
#include "app/mapping/mapping_window.h"
#include "app/shell/main_window.h"
#include "app/shell/single_instance.h"
#include "app/trace/trace_perspective.h"
#include "core/settings/settings.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QEventLoop>
#include <QFileInfo>
#include <QIcon>
#include <QRegularExpression>
#include <QTimer>
#include <QTranslator>

#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>

namespace prism::app {

namespace {

constexpr int renderPatienceMs = 20'000;
constexpr int cannotStart = 1;
constexpr int wrongUse = 2;

struct Options {
    QStringList paths;
    QString database;
    QString theme;
    QString render;
    QString renderMapping;
    QString renderPreview;
    QString view;
    QSize size { 1440, 900 };
};

/// What is known of the options before Qt is there, which wants to know its platform first.
struct Beforehand {
    bool drawing = false;
    bool words = false; ///< help or version, which are only printed
    bool platform = false; ///< chosen by the user
};

Beforehand look(int argc, char** argv)
{
    Beforehand found;
    found.platform = qEnvironmentVariableIsSet("QT_QPA_PLATFORM");
    for (int i = 1; i < argc; ++i) {
        const std::string_view option(argv[i]);
        if (option == "--") {
            break;
        }
        found.drawing = found.drawing || option.starts_with("--render");
        found.words = found.words || option == "-h" || option == "--help" || option == "--help-all"
            || option == "-v" || option == "--version";
        found.platform = found.platform || option == "-platform";
    }
    return found;
}

/// A picture is for scripts: the error output is for what went wrong with it, not for the moods of a platform
/// that nobody looks at.
void onlyWhatIsFatal(QtMsgType type, const QMessageLogContext&, const QString& message)
{
    if (type == QtFatalMsg || type == QtCriticalMsg) {
        std::fprintf(stderr, "prism: %s\n", qPrintable(message));
    }
}

/// False, with a message, where a window cannot be shown. Words and pictures need no display, and must not
/// fail for want of one.
bool choosePlatform(const Beforehand& options)
{
    const bool display = qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY");
    if (display || options.platform) {
        return true;
    }
    if (!options.drawing && !options.words) {
        std::fprintf(stderr,
            "prism: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set). Draw the window into a "
            "picture with --render FILE.png, or use prismctl.\n");
        return false;
    }
    qputenv("QT_QPA_PLATFORM", "offscreen");
    return true;
}

std::optional<QSize> sizeFromText(const QString& text)
{
    static const QRegularExpression form(QStringLiteral("^([1-9][0-9]{1,3})x([1-9][0-9]{1,3})$"));
    const auto match = form.match(text);
    return match.hasMatch() ? std::optional(QSize(match.captured(1).toInt(), match.captured(2).toInt()))
                            : std::nullopt;
}

/// Nothing, with a message on the standard error, for what cannot be understood.
std::optional<Options> parse(const QStringList& arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QApplication::tr("A workbench for the performance of LLM inference."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption database(
        QStringLiteral("db"), QApplication::tr("Database file."), QApplication::tr("file"));
    const QCommandLineOption theme(QStringLiteral("theme"),
        QApplication::tr("system, light, dark or high-contrast."), QApplication::tr("name"));
    const QCommandLineOption render(QStringLiteral("render"),
        QApplication::tr("Draw the window into a PNG file and end."), QApplication::tr("file"));
    const QCommandLineOption renderMapping(QStringLiteral("render-mapping"),
        QApplication::tr("Draw the window that maps the columns of this file instead."),
        QApplication::tr("file"));
    const QCommandLineOption renderPreview(QStringLiteral("render-preview"),
        QApplication::tr("Draw the window that shows what belongs together in this folder instead."),
        QApplication::tr("folder"));
    const QCommandLineOption size(
        QStringLiteral("size"), QApplication::tr("Size of the picture, 1440x900."), QApplication::tr("size"));
    const QCommandLineOption view(
        QStringLiteral("view"), QApplication::tr("Open a saved view."), QApplication::tr("file"));
    parser.addOptions({ database, theme, render, renderMapping, renderPreview, size, view });
    parser.addPositionalArgument(QApplication::tr("paths"), QApplication::tr("Files and folders to import."),
        QStringLiteral("[PATH…]"));
    parser.process(arguments);
    Options options;
    for (const QString& path : parser.positionalArguments()) {
        options.paths << QFileInfo(path).absoluteFilePath();
    }
    // Absolute: the name of the one window of a database must not depend on where a start happens.
    options.database
        = QFileInfo(QString::fromStdString(setting("database", parser.value(database).toStdString()).value))
              .absoluteFilePath();
    options.theme = parser.value(theme);
    options.render = parser.value(render);
    options.renderMapping = parser.value(renderMapping);
    options.view = parser.value(view);
    options.renderPreview = parser.value(renderPreview);
    for (const QCommandLineOption& what : { renderMapping, renderPreview }) {
        if (parser.isSet(what) && options.render.isEmpty()) {
            std::fprintf(stderr, "%s\n",
                qPrintable(QApplication::tr("--%1 says what to draw; say where with --render FILE.png.")
                               .arg(what.names().constFirst())));
            return std::nullopt;
        }
    }
    if (parser.isSet(size)) {
        const auto given = sizeFromText(parser.value(size));
        if (!given) {
            std::fprintf(stderr, "%s\n",
                qPrintable(QApplication::tr("--size %1 is no size; write width x height in pixels, 1440x900.")
                               .arg(parser.value(size))));
            return std::nullopt;
        }
        options.size = *given;
    }
    return options;
}

/// Waits until the data and the chart, or all that a recording holds, are on the screen; an empty database
/// has nothing to wait for.
int drawPicture(MainWindow& window, const Options& options)
{
    QEventLoop loop;
    QTimer limit;
    limit.setSingleShot(true);
    QObject::connect(&limit, &QTimer::timeout, &loop, [&loop] { loop.exit(1); });
    LiveSession& live = window.live().session();
    std::uint64_t read = 0;
    QObject::connect(&live, &LiveSession::advanced, &limit, [&] {
        if (live.status().records != read) { // hours of a recording take as long as they take
            read = live.status().records;
            limit.start();
        }
    });
    QString problem;
    QObject::connect(&live, &LiveSession::failed, &limit, [&](const QString& text) { problem = text; });
    QTimer look;
    QObject::connect(&window, &MainWindow::dataArrived, &look, [&] {
        if (window.jobs().running() == 0) {
            look.start(50);
        }
    });
    QObject::connect(&window.jobs(), &JobModel::jobEnded, &look,
        [&] { look.start(700); }); // the watch looks twice a second
    // Twice in a row: what the chart's data changed in the layout has settled by then.
    bool ready = false;
    QObject::connect(&look, &QTimer::timeout, &loop, [&] {
        const bool now = !window.chart().isBuilding() && window.jobs().running() == 0 && !live.isReading()
            && !window.trace().isReading();
        if (now && ready) {
            loop.quit();
        }
        ready = now;
    });
    limit.start(renderPatienceMs);
    const bool late = loop.exec() != 0;
    window.live().showWhole();
    window.live().showSlowest();
    QApplication::processEvents(); // panels lay out what it opened
    if (problem.isEmpty()) {
        problem = QString::fromStdString(live.status().endReason);
    }
    if (!problem.isEmpty()) {
        std::fprintf(stderr, "prism: %s\n", qPrintable(problem));
    }
    if (!window.grab().save(options.render)) {
        std::fprintf(stderr, "prism: %s cannot be written\n", qPrintable(options.render));
        return 1;
    }
    std::printf("%s\n", qPrintable(QFileInfo(options.render).absoluteFilePath()));
    return late || !problem.isEmpty() ? 1 : 0;
}

/// A window of its own, once it says that it holds what it is to show.
template <class Window, class Signal>
int drawWindow(Window& window, Signal ready, const Options& options)
{
    window.resize(options.size);
    QEventLoop loop;
    QTimer limit;
    limit.setSingleShot(true);
    QObject::connect(&limit, &QTimer::timeout, &loop, [&loop] { loop.exit(1); });
    // Behind the event that told of it: the layout has settled by then.
    QObject::connect(&window, ready, &loop, &QEventLoop::quit, Qt::QueuedConnection);
    limit.start(renderPatienceMs);
    const bool late = loop.exec() != 0;
    QApplication::processEvents();
    if (!window.grab().save(options.render)) {
        std::fprintf(stderr, "prism: %s cannot be written\n", qPrintable(options.render));
        return 1;
    }
    std::printf("%s\n", qPrintable(QFileInfo(options.render).absoluteFilePath()));
    return late ? 1 : 0;
}

/// What the files of a folder would become; nothing of it is stored.
int drawPreview(MainWindow& window, const Options& options)
{
    ImportRequest request = importInto(options.database);
    request.paths = { QFileInfo(options.renderPreview).absoluteFilePath().toStdString() };
    auto* preview = new BundleDialog(request, true, &window);
    preview->start();
    return drawWindow(*preview, &BundleDialog::shown, options);
}

} // namespace

int runApplication(int argc, char** argv)
{
    const Beforehand beforehand = look(argc, argv);
    if (!choosePlatform(beforehand)) {
        return cannotStart;
    }
    if (beforehand.drawing || beforehand.words) {
        qInstallMessageHandler(onlyWhatIsFatal);
    }
    QApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("prism"));
    QApplication::setApplicationDisplayName(QStringLiteral("Prism"));
    QApplication::setDesktopFileName(QStringLiteral("org.prismbench.Prism")); // its icon, its group in a dock
    QApplication::setApplicationVersion(QStringLiteral(PRISM_VERSION));
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/org.prismbench.Prism.svg")));
    QTranslator translator;
    const QString name = QStringLiteral("prism");
    const QString folder = QStringLiteral(":/i18n");
    // English is a translation too: it has the plurals.
    if (translator.load(QLocale(), name, QStringLiteral("_"), folder)
        || translator.load(QStringLiteral("prism_en"), folder)) {
        QApplication::installTranslator(&translator);
    }
    const std::optional<Options> understood = parse(QApplication::arguments());
    if (!understood) {
        return wrongUse;
    }
    const Options& options = *understood;

    SingleInstance instance(options.database);
    const bool drawing = !options.render.isEmpty();
    if (!drawing && instance.handOver(options.paths)) {
        return 0;
    }
    const WindowSettings settings;
    Theme::current().apply(options.theme.isEmpty() ? settings.theme() : Theme::choiceFromName(options.theme));
    QDir().mkpath(QFileInfo(options.database).absolutePath());
    MainWindow window(options.database);
    if (!options.view.isEmpty()) {
        window.openViewFile(options.view);
    }
    if (drawing) {
        window.setAttribute(
            Qt::WA_DontShowOnScreen, QApplication::platformName() != QLatin1String("offscreen"));
        window.resize(options.size);
    } else {
        if (settings.inLive() && options.paths.isEmpty()) { // files say where they show
            window.setPerspective(MainWindow::Perspective::Live);
        }
        instance.listen();
        QObject::connect(&instance, &SingleInstance::received, &window, [&window](const QStringList& paths) {
            window.show();
            window.raise();
            window.activateWindow();
            if (!paths.isEmpty()) {
                window.import({ paths, {} });
            }
        });
    }
    window.show();
    if (drawing) {
        window.live().timelineBar().setSpeed(0); // a picture of the whole recording
    } else {
        window.tellKeptRecording();
    }
    if (!options.paths.isEmpty()) {
        window.import(
            { options.paths, {} }, drawing ? MainWindow::Ask::Never : MainWindow::Ask::WhenItMatters);
    }
    if (drawing && !options.renderMapping.isEmpty()) {
        MappingWindow* mapping = window.mapColumns(QFileInfo(options.renderMapping).absoluteFilePath());
        return drawWindow(*mapping, &MappingWindow::settled, options);
    }
    if (drawing && !options.renderPreview.isEmpty()) {
        return drawPreview(window, options);
    }
    return drawing ? drawPicture(window, options) : QApplication::exec();
}

} // namespace prism::app
