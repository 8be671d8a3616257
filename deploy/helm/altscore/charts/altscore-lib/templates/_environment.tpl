{{/* Names of the variables of a process as one JSON list: shared groups and own names, each once. */}}
{{- define "altscore-lib.variables" -}}
{{- $groups := .root.Files.Get "groups.yaml" | fromYaml -}}
{{- $names := list -}}
{{- range .variables -}}
{{- $names = concat $names (ternary (index $groups (toString .)) . (kindIs "string" .)) -}}
{{- end -}}
{{- dict "names" ($names | uniq) | toJson -}}
{{- end }}

{{/* Whether a source of variables.yaml applies with these values: "yes" or nothing. */}}
{{- define "altscore-lib.applies" -}}
{{- $paths := list -}}
{{- with .source.when }}{{ $paths = append $paths . }}{{ end -}}
{{- with .source.setting }}{{ $paths = append $paths . }}{{ end -}}
{{- $applies := true -}}
{{- range $paths -}}
{{- if has (include "altscore-lib.setting" (dict "root" $.root "path" .)) (list "null" "false" "\"\"" "{}" "[]") }}{{ $applies = false }}{{ end -}}
{{- end -}}
{{- if $applies }}yes{{ end -}}
{{- end }}

{{/* The value of a variable that is no secret. */}}
{{- define "altscore-lib.value" -}}
{{- $source := .source -}}
{{- if $source.path -}}/etc/altscore/{{ $source.path }}
{{- else if $source.setting -}}
{{- $value := .root.Values -}}
{{- range splitList "." $source.setting }}{{ $value = index $value . }}{{ end -}}
{{- if or (kindIs "map" $value) (kindIs "slice" $value) }}{{ toJson $value }}{{ else }}{{ $value }}{{ end -}}
{{- else if $source.url -}}
{{- $target := splitList "." $source.url -}}
https://{{ first $target }}.{{ .root.Release.Namespace }}.svc:{{ index .root.Values.ports (last $target) }}
{{- else if $source.port -}}{{ index .root.Values.ports $source.port }}
{{- else if $source.owner -}}{{ .owner }}
{{- else if $source.replicas -}}{{ .process.replicas.max }}
{{- else -}}{{ required (printf "variables.yaml: no source for %s" .name) $source.literal }}
{{- end -}}
{{- end }}

{{- define "altscore-lib.environment" -}}
{{- $context := . -}}
{{- $sources := .root.Files.Get "variables.yaml" | fromYaml -}}
{{- $prefix := upper .owner -}}
{{- range (include "altscore-lib.variables" . | fromJson).names }}
{{- $source := required (printf "variables.yaml does not know %s" .) (get $sources .) }}
{{- if include "altscore-lib.applies" (dict "root" $context.root "source" $source) }}
- name: {{ $source.variable | default (printf "%s_%s" $prefix .) }}
{{- if $source.secret }}
  valueFrom: {secretKeyRef: {name: altscore-{{ $context.owner }}, key: {{ . }}}}
{{- else }}
  value: {{ include "altscore-lib.value" (dict "root" $context.root "owner" $context.owner "process" $context.process "source" $source "name" .) | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- range $name, $value := .system }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* Names of the volumes that the variables of a process need, as JSON. */}}
{{- define "altscore-lib.volume-names" -}}
{{- $context := . -}}
{{- $sources := .root.Files.Get "variables.yaml" | fromYaml -}}
{{- $names := list -}}
{{- range (include "altscore-lib.variables" . | fromJson).names -}}
{{- $source := get $sources . -}}
{{- if and $source.volume (include "altscore-lib.applies" (dict "root" $context.root "source" $source)) }}{{ $names = append $names $source.volume }}{{ end -}}
{{- end -}}
{{- /* The DSNs in the Secrets name /etc/altscore/trust/ca.pem, so whoever opens PostgreSQL has it. */ -}}
{{- dict "names" (append $names "trust" | uniq | sortAlpha) | toJson -}}
{{- end }}

{{- define "altscore-lib.volumes" -}}
{{- $context := . -}}
{{- $softhsm := .root.Values.pkcs11.softhsm.enabled -}}
- name: tmp
  emptyDir: {sizeLimit: {{ .tmp | default "64Mi" }}}
{{- with .files }}
- name: files
  configMap: {name: {{ . }}}
{{- end }}
{{- range (include "altscore-lib.volume-names" . | fromJson).names }}
{{- if eq . "tls" }}
- name: tls
  secret: {secretName: {{ $context.tls }}-tls, defaultMode: 0440}
{{- else if eq . "trust" }}
- name: trust
  configMap: {name: altscore-trust}
{{- else if eq . "public-keys" }}
- name: public-keys
  configMap: {name: altscore-public-keys}
{{- else if eq . "key-roots" }}
- name: key-roots
  configMap: {name: altscore-key-roots, items: [{key: packed.pem, path: packed/roots.pem}]}
{{- else if eq . "pkcs11" }}
{{- if $softhsm }}
- name: softhsm-conf
  configMap: {name: altscore-softhsm}
- name: softhsm-tokens
  persistentVolumeClaim: {claimName: altscore-softhsm}
{{- else }}
- name: pkcs11
  emptyDir: {sizeLimit: 64Mi}
{{- end }}
{{- else }}
- name: {{ . }}
  secret: {secretName: altscore-{{ $context.owner }}-{{ . }}, defaultMode: 0440}
{{- end }}
{{- end }}
{{- end }}

{{- define "altscore-lib.mounts" -}}
{{- $context := . -}}
{{- $pkcs11 := .root.Values.pkcs11 -}}
- {name: tmp, mountPath: /tmp}
{{- with .files }}
- {name: files, mountPath: /etc/altscore/{{ trimPrefix "altscore-" . }}, readOnly: true}
{{- end }}
{{- range (include "altscore-lib.volume-names" . | fromJson).names }}
{{- if ne . "pkcs11" }}
- {name: {{ . }}, mountPath: /etc/altscore/{{ . }}, readOnly: true}
{{- else if $pkcs11.softhsm.enabled }}
- {name: softhsm-conf, mountPath: /etc/altscore/softhsm, readOnly: true}
- {name: softhsm-tokens, mountPath: /var/lib/softhsm/tokens, subPath: {{ $context.owner }}}
- {name: softhsm-tokens, mountPath: /opt/altscore/pkcs11, subPath: lib, readOnly: true}
{{- else }}
- {name: pkcs11, mountPath: /opt/altscore/pkcs11, readOnly: true}
{{- end }}
{{- end }}
{{- end }}
