{{/* A hook that runs before the new version is rolled out. Its account is made one weight earlier. */}}
{{- define "altscore-lib.hook-annotations" -}}
annotations:
  helm.sh/hook: pre-install,pre-upgrade
  helm.sh/hook-weight: {{ .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation
{{- end }}

{{- define "altscore-lib.hook-service-account" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "altscore-lib.metadata" . | nindent 2 }}
  {{- include "altscore-lib.hook-annotations" (dict "weight" -10) | nindent 2 }}
automountServiceAccountToken: false
{{- end }}

{{- define "altscore-lib.hook-job" -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "altscore-lib.metadata" . | nindent 2 }}
  {{- include "altscore-lib.hook-annotations" (dict "weight" .weight) | nindent 2 }}
spec:
  backoffLimit: 3
  activeDeadlineSeconds: {{ .root.Values.jobs.deadlineSeconds }}
  template:
    metadata:
      labels: {{ include "altscore-lib.labels" . }}
    spec:
      restartPolicy: Never
      {{- include "altscore-lib.pod" . | nindent 6 }}
      containers:
        - name: {{ .component }}
          {{- with .command }}
          command: {{ toJson . }}
          {{- end }}
          args: {{ toJson .args }}
          {{- include "altscore-lib.container" . | nindent 10 }}
{{- end }}
