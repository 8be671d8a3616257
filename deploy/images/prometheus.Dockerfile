# Stand-in for the official image of Prometheus, from Debian's package.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus && rm -rf /var/lib/apt/lists/*
USER 10027:10027
ENTRYPOINT ["prometheus"]
CMD ["--help"]
