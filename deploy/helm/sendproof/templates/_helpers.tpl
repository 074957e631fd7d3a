{{/* The beginning of all names: that of the release, with the chart's where it isn't in it. */}}
{{- define "sendproof.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sendproof.selectorLabels" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "sendproof.labels" -}}
{{ include "sendproof.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "sendproof.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sendproof.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "sendproof.configMapName" -}}
{{- default (include "sendproof.fullname" .) .Values.existingConfigMap -}}
{{- end -}}

{{/* What can't work is refused when the chart is rendered, with the value to set. */}}
{{- define "sendproof.check" -}}
{{- if not .Values.temporal.address -}}
{{- fail "temporal.address is required: host:port of a Temporal service, as temporal-frontend.temporal:7233" -}}
{{- end -}}
{{- $v := .Values -}}
{{- if not (or $v.apiKeys.secretName $v.config.keys $v.config.people $v.existingConfigMap $v.environmentSecrets) -}}
{{- fail "The API listens beyond loopback and needs API keys: set apiKeys.secretName, config.keys or config.people" -}}
{{- end -}}
{{- $erased := include "sendproof.contentKeysInPods" $v.config -}}
{{- if and $erased (not $v.dataVolume.enabled) -}}
{{- fail (printf "config.%s needs keys that all pods share: set dataVolume.enabled, or config.contentRetention.keyDirectory to a shared directory outside of /var/lib/sendproof" $erased) -}}
{{- end -}}
{{- if and .Values.existingConfigMap .Values.config -}}
{{- fail "Set config or existingConfigMap, not both" -}}
{{- end -}}
{{- if and .Values.ingest.enabled (not .Values.existingConfigMap) (not .Values.config.queues) -}}
{{- fail "ingest.enabled needs queues to consume: set config.queues" -}}
{{- end -}}
{{- if and .Values.api.ingress.enabled (not .Values.api.ingress.host) -}}
{{- fail "api.ingress.host is required with api.ingress.enabled" -}}
{{- end -}}
{{- end -}}

{{/* The first setting of this sendproof.yaml whose keys are in the data folder or another one of the pod's own; empty where none is. */}}
{{- define "sendproof.contentKeysInPods" -}}
{{- $settings := list -}}
{{- $directory := "" -}}
{{- if kindIs "map" .contentRetention -}}
{{- $directory = .contentRetention.keyDirectory | default "" | toString -}}
{{- if .contentRetention.after -}}
{{- $settings = append $settings "contentRetention" -}}
{{- end -}}
{{- else if .contentRetention -}}
{{- $settings = append $settings "contentRetention" -}}
{{- end -}}
{{- range $name, $source := default (dict) .sources -}}
{{- if and (kindIs "map" $source) $source.contentRetention -}}
{{- $settings = append $settings (printf "sources.%s.contentRetention" $name) -}}
{{- end -}}
{{- end -}}
{{- if not (and (hasPrefix "/" $directory) (not (regexMatch "^/(var/lib/sendproof|tmp)(/|$)" (clean $directory)))) -}}
{{- with $settings }}{{ first . }}{{ end -}}
{{- end -}}
{{- end -}}
