"""What .ci/container.sh does in its own mount namespace: takes the Dockerfile's instructions in order.

Each stage is an overlay over this machine's root: what it writes goes into a folder of its own, from where COPY --from
takes. The result is mounted again without anything to write into, but for /data and /tmp, and the service is started
as the image's user, without capabilities. Asked: /healthz, /readyz, the pages. Tried: what must not be possible.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATHS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SCRATCH = Path(sys.argv[2])


def sh(*command: str | Path, check: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
    """A command of this script's own."""
    return subprocess.run([str(part) for part in command], check=check, text=True, **more)  # type: ignore[call-overload,no-any-return]  # passed on as given


@dataclass
class Stage:
    """A stage: where it lies, and what its instructions set."""

    name: str
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATHS, "HOME": "/root"})
    folder: str = "/"
    user: str = "0"
    command: list[str] = field(default_factory=list)

    @property
    def upper(self) -> Path:
        """What the stage wrote."""
        return SCRATCH / self.name / "upper"

    @property
    def root(self) -> Path:
        """Its root."""
        return SCRATCH / self.name / "root"

    def begin(self, python: str) -> None:
        """A fresh root; `python` is this machine's, in the place of the image's."""
        for part in ("upper", "work", "root"):
            (SCRATCH / self.name / part).mkdir(parents=True)
        options = f"lowerdir=/,upperdir={self.upper},workdir={SCRATCH / self.name / 'work'}"
        sh("mount", "-t", "overlay", "overlay", "-o", options, self.root)
        (self.root / "usr/local/bin").mkdir(parents=True, exist_ok=True)
        # Not a link: an environment made by one would look for the library beside it.
        command = self.root / "usr/local/bin/python"
        command.unlink(missing_ok=True)
        command.write_text(f'#!/bin/sh\nexec {os.path.realpath(python)} "$@"\n')
        command.chmod(0o755)
        for folder in list(Path(os.path.realpath(python)).parents)[
            :-1
        ]:  # in the overlay: this machine's stay as they are
            inner = self.root / str(folder).lstrip("/")
            inner.chmod(inner.stat().st_mode | 0o055)
        self.devices()

    def devices(self) -> None:
        """/proc and the devices that a program needs."""
        sh("mount", "-t", "proc", "proc", self.root / "proc")
        sh("mount", "-t", "tmpfs", "tmpfs", self.root / "dev")
        for name, minor in (("null", 3), ("zero", 5), ("random", 8), ("urandom", 9)):
            os.mknod(self.root / "dev" / name, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
            (self.root / "dev" / name).chmod(0o666)

    def run(self, line: str) -> None:
        """RUN."""
        inner = f"cd {self.folder} && {line}"
        sh("chroot", self.root, "/bin/sh", "-ec", inner, env=self.environment, stdout=subprocess.DEVNULL)

    def copy(self, origin: Path, names: list[str], target: str) -> None:
        """COPY, from the checkout or another stage's root."""
        to = self.root / (target if target.startswith("/") else f"{self.folder}/{target}").lstrip("/")
        for name in names:
            one = origin / name.lstrip("/")
            place = to / one.name if target.endswith("/") or (to.is_dir() and not one.is_dir()) else to
            place.parent.mkdir(parents=True, exist_ok=True)
            if one.is_dir():
                shutil.copytree(
                    one, place, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                shutil.copy2(one, place)


def instructions() -> list[tuple[str, str]]:
    """(word, rest) of the Dockerfile's lines."""
    text = re.sub(r"(?m)^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines if line.strip()]


def built(python: str) -> Stage:
    """Takes the instructions; gives the last stage."""
    stages: dict[str, Stage] = {}
    stage = Stage("none")
    for word, rest in instructions():
        print(f"{time.monotonic() - BEGUN:6.1f} s  {word} {rest[:110]}", flush=True)
        if word == "FROM":
            image, _, name = rest.partition(" AS ")
            stage = Stage(name.strip() or "last")
            stages[stage.name] = stage
            stage.begin(python)
            print(f"          (in the place of {image}: this machine, {sys.version.split()[0]})")
        elif word == "RUN":
            stage.run(rest)
        elif word == "COPY":
            parts = rest.split()
            origin = ROOT
            if parts[0].startswith("--from="):
                origin = stages[parts.pop(0).removeprefix("--from=")].root
            stage.copy(origin, parts[:-1], parts[-1])
        elif word == "ENV":
            for name, value in re.findall(r"(\w+)=(\S+)", rest):
                stage.environment[name] = value.replace("$PATH", stage.environment["PATH"])
        elif word == "WORKDIR":
            stage.folder = rest
            (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "USER":
            stage.user = rest
        elif word in ("ENTRYPOINT", "CMD"):
            stage.command += json.loads(rest)
        elif word not in ("VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK"):
            sys.exit(f"an instruction this stand-in does not know: {word}")
    return stage


def sealed(stage: Stage) -> None:
    """The same root with nothing to write into but /data and /tmp."""
    data = SCRATCH / "data"
    shutil.copytree(stage.upper / "data", data) if (stage.upper / "data").is_dir() else data.mkdir()
    owner = int(stage.user)
    os.chown(data, owner, owner)
    sh("mount", "-o", "remount,ro", stage.root)
    sh("mount", "--bind", data, stage.root / "data")
    sh("mount", "-t", "tmpfs", "tmpfs", stage.root / "tmp")


def inside(stage: Stage, *command: str) -> list[str]:
    """A command as the image's user, without a capability to its name."""
    rights = [f"--reuid={stage.user}", f"--regid={stage.user}", "--clear-groups", "--no-new-privs"]
    rights += ["--bounding-set=-all", "--inh-caps=-all"]
    return ["chroot", str(stage.root), "setpriv", *rights, "env", "-C", stage.folder, *command]


def asked(stage: Stage) -> None:
    """Starts the service, asks it, ends it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**stage.environment, "TRACKER_WEB_PORT": str(port), "HOME": "/data"}
    for refused in ("/opt/tracker/x", "/etc/tracker/x", "/x"):
        for how in (inside(stage, "touch", refused), ["chroot", str(stage.root), "touch", refused]):
            if sh(*how, check=False, env=environment, stderr=subprocess.DEVNULL).returncode == 0:
                sys.exit(f"{refused} could be written")
    bill = json.loads((stage.root / "opt/tracker/sbom.cdx.json").read_text())
    print(f"{time.monotonic() - BEGUN:6.1f} s  sealed; a bill of {len(bill['components'])} materials in it", flush=True)
    service = subprocess.Popen(inside(stage, *stage.command), env=environment)
    try:
        for path in ("/healthz", "/readyz", "/", "/sources"):
            print(f"{time.monotonic() - BEGUN:6.1f} s  {path}: {_get(service, port, path)}", flush=True)
        status = Path(f"/proc/{service.pid}/status").read_text()
        found = dict(re.findall(r"(?m)^(Uid|CapEff|CapBnd|NoNewPrivs):\s+(\S+)", status))
        print(f"          {found}")
        if (
            found["Uid"] != stage.user
            or int(found["CapEff"], 16)
            or int(found["CapBnd"], 16)
            or found["NoNewPrivs"] != "1"
        ):
            sys.exit("the service has rights it must not have")
    finally:
        service.terminate()
        ended = service.wait(20)
    if ended:
        sys.exit(f"it did not end in order: {ended}")
    print(f"{time.monotonic() - BEGUN:6.1f} s  ended in order")


def _get(service: subprocess.Popen[bytes], port: int, path: str) -> int:
    until = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return int(answer.status)
        except OSError:
            if service.poll() is not None or time.monotonic() > until:
                sys.exit(f"{path} did not answer")
            time.sleep(0.2)


BEGUN = time.monotonic()
if __name__ == "__main__":
    image = built(sys.argv[1])
    sealed(image)
    asked(image)
    print("A stand-in for the container, not the container: its base is this machine.")
