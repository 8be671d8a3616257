{{- define "altscore-lib.container-security" -}}
{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, runAsUser: 10000, runAsGroup: 10000, capabilities: {drop: [ALL]}}
{{- end }}

{{/* What every pod of ours has: identity, placement in India, the restricted profile, volumes. The caller adds containers. */}}
{{- define "altscore-lib.pod" -}}
serviceAccountName: {{ .serviceAccount }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10000
  runAsGroup: 10000
  fsGroup: 10000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchExpressions: [{key: topology.kubernetes.io/region, operator: In, values: [{{ .root.Values.region }}]}]
{{- with get (.root.Values.nodePools | default dict) .zone }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with get (.root.Values.tolerations | default dict) .zone }}
tolerations: {{ toJson . }}
{{- end }}
volumes:
  {{- include "altscore-lib.volumes" . | nindent 2 }}
{{- if and (has "pkcs11" (include "altscore-lib.volume-names" . | fromJson).names) (not .root.Values.pkcs11.softhsm.enabled) }}
initContainers:
  - name: pkcs11-library
    image: {{ .root.Values.pkcs11.image }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    command: {{ toJson .root.Values.pkcs11.copyCommand }}
    resources: {requests: {cpu: 10m, memory: 32Mi, ephemeral-storage: 64Mi}, limits: {cpu: 200m, memory: 64Mi, ephemeral-storage: 128Mi}}
    securityContext: {{ include "altscore-lib.container-security" . }}
    volumeMounts: [{name: pkcs11, mountPath: /pkcs11}]
{{- end }}
{{- end }}

{{/* Image, environment and mounts of the container of a process or a job. */}}
{{- define "altscore-lib.container" -}}
image: {{ include "altscore-lib.image" . }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
env:
  {{- include "altscore-lib.environment" . | nindent 2 }}
resources:
  {{- $resources := deepCopy .resources }}
  {{- $_ := set $resources.requests "ephemeral-storage" (.disk | default "64Mi") }}
  {{- $_ := set $resources.limits "ephemeral-storage" (.diskLimit | default "256Mi") }}
  {{- toYaml $resources | nindent 2 }}
securityContext: {{ include "altscore-lib.container-security" . }}
volumeMounts:
  {{- include "altscore-lib.mounts" . | nindent 2 }}
{{- end }}
