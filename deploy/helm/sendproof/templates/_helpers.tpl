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
{{- if not (or $v.apiKeys.secretName $v.config.keys $v.existingConfigMap $v.environmentSecrets) -}}
{{- fail "The API listens beyond loopback and needs API keys: set apiKeys.secretName, or config.keys" -}}
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
