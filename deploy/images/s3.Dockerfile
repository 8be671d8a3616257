# Stand-in for the official image of the object store, from the program that `make setup` builds (the build context).
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE}
COPY --chmod=755 minio /usr/bin/minio
USER 10024:10024
ENTRYPOINT ["minio"]
