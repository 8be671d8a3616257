{{/* A process as a context: its file in services/, its entry in callers.yml, and what the values change. */}}
{{- define "altscore-lib.context" -}}
{{- $callers := .root.Files.Get "callers.yml" | fromYaml -}}
{{- $caller := required (printf "callers.yml does not know %s" .name) (get $callers .name) -}}
{{- $over := deepCopy (get .root.Values.processes .name | default dict) -}}
{{- $process := mergeOverwrite (deepCopy .process) (dict "enabled" (dig "enabled" true .process)) (ternary (dict) (dict "replicas" (deepCopy .root.Values.replicas)) (or (not .root.Values.replicas) (hasKey .process "single"))) $over -}}
{{- if and (hasKey $process "single") (ne (int $process.replicas.max) 1) }}{{ fail (printf "%s runs once: %s" .name $process.single) }}{{ end -}}
{{- if gt (int $process.replicas.min) (int $process.replicas.max) }}{{ fail (printf "%s: replicas.min is above replicas.max" .name) }}{{ end -}}
{{- if ne .owner $caller.certificate }}{{ fail (printf "%s: the certificate in callers.yml is not its owner" .name) }}{{ end -}}
{{- dict "name" .name "owner" .owner "image" .image "zone" $caller.zone "process" $process "caller" $caller "variables" $process.variables
    "serviceAccount" .name "tls" .name "resources" $process.resources | toJson -}}
{{- end }}

{{- define "altscore-lib.system" -}}
{{- $system := dict -}}
{{- if and .root.Values.pkcs11.softhsm.enabled (has "pkcs11" (include "altscore-lib.volume-names" . | fromJson).names) -}}
{{- $_ := set $system "SOFTHSM2_CONF" "/etc/altscore/softhsm/softhsm2.conf" -}}
{{- end -}}
{{- $system | toJson -}}
{{- end }}

{{- define "altscore-lib.service-account" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "altscore-lib.metadata" . | nindent 2 }}
  {{- with .process.serviceAccountAnnotations }}
  annotations: {{ toJson . }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}

{{- define "altscore-lib.deployment" -}}
{{- $ports := .root.Values.ports -}}
{{- $drain := .root.Values.drain -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "altscore-lib.metadata" . | nindent 2 }}
spec:
  {{- if hasKey .process "single" }}
  replicas: 1
  strategy: {type: Recreate}
  {{- else }}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  {{- end }}
  revisionHistoryLimit: 5
  minReadySeconds: 5
  progressDeadlineSeconds: 300
  selector: {matchLabels: {{ include "altscore-lib.selector" . }}}
  template:
    metadata:
      labels: {{ include "altscore-lib.labels" . }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: {{ $ports.internal | quote }}
        prometheus.io/path: /metrics
    spec:
      terminationGracePeriodSeconds: {{ $drain.graceSeconds }}
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {{ include "altscore-lib.selector" . }}}}
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: {{ .root.Values.spread.hosts }}, labelSelector: {matchLabels: {{ include "altscore-lib.selector" . }}}}
      {{- include "altscore-lib.pod" . | nindent 6 }}
      containers:
        - name: {{ .name }}
          args: [{{ .process.command }}]
          ports:
            - {name: internal, containerPort: {{ $ports.internal }}}
            {{- range $listener, $_ := .caller.listeners }}
            - {name: {{ $listener }}, containerPort: {{ index $ports $listener }}}
            {{- end }}
          startupProbe: {httpGet: {path: /livez, port: internal}, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 90}
          livenessProbe: {httpGet: {path: /livez, port: internal}, periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 6}
          readinessProbe: {httpGet: {path: /readyz, port: internal}, periodSeconds: 3, timeoutSeconds: 3, failureThreshold: 5}
          {{- if .caller.listeners }}
          lifecycle: {preStop: {sleep: {seconds: {{ $drain.preStopSeconds }}}}}
          {{- end }}
          {{- include "altscore-lib.container" . | nindent 10 }}
{{- end }}

{{- define "altscore-lib.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "altscore-lib.metadata" . | nindent 2 }}
spec:
  type: ClusterIP
  selector: {{ include "altscore-lib.selector" . }}
  ports:
    {{- range $listener, $_ := .caller.listeners }}
    - {name: {{ $listener }}, port: {{ index $.root.Values.ports $listener }}, targetPort: {{ $listener }}}
    {{- end }}
{{- end }}

{{- define "altscore-lib.disruption-budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "altscore-lib.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector: {matchLabels: {{ include "altscore-lib.selector" . }}}
{{- end }}

{{/* CPU 70 %, and a consumer's lag where a metrics adapter serves it. */}}
{{- define "altscore-lib.autoscaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "altscore-lib.metadata" . | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .name }}}
  minReplicas: {{ .process.replicas.min }}
  maxReplicas: {{ .process.replicas.max }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ .root.Values.autoscaling.cpuPercent }}}}
    {{- with .root.Values.autoscaling.lag }}
    {{- if and .enabled $.process.consumerGroup }}
    - type: External
      external:
        metric: {name: {{ .metric }}, selector: {matchLabels: {{ dict .groupLabel $.process.consumerGroup | toJson }}}}
        target: {type: AverageValue, averageValue: {{ .eventsPerReplica | quote }}}
    {{- end }}
    {{- end }}
  behavior:
    scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: Percent, value: 100, periodSeconds: 30}]}
    scaleDown: {stabilizationWindowSeconds: {{ .root.Values.autoscaling.scaleDownSeconds }}, policies: [{type: Pods, value: 1, periodSeconds: 60}]}
{{- end }}

{{/* Its own certificate, named as the routers know it. The process reads a renewed one by itself. */}}
{{- define "altscore-lib.certificate" -}}
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  {{- include "altscore-lib.metadata" . | nindent 2 }}
spec:
  secretName: {{ .name }}-tls
  duration: {{ .root.Values.certificates.duration }}
  renewBefore: {{ .root.Values.certificates.renewBefore }}
  privateKey: {algorithm: ECDSA, size: 256, rotationPolicy: Always}
  usages: [digital signature, server auth, client auth]
  uris: ["spiffe://altscore/{{ .owner }}"]
  {{- if .caller.listeners }}
  dnsNames:
    - {{ .name }}
    - {{ .name }}.{{ .root.Release.Namespace }}.svc
    - {{ .name }}.{{ .root.Release.Namespace }}.svc.cluster.local
  {{- end }}
  issuerRef: {{ toJson .root.Values.certificates.issuer }}
{{- end }}
