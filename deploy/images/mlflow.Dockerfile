# MLflow with the drivers of PostgreSQL and S3, which the image of its own project does not have.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_CACHE_DIR=/cache/uv
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends binutils patchelf && rm -rf /var/lib/apt/lists/*
COPY requirements/uv.txt requirements/mlflow.txt deploy/images/trim.py /build/
RUN --mount=type=cache,target=/cache/pip \
    python3 -m venv /opt/uv && /opt/uv/bin/pip --cache-dir /cache/pip install --quiet --require-hashes -r /build/uv.txt
RUN --mount=type=cache,target=/cache/uv \
    /opt/uv/bin/uv venv --quiet --python python3.11 /opt/mlflow \
 && /opt/uv/bin/uv --system-certs pip sync --quiet --require-hashes --python /opt/mlflow/bin/python /build/mlflow.txt \
 && python3 /build/trim.py packages /opt/mlflow/lib/python3.11/site-packages

FROM ${PYTHON_IMAGE} AS system
COPY deploy/images/trim.py /tmp/trim.py
RUN python3 /tmp/trim.py system

FROM scratch
COPY --from=system / /
COPY --from=build /opt/mlflow /opt/mlflow
COPY deploy/images/run.py deploy/images/healthcheck.py /srv/altscore/bin/
ENV PATH=/opt/mlflow/bin:/usr/local/bin:/usr/bin LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
LABEL org.opencontainers.image.title="altscore-mlflow"
WORKDIR /srv/altscore
USER 10000:10000
HEALTHCHECK NONE
ENTRYPOINT ["/opt/mlflow/bin/python", "/srv/altscore/bin/run.py", "--exec"]
CMD ["/opt/mlflow/bin/mlflow", "--version"]
