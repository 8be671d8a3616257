#!/usr/bin/env bash
# `docker compose` for this target: moves the published ports by ALTSCORE_PORT_OFFSET, keeps what the host needs in
# ALTSCORE_VAR (var-compose), and takes the stand-ins of `make images-local` where ALTSCORE_IMAGES=local.
set -euo pipefail
cd "$(dirname "$0")/../.."
export ALTSCORE_VAR=${ALTSCORE_VAR:-var-compose}
kept=$ALTSCORE_VAR/port_offset.json
offset=${ALTSCORE_PORT_OFFSET:-$([ -f "$kept" ] && cat "$kept" || echo 0)}
ports=(POSTGRES:21000 REDIS:21001 S3:21006 AIRFLOW:21007 MLFLOW:21008 TALLY_SIM:21010 WHATSAPP_SIM_CONTROL:21012
    SMS_SIM_CONTROL:21017 AUDIT_WITNESS:21018 SAML_SIM:21019 SMTP_SIM_CONTROL:21020 OIDC_SIM:21022 SCORE:21101 INGESTION:21103 INGESTION_SFTP:21105 VAULT:21104 WEBHOOK:21107 AUDIT:21108 ADMIN:21109 PORTAL:21110
    ALERTMANAGER:21027 PROMETHEUS:21028 GRAFANA:21029)
for pair in "${ports[@]}"; do
    export "PORT_${pair%%:*}=$((${pair#*:} + offset))"
done
export PORT_OFFSET=$offset
export DEMO_FOLDER=$PWD/$ALTSCORE_VAR/demo
mkdir -p "$DEMO_FOLDER/tally" "$DEMO_FOLDER/whatsapp"
files=()
[ "${ALTSCORE_IMAGES:-}" = local ] && files=(--env-file deploy/images/local.env)
exec docker compose "${files[@]}" "$@"
