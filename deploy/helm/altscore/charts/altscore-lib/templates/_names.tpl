{{/* Labels that select the pods of a process; never changed once deployed. Context of every template here: root, name, owner, process. */}}
{{- define "altscore-lib.selector" -}}
{{- dict "app.kubernetes.io/name" .name "app.kubernetes.io/instance" .root.Release.Name | toJson -}}
{{- end }}

{{- define "altscore-lib.labels" -}}
{{- $labels := include "altscore-lib.selector" . | fromJson -}}
{{- $own := dict "app.kubernetes.io/part-of" "altscore" "app.kubernetes.io/component" (.component | default "process")
    "app.kubernetes.io/version" (.root.Values.image.tag | default .root.Chart.AppVersion) "app.kubernetes.io/managed-by" .root.Release.Service
    "altscore.in/owner" .owner "altscore.in/zone" .zone -}}
{{- merge $own $labels | toJson -}}
{{- end }}

{{- define "altscore-lib.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels: {{ include "altscore-lib.labels" . }}
{{- end }}

{{/* A tag, and the digest where the values pin one: the digest then decides. */}}
{{- define "altscore-lib.image" -}}
{{- $image := .root.Values.image -}}
{{- $name := printf "altscore/%s" .image -}}
{{- if $image.registry }}{{ $name = printf "%s/%s" $image.registry $name }}{{ end -}}
{{- $tag := $image.tag | default .root.Chart.AppVersion -}}
{{- $digest := get ($image.digests | default dict) .image -}}
{{ $name }}:{{ $tag }}{{ with $digest }}@{{ . }}{{ end }}
{{- end }}

{{/* Value at a dotted path of the values, as JSON. */}}
{{- define "altscore-lib.setting" -}}
{{- $value := .root.Values -}}
{{- range splitList "." .path }}{{ $value = index $value . }}{{ end -}}
{{- $value | toJson -}}
{{- end }}
