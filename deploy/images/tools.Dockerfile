# Development only: makes keys, certificates, roles, topics and buckets of the compose target, and plays the outside parties.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_CACHE_DIR=/cache/uv
COPY requirements/uv.txt requirements/tools.txt /build/
RUN --mount=type=cache,target=/cache/pip \
    python3 -m venv /opt/uv && /opt/uv/bin/pip --cache-dir /cache/pip install --quiet --require-hashes -r /build/uv.txt
RUN --mount=type=cache,target=/cache/uv \
    /opt/uv/bin/uv venv --quiet --python python3.11 /opt/tools \
 && /opt/uv/bin/uv --system-certs pip sync --quiet --require-hashes --python /opt/tools/bin/python /build/tools.txt

# The simulated identity providers are programs of Node.
FROM ${PYTHON_IMAGE} AS providers
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends npm && rm -rf /var/lib/apt/lists/*
COPY tests/simulators/simulators_saml/package.json tests/simulators/simulators_saml/package-lock.json /build/saml/
COPY tests/simulators/simulators_oidc/package.json tests/simulators/simulators_oidc/package-lock.json /build/oidc/
RUN --mount=type=cache,target=/cache/npm \
    for provider in saml oidc; do \
      cd "/build/$provider" \
   && npm ci --cache /cache/npm --cafile /etc/ssl/certs/ca-certificates.crt --ignore-scripts --no-audit --no-fund --loglevel error \
   || exit 1; \
    done

FROM ${PYTHON_IMAGE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs softhsm2 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/tools /opt/tools
COPY --from=providers /build/saml/node_modules /opt/saml/node_modules
COPY --from=providers /build/oidc/node_modules /opt/oidc/node_modules
COPY . /srv/altscore
RUN /opt/tools/bin/python -m compileall -q /srv/altscore/deploy /srv/altscore/tests
ENV PATH=/opt/tools/bin:$PATH NODE_PATH=/opt/saml/node_modules PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ALTSCORE_ENVIRONMENTS=/opt \
    PYTHONPATH=/srv/altscore/deploy/local:/srv/altscore/deploy/compose:/srv/altscore/tests/simulators
LABEL org.opencontainers.image.title="altscore-tools"
WORKDIR /srv/altscore
USER 10000:10000
HEALTHCHECK NONE
ENTRYPOINT ["/opt/tools/bin/python", "/srv/altscore/deploy/images/run.py", "--exec", "/opt/tools/bin/python", "-m"]
