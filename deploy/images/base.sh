#!/usr/bin/env bash
# Makes the base image of our Dockerfiles from Debian's packages, for a machine that reaches no image registry.
# Never needed elsewhere: the Dockerfiles name the official image, which is a little newer and smaller.
# Usage, as root: base.sh [MIRROR]. Needs debootstrap and a Docker engine. About two minutes.
set -euo pipefail
tag=${PYTHON_IMAGE:-docker.io/library/python:3.11-slim-bookworm}
[ "$(id -u)" = 0 ] || { echo "base.sh: debootstrap needs root" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "base.sh: install debootstrap" >&2; exit 1; }
docker version >/dev/null || { echo "base.sh: no Docker engine answers" >&2; exit 1; }
mirror=${1:-$(sed -nE 's/^URIs: *([^ ]+debian)\/?$/\1/p' /etc/apt/sources.list.d/*.sources | head -n 1)}
[ -n "$mirror" ] || { echo "base.sh: name a mirror of Debian" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
failed() { tail "$work/log" >&2; exit 1; }
debootstrap --variant=minbase bookworm "$tree" "$mirror" >"$work/log" 2>&1 || failed
cp /etc/resolv.conf "$tree/etc/resolv.conf"
for command in update "install --no-install-recommends --yes python3.11 python3.11-venv ca-certificates"; do
    # shellcheck disable=SC2086  # the command is several words
    DEBIAN_FRONTEND=noninteractive chroot "$tree" apt-get $command >>"$work/log" 2>&1 || failed
done
# This machine's own authorities, so that pip and apt inside a build reach what the machine reaches. Only in this image.
cp -a /usr/local/share/ca-certificates/. "$tree/usr/local/share/ca-certificates/"
chroot "$tree" update-ca-certificates >/dev/null 2>&1
printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$tree/etc/pip.conf"
ln -sf python3.11 "$tree/usr/bin/python"
rm -f "$tree/usr/lib/python3.11/EXTERNALLY-MANAGED"
# Neither pages nor languages nor encodings of old, and no logs or caches of the installation.
rm -rf "$tree"/var/cache/{apt,debconf,ldconfig}/* "$tree"/var/lib/apt/lists/* "$tree"/var/log/* "$tree"/usr/share/{doc,info,lintian,locale,man}/*
for encodings in "$tree"/usr/lib/*-linux-gnu/gconv; do
    [ ! -d "$encodings" ] || find "$encodings" -name '*.so' ! -name 'UTF-*' ! -name 'ISO8859-1.so' -delete
done
find "$tree" -xdev -name __pycache__ -prune -exec rm -rf {} +
tar -C "$tree" -c . | docker import \
    -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' -c 'ENV LANG=C.UTF-8' -c 'CMD ["python3"]' \
    - "$tag" >/dev/null
docker image inspect --format "$tag {{.Size}} bytes" "$tag"
