"""Programs, certificates, settings, cgroups: what the cluster is made of."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from altscore_cluster import cgroups, parts, settings
from altscore_cluster.certificates import PARTS, WITH_KUBECONFIG, ensure_certificates
from altscore_cluster.plan import Cluster
from altscore_cluster.programs import KUBERNETES, MODULES, PROGRAMS, Program, ProgramMissing, build, command_of, program
from altscore_cluster.target import is_ready, shown
from altscore_helm import chart
from cryptography import x509


def test_versions_are_part_of_the_cache_path() -> None:
    assert len({entry.path for entry in PROGRAMS}) == len(PROGRAMS) > 15
    assert all(entry.version in entry.path.parent.name for entry in PROGRAMS)


def test_the_cluster_has_the_version_against_which_the_chart_is_checked() -> None:
    assert KUBERNETES == chart.KUBERNETES


@pytest.mark.parametrize("entry", [entry for entry in PROGRAMS if entry.module], ids=lambda entry: entry.name)
def test_modules_pin_the_version_and_the_digests(entry: Program) -> None:
    text = (MODULES / entry.module / "go.mod").read_text(encoding="utf-8")
    assert f"v{entry.version}" in text
    assert (MODULES / entry.module / "go.sum").stat().st_size > 1_000
    assert "-mod=readonly" in command_of(entry, "go", Path("/target"))


def test_runc_is_built_with_seccomp_since_every_pod_asks_for_it() -> None:
    assert "seccomp" in command_of(program("runc"), "go", Path("/target"))


def test_an_unknown_program_is_an_error() -> None:
    with pytest.raises(ProgramMissing, match="kubeadm"):
        program("kubeadm")


def test_a_build_that_fails_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho 'no such module' >&2\nexit 1\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(ProgramMissing, match=r"etcd 3\.6\.16 could not be built: no such module"):
        build(program("etcd"))
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_without_go_a_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ProgramMissing, match="no Go to build it"):
        build(program("runc"))


def test_every_part_has_a_certificate_of_the_clusters_authority(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    ensure_certificates(cluster)
    authority = x509.load_pem_x509_certificate((cluster.pki / "ca.crt").read_bytes())
    for name in PARTS:
        leaf = x509.load_pem_x509_certificate((cluster.pki / f"{name}.crt").read_bytes())
        leaf.verify_directly_issued_by(authority)
        assert (cluster.pki / f"{name}.key").stat().st_mode & 0o077 == 0
    for name in WITH_KUBECONFIG:
        content = json.loads((cluster.pki / f"{name}.conf").read_text())
        assert content["users"][0]["user"]["client-key"] == str(cluster.pki / f"{name}.key")
    before = (cluster.pki / "admin.crt").read_bytes()
    ensure_certificates(cluster)
    assert (cluster.pki / "admin.crt").read_bytes() == before


def test_nobody_is_anonymous_and_pod_security_is_enforced() -> None:
    words = parts.apiserver(Cluster())
    assert "--anonymous-auth=false" in words
    assert any(option.startswith("--enable-admission-plugins=") and "PodSecurity" in option for option in words)


def test_settings_are_in_the_forms_that_are_read(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    parts.write_settings(cluster, "altscore")
    kubelet = json.loads((cluster.settings / "kubelet.json").read_text())
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}
    plugins = json.loads((cluster.settings / "cni" / "10-pods.conflist").read_text())["plugins"]
    assert plugins[0]["ipMasq"] is False, "policies would not see who calls"
    assert "search altscore.svc.cluster.local" in (cluster.settings / "resolv.conf").read_text()
    assert settings.containerd(cluster).count("[") > 5


def test_the_control_plane_lies_beside_the_pods_where_processors_and_memory_are_shared_out(tmp_path: Path) -> None:
    names = ("cpu,cpuacct", "memory", "pids", "cpuset", "name=systemd")
    assert [name for name in names if cgroups.is_shared_with_pods(name)] == ["cpu,cpuacct", "memory"]
    cgroups.set_apart(tmp_path)
    assert (tmp_path / "own" / "cgroup.procs").read_text() == str(os.getpid())


def test_cgroups_of_both_versions_are_read() -> None:
    table = "12:cpu,cpuacct:/user\n1:name=systemd:/init\n0::/user.slice\n"
    assert cgroups.hierarchies(table) == [("cpu,cpuacct", "/user"), ("name=systemd", "/init"), ("", "/user.slice")]
    assert cgroups.mounted_at("name=systemd").name == "systemd"


def test_a_deployment_is_ready_when_all_it_should_have_is_new_and_ready() -> None:
    status = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2}
    deployment = {"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status}
    assert is_ready(deployment)
    for change in ({"observedGeneration": 1}, {"replicas": 3}, {"updatedReplicas": 1}, {"readyReplicas": 1}):
        assert not is_ready(deployment | {"status": status | change})
    assert not is_ready(deployment | {"status": {}})


def test_a_tally_is_shown_in_words() -> None:
    tally = {"sent": 3, "failed": 1, "statuses": {"200": 2}, "failures": {"ConnectionRefusedError": 1}}
    assert shown(tally) == "3 calls, 1 failed (2 x 200; 1 x ConnectionRefusedError)"


def test_modules_need_nothing_that_is_not_named() -> None:
    text = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard", str(MODULES)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        cwd=MODULES,
    ).stdout
    assert text == ""
