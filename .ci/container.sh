#!/usr/bin/env bash
# A stand-in for `docker build` and `docker run` where no daemon can run: the Dockerfile's own lines, one after the other,
# in a copy-on-write root of this machine; then the service as the image's user on a read-only root. Needs root and overlayfs.
# It is no container: the base is this machine and its Python, not the image that FROM names.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "needs root (mount, chroot)"; exit 2; }
python=""
for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 "$HOME"/.pyenv/versions/3.1[1-9]*/bin/python python3; do
  if [ -n "$candidate" ] && command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$(command -v "$candidate")
    break
  fi
done
[ -n "$python" ] || { echo "Python 3.11 or newer is needed"; exit 2; }
scratch=$(mktemp -d --tmpdir tracker-container-XXXXXX)
code=0
unshare --mount --propagation private "$python" .ci/container.py "$python" "$scratch" || code=$?
# Only now: with the namespace its mounts are gone.
rm -rf --one-file-system "$scratch"
exit "$code"
