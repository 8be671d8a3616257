# Stand-in for the official image of Alertmanager, from the programs that `make images-local` builds (the build context).
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE}
COPY --chmod=755 alertmanager amtool /usr/bin/
USER 10029:10029
ENTRYPOINT ["alertmanager"]
CMD ["--help"]
