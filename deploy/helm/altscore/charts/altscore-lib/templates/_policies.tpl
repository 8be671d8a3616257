{{/* Peers of a store or a network outside: pods of the cluster or blocks of addresses, as in the values. */}}
{{- define "altscore-lib.egress-rule" -}}
- to: {{ toJson .peers }}
  ports: [{{ range $i, $port := .ports }}{{ if $i }}, {{ end }}{protocol: TCP, port: {{ $port }}}{{ end }}]
{{- end }}

{{/* All that a process may open: names, the listeners it calls, its stores. */}}
{{- define "altscore-lib.egress" -}}
{{- $root := .root -}}
- to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]
  ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
{{- range .caller.calls }}
{{- $target := splitList "." . }}
- to: [{podSelector: {matchLabels: {app.kubernetes.io/name: {{ first $target }}, app.kubernetes.io/instance: {{ $root.Release.Name }}}}}]
  ports: [{protocol: TCP, port: {{ index $root.Values.ports (last $target) }}}]
{{- end }}
{{- range .caller.stores }}
{{- $network := get $root.Values.networks . }}
{{- if and $network $network.peers }}
{{ include "altscore-lib.egress-rule" $network }}
{{- else if not (or (eq . "keys") (and (eq . "siem") (not $root.Values.outside.siem.host))) }}
{{- fail (printf "networks.%s: where is it?" .) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Who may reach a process: callers of each listener, the dmz (or the users' own network in the values) for listeners with outside users, Prometheus on the internal port. */}}
{{- define "altscore-lib.process-policy" -}}
{{- $root := .root -}}
{{- $name := .name -}}
{{- $callers := .root.Files.Get "callers.yml" | fromYaml -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "altscore-lib.metadata" . | nindent 2 }}
spec:
  podSelector: {matchLabels: {{ include "altscore-lib.selector" . }}}
  policyTypes: [Ingress, Egress]
  ingress:
    - from: {{ toJson .root.Values.networks.monitoring.peers }}
      ports: [{protocol: TCP, port: {{ .root.Values.ports.internal }}}]
    {{- range $listener, $users := .caller.listeners }}
    {{- $peers := list }}
    {{- range $other, $entry := $callers }}
    {{- if has (printf "%s.%s" $name $listener) $entry.calls }}
    {{- $peers = append $peers (dict "podSelector" (dict "matchLabels" (dict "app.kubernetes.io/name" $other "app.kubernetes.io/instance" $root.Release.Name))) }}
    {{- end }}
    {{- end }}
    {{- range $users }}
    {{- $peers = concat $peers (index $root.Values.networks (ternary . "dmz" (hasKey $root.Values.networks .))).peers }}
    {{- end }}
    {{- if $peers }}
    - from: {{ toJson $peers }}
      ports: [{protocol: TCP, port: {{ index $root.Values.ports $listener }}}]
    {{- end }}
    {{- end }}
  egress:
    {{- include "altscore-lib.egress" . | nindent 4 }}
{{- end }}

{{/* A job is called by nobody and opens its stores alone. */}}
{{- define "altscore-lib.job-policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "altscore-lib.metadata" . | nindent 2 }}
spec:
  podSelector: {matchLabels: {{ include "altscore-lib.selector" . }}}
  policyTypes: [Ingress, Egress]
  ingress: []
  egress:
    {{- include "altscore-lib.egress" . | nindent 4 }}
{{- end }}
