// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/containers.h"
#include "probes/helper/discovery/servers.h"
#include "tests/support/fake_proc.h"

#include <QtTest>

using namespace prism::probes;
using prism::test::FakeProc;

namespace {

const QString id = QStringLiteral("0123456789ab").leftJustified(64, QLatin1Char('c'));
const QString outer = QStringLiteral("fedcba987654").leftJustified(64, QLatin1Char('d'));
const QString uid = QStringLiteral("0a1b2c3d-0000-4000-8000-000000000001");
const QString slice = QString(uid).replace(QLatin1Char('-'), QLatin1Char('_'));
/// The digest by which a static pod goes.
const QString staticPod = QStringLiteral("0123456789abcdef0123456789abcdef");

/// Version 1: a line for each controller, all of one path.
QString v1(const QString& path)
{
    return QStringLiteral("11:memory:%1\n5:cpu,cpuacct:%1\n1:name=systemd:%1\n").arg(path);
}

QString v2(const QString& path)
{
    return QStringLiteral("0::%1\n").arg(path);
}

/// A line of mountinfo.
QString mount(const QString& source, const QString& place)
{
    return QStringLiteral("612 590 8:1 %1 %2 rw,relatime - ext4 /dev/sda1 rw\n").arg(source, place);
}

/// What Docker and podman and the kubelet leave on a machine, with the container above in each.
void addNames(const FakeProc& proc)
{
    const std::string number = id.toStdString();
    proc.write(
        "var/lib/docker/containers/" + number + "/config.v2.json", R"({"ID":"x","Name":"/web","x":1})");
    proc.write("var/lib/containers/storage/overlay-containers/containers.json",
        "[{\"id\":\"" + number + "\",\"names\":[\"chat\"],\"image\":\"y\"}]");
    proc.write("var/log/pods/default_chat-0_" + uid.toStdString() + "/vllm/0.log", "");
}

QString named(const FakeProc& proc, const QString& cgroup, const QString& mountinfo)
{
    Container container = containerOf(cgroup.toStdString(), mountinfo.toStdString());
    nameContainer(container, proc.root());
    return QString::fromStdString(container ? container.text() : std::string());
}

} // namespace

/// From control groups and mounts to the names that people gave to containers and pods.
class TestContainers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void groupsTellTheContainer_data()
    {
        QTest::addColumn<QString>("cgroup");
        QTest::addColumn<QString>("text");
        const QString docker = QStringLiteral("docker web (0123456789ab)");
        const QString podman = QStringLiteral("podman chat (0123456789ab)");
        const QString pod = QStringLiteral("pod default/chat-0, container 0123456789ab");
        const QString burstable
            = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + slice + ".slice/";
        QTest::newRow("none, v2") << v2(QStringLiteral("/user.slice/user-1000.slice/session-2.scope")) << "";
        QTest::newRow("none, v1") << v1(QStringLiteral("/system.slice/vllm.service")) << "";
        QTest::newRow("docker, systemd driver, v2") << v2("/system.slice/docker-" + id + ".scope") << docker;
        QTest::newRow("docker, systemd driver, v1") << v1("/system.slice/docker-" + id + ".scope") << docker;
        QTest::newRow("docker, cgroupfs driver, v2") << v2("/docker/" + id) << docker;
        QTest::newRow("docker, cgroupfs driver, v1") << v1("/docker/" + id) << docker;
        QTest::newRow("docker without root")
            << v2("/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + id + ".scope")
            << docker;
        QTest::newRow("docker, below a group that was named")
            << v2("/gpu.slice/docker-" + id + ".scope/worker") << docker;
        QTest::newRow("podman, v2") << v2("/machine.slice/libpod-" + id + ".scope/container") << podman;
        QTest::newRow("podman, v1") << v1("/machine.slice/libpod-" + id + ".scope") << podman;
        QTest::newRow("podman, cgroupfs driver") << v1("/libpod_parent/libpod-" + id) << podman;
        QTest::newRow("podman in a unit") << v2("/system.slice/chat.service/libpod-payload-" + id) << podman;
        QTest::newRow("cri-containerd, systemd driver, v2")
            << v2(burstable + "cri-containerd-" + id + ".scope") << pod;
        QTest::newRow("cri-containerd, systemd driver, v1")
            << v1(burstable + "cri-containerd-" + id + ".scope") << pod;
        QTest::newRow("containerd, in one word") << v2(
            "/system.slice/containerd.service/kubepods-besteffort-pod" + slice
            + ".slice:cri-containerd:" + id) << pod;
        QTest::newRow("pod, cgroupfs driver, v1") << v1("/kubepods/besteffort/pod" + uid + "/" + id) << pod;
        QTest::newRow("pod, cgroupfs driver, v2") << v2("/kubepods/burstable/pod" + uid + "/" + id) << pod;
        QTest::newRow("guaranteed pod, cri-o, v2")
            << v2("/kubepods.slice/kubepods-pod" + slice + ".slice/crio-" + id + ".scope") << pod;
        QTest::newRow("cri-o, v1") << v1(burstable + "crio-" + id + ".scope/container") << pod;
        QTest::newRow("cri-dockerd") << v1(burstable + "docker-" + id + ".scope") << pod;
        QTest::newRow("static pod") << v2("/kubepods.slice/kubepods-pod" + staticPod + ".slice/crio-" + id
            + ".scope") << "pod " + staticPod + ", container 0123456789ab";
        const QString node = "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
                             "kubelet-kubepods-burstable-pod"
            + slice + ".slice/cri-containerd-" + id + ".scope";
        QTest::newRow("kind, seen in the node") << v2(node) << pod;
        QTest::newRow("kind, seen outside, v2")
            << v2("/system.slice/docker-" + outer + ".scope" + node) << pod;
        QTest::newRow("kind, cgroupfs driver, v1")
            << v1("/docker/" + outer + "/kubelet/kubepods/burstable/pod" + uid + "/" + id) << pod;
        QTest::newRow("v1 and v2 beside each other") << "5:cpu,cpuacct:/docker/" + id + "\n0::/\n" << docker;
        QTest::newRow("seen from a sibling") << v2("/../docker-" + id + ".scope") << docker;
        QTest::newRow("nerdctl") << v2("/system.slice/nerdctl-" + id + ".scope") << "containerd 0123456789ab";
        QTest::newRow("lxc") << v2(QStringLiteral("/lxc.payload.box/x")) << "lxc box";
        QTest::newRow("no id") << v2(QStringLiteral("/system.slice/docker-0123.scope")) << "";
        QTest::newRow("nothing") << ""
                                 << "";
        QTest::newRow("noise") << "::::\n0\n\n:\n"
                               << "";
    }
    void groupsTellTheContainer()
    {
        QFETCH(const QString, cgroup);
        const FakeProc proc;
        addNames(proc);
        QTEST(named(proc, cgroup, QString()), "text");
    }

    void mountsTellWhereGroupsDoNot_data()
    {
        QTest::addColumn<QString>("cgroup");
        QTest::addColumn<QString>("mountinfo");
        QTest::addColumn<QString>("text");
        const QString hosts = QStringLiteral("/etc/hosts");
        const QString log = QStringLiteral("/dev/termination-log");
        const QString docker = QStringLiteral("docker web (0123456789ab)");
        const QString nowhere = v2(QStringLiteral("/"));
        QTest::newRow("docker") << nowhere << mount("/var/lib/docker/containers/" + id + "/hosts", hosts)
                                << docker;
        QTest::newRow("docker on a disk of its own")
            << nowhere << mount("/containers/" + id + "/resolv.conf", QStringLiteral("/etc/resolv.conf"))
            << docker;
        QTest::newRow("podman without control groups")
            << v1(QStringLiteral("/user.slice"))
            << mount("/containers/overlay-containers/" + id + "/userdata/hostname",
                   QStringLiteral("/etc/hostname"))
            << "podman chat (0123456789ab)";
        QTest::newRow("pod") << nowhere
                             << mount("/var/lib/kubelet/pods/" + uid + "/etc-hosts", hosts)
                + mount("/var/lib/kubelet/pods/" + uid + "/containers/vllm/1a2b3c4d", log)
                             << "pod default/chat-0, container vllm";
        QTest::newRow("the container's name in its pod")
            << v2("/kubepods/burstable/pod" + uid + "/" + id)
            << mount("/var/lib/kubelet/pods/" + uid + "/containers/vllm/1a2b3c4d", log)
            << "pod default/chat-0, container vllm";
        QTest::newRow("what the groups say counts")
            << v2("/docker/" + id) << mount("/var/lib/docker/containers/" + outer + "/hosts", hosts)
            << docker;
        // A machine that runs containers has their folders among its own mounts.
        QTest::newRow("a host's own") << nowhere
                                      << mount("/", "/var/lib/docker/containers/" + id + "/mounts/shm")
                + mount("/var/lib/docker/containers/" + id + "/hosts", QStringLiteral("/srv/hosts"))
                + mount("/", "/var/lib/kubelet/pods/" + uid + "/volumes/x")
                                      << "";
        QTest::newRow("noise") << nowhere << "1 2\n\n612 590 8:1  /etc/hosts rw\n"
                               << "";
    }
    void mountsTellWhereGroupsDoNot()
    {
        QFETCH(const QString, cgroup);
        QFETCH(const QString, mountinfo);
        const FakeProc proc;
        addNames(proc);
        QTEST(named(proc, cgroup, mountinfo), "text");
    }

    /// Where the kubelet's links to the logs are there, they name the container too.
    void logsNameTheContainer()
    {
        const FakeProc proc;
        proc.write("var/log/containers/chat-0_default_vllm-" + id.toStdString() + ".log", "");
        proc.write("var/log/containers/other_default_x-" + outer.toStdString() + ".log", "");
        QCOMPARE(named(proc, v2("/kubepods/burstable/pod" + uid + "/" + id), QString()),
            QStringLiteral("pod default/chat-0, container vllm"));
    }

    void withoutNamesThereAreNumbers()
    {
        const FakeProc proc;
        QCOMPARE(named(proc, v2("/docker/" + id), QString()), QStringLiteral("docker 0123456789ab"));
        QCOMPARE(named(proc, v2("/kubepods/burstable/pod" + uid + "/" + id), QString()),
            "pod " + uid + ", container 0123456789ab");
    }

    void aServerIsListedWithItsContainerAndItsNumberInside()
    {
        const FakeProc proc;
        addNames(proc);
        FakeProc::Process server;
        server.pid = 201;
        server.arguments = { "llama-server", "-m", "/m/a.gguf" };
        server.comm = "llama-server";
        server.cgroup = v2(QStringLiteral("/user.slice")).toStdString();
        server.mountinfo = mount("/var/lib/docker/containers/" + id + "/hosts", QStringLiteral("/etc/hosts"))
                               .toStdString();
        server.innerPid = 7;
        proc.add(server);
        DiscoveryOptions options;
        options.root = proc.root();
        options.observer.caller = 1000;
        options.observer.capabilities = ~std::uint64_t { 0 };
        options.observer.offered = 3;
        const Server found = findServers(options).servers.at(0);
        QCOMPARE(found.container.text(), std::string("docker web (0123456789ab)"));
        QCOMPARE(found.innerPid, 7);
    }
};

QTEST_GUILESS_MAIN(TestContainers)
#include "tst_containers.moc"
