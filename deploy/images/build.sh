#!/usr/bin/env bash
# Builds images with any Docker engine and prints their sizes and seconds.
# Usage: build.sh ours|local [NAME...]   ours: services, witness, training, pipelines, mlflow, tools, and by name pipelines-spark; local: stand-ins for official images
set -euo pipefail
cd "$(dirname "$0")/../.."
kind=${1:?ours or local}
shift
prefix=${ALTSCORE_IMAGE_PREFIX:-altscore}
tag=${ALTSCORE_TAG:-local}
base=${PYTHON_IMAGE:-docker.io/library/python:3.11-slim-bookworm}
node=${NODE_IMAGE:-docker.io/library/node:20-bookworm-slim}
maven=${MAVEN_IMAGE:-docker.io/library/maven:3-eclipse-temurin-17}
revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/altscore
services=(score consent ingestion scoring notification webhook audit admin)
export DOCKER_BUILDKIT=1
docker version --format '{{.Server.Version}}' >/dev/null 2>&1 || { echo "build.sh: no Docker engine answers" >&2; exit 1; }

# build IMAGE FILE CONTEXT [ARGUMENT...]
build() {
    local image=$1 file=$2 context=$3 begun=$SECONDS
    shift 3
    docker build --quiet --file "$file" --build-arg "PYTHON_IMAGE=$base" "$@" --tag "$image" "$context" >/dev/null
    printf '%-28s %5d MB %4d s\n' "$image" \
        "$(( $(docker image inspect --format '{{.Size}}' "$image") / 1000000 ))" "$(( SECONDS - begun ))"
}

# Where no image of Node can be had, the image takes the pages that `make setup` builds.
pages() {
    if docker image inspect "$node" >/dev/null 2>&1 || docker pull --quiet "$node" >/dev/null 2>&1; then
        echo admin
    else
        [ -d services/admin/web/dist ] || make --no-print-directory setup >&2
        echo prebuilt
    fi
}

# Where no image of Maven can be had, the image takes the jars that `make setup-spark` fetches.
jars() {
    if docker image inspect "$maven" >/dev/null 2>&1 || docker pull --quiet "$maven" >/dev/null 2>&1; then
        echo maven
    else
        compgen -G "$cache/spark*-hadoop*" >/dev/null || make --no-print-directory setup-spark >&2
        printf 'FROM scratch\nCOPY *.jar /opt/spark-jars/\n' | docker build --quiet --file - \
            --tag "$prefix-local/spark-jars:$tag" "$(compgen -G "$cache/spark*-hadoop*" | tail -n 1)" >/dev/null
        echo local
    fi
}

ours() {
    local marks=(--build-arg "REVISION=$revision")
    case "$1" in
        pipelines) build "$prefix/pipelines:$tag" deploy/Dockerfile.pipelines . "${marks[@]}" ;;
        pipelines-spark) build "$prefix/pipelines-spark:$tag" deploy/Dockerfile.pipelines . "${marks[@]}" --build-arg ENGINE=spark \
            --build-arg "JARS=$(jars)" --build-arg "MAVEN_IMAGE=$maven" --build-arg "JARS_IMAGE=$prefix-local/spark-jars:$tag" ;;
        mlflow | tools) build "$prefix/$1:$tag" "deploy/images/$1.Dockerfile" . ;;
        training) build "$prefix/$1:$tag" deploy/Dockerfile . "${marks[@]}" --build-arg SERVICE=scoring --build-arg "EXTRA=$1" ;;
        witness) build "$prefix/$1:$tag" deploy/Dockerfile . --build-arg SERVICE=audit --target witness ;;
        admin) build "$prefix/$1:$tag" deploy/Dockerfile . "${marks[@]}" --build-arg "SERVICE=$1" --build-arg "PAGES=$(pages)" --build-arg "NODE_IMAGE=$node" ;;
        *) build "$prefix/$1:$tag" deploy/Dockerfile . "${marks[@]}" --build-arg "SERVICE=$1" ;;
    esac
}

stand_in() {
    local context=.
    case "$1" in
        kafka | registry) context=$(compgen -G "$cache/streaming-*" | tail -n 1) ;;
        s3) context=$(compgen -G "$cache/minio-*" | tail -n 1) ;;
        alertmanager) context=$(compgen -G "$cache/alertmanager-*" | tail -n 1) ;;
    esac
    [ -n "$context" ] || { echo "build.sh: $1: run \`make images-local\`, it fetches what the image is made of" >&2; exit 1; }
    build "$prefix-local/$1:$tag" "deploy/images/$1.Dockerfile" "$context"
}

case "$kind" in
    ours) [ $# -gt 0 ] || set -- "${services[@]}" witness training pipelines mlflow tools; for name; do ours "$name"; done ;;
    local) [ $# -gt 0 ] || set -- postgres redis kafka registry s3 prometheus alertmanager; for name; do stand_in "$name"; done ;;
    *) echo "build.sh: ours or local" >&2; exit 2 ;;
esac
