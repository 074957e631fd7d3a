{{/*
The Deployment of one process.
root: the chart's context; component: api, worker or ingest; image; command: empty for the image's own; variables: its own, by name;
port and portName: where it is asked; liveness, readiness: the paths.
*/}}
{{- define "sendproof.deployment" -}}
{{- $root := .root -}}
{{- $values := index .root.Values .component -}}
{{- $temporal := .root.Values.temporal -}}
{{- $certificate := $temporal.tls.clientCertificate.secretName -}}
{{- $variables := dict -}}
{{- /* The later ones hold. `merge` would take an empty value for a missing one. */ -}}
{{- range list $root.Values.environment $values.environment .variables -}}
{{- range $name, $value := . -}}
{{- $_ := set $variables $name $value -}}
{{- end -}}
{{- end -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "sendproof.fullname" $root }}-{{ .component }}
  labels:
    {{- include "sendproof.labels" . | nindent 4 }}
spec:
  replicas: {{ $values.replicas }}
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  selector:
    matchLabels:
      {{- include "sendproof.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "sendproof.labels" . | nindent 8 }}
      annotations:
        # Some parts of the configuration are read at the start alone.
        checksum/config: {{ toYaml $root.Values.config | sha256sum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "sendproof.serviceAccountName" $root }}
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
      securityContext:
        {{- toYaml $root.Values.podSecurityContext | nindent 8 }}
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ printf "%s:%s" .image (default $root.Chart.AppVersion $root.Values.image.tag) | quote }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          {{- with .command }}
          command: {{ toJson . }}
          {{- end }}
          ports:
            - { name: {{ .portName }}, containerPort: {{ .port }} }
          env:
            - { name: TEMPORAL_ADDRESS, value: {{ $temporal.address | quote }} }
            - { name: TEMPORAL_NAMESPACE, value: {{ $temporal.namespace | quote }} }
            {{- with $temporal.apiKey.secretName }}
            - name: TEMPORAL_API_KEY
              valueFrom: { secretKeyRef: { name: {{ . }}, key: {{ $temporal.apiKey.key }} } }
            {{- end }}
            {{- if $temporal.tls.enabled }}
            - { name: TEMPORAL_TLS, value: 'true' }
            {{- end }}
            {{- with $temporal.tls.serverName }}
            - { name: TEMPORAL_TLS_SERVER_NAME, value: {{ . | quote }} }
            {{- end }}
            {{- if $certificate }}
            - { name: TEMPORAL_TLS_CLIENT_CERT_PATH, value: /etc/temporal-tls/tls.crt }
            - { name: TEMPORAL_TLS_CLIENT_KEY_PATH, value: /etc/temporal-tls/tls.key }
            {{- if $temporal.tls.clientCertificate.hasCa }}
            - { name: TEMPORAL_TLS_SERVER_CA_CERT_PATH, value: /etc/temporal-tls/ca.crt }
            {{- end }}
            {{- end }}
            {{- with $temporal.uiUrl }}
            - { name: TEMPORAL_UI_URL, value: {{ . | quote }} }
            {{- end }}
            - { name: SENDPROOF_CONFIG, value: /etc/sendproof/sendproof.yaml }
            - { name: SENDPROOF_DATA_DIR, value: /var/lib/sendproof }
            - { name: LOG_LEVEL, value: {{ $root.Values.logLevel | quote }} }
            {{- with $root.Values.publicUrl }}
            - { name: PUBLIC_URL, value: {{ . | quote }} }
            {{- end }}
            {{- with $root.Values.basePath }}
            - { name: BASE_PATH, value: {{ . | quote }} }
            {{- end }}
            {{- if and (eq .component "api") $root.Values.apiKeys.secretName }}
            - name: SENDPROOF_API_KEYS
              valueFrom: { secretKeyRef: { name: {{ $root.Values.apiKeys.secretName }}, key: {{ $root.Values.apiKeys.key }} } }
            {{- end }}
            {{- range $name, $value := $variables }}
            - { name: {{ $name }}, value: {{ $value | quote }} }
            {{- end }}
            {{- range list $root.Values.extraEnv $values.extraEnv }}
            {{- with . }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
            {{- end }}
          {{- with $root.Values.environmentSecrets }}
          envFrom:
            {{- range . }}
            - { secretRef: { name: {{ . }} } }
            {{- end }}
          {{- end }}
          startupProbe:
            httpGet: { path: {{ .liveness | quote }}, port: {{ .portName }} }
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 60
          livenessProbe:
            httpGet: { path: {{ .liveness | quote }}, port: {{ .portName }} }
            periodSeconds: 15
            timeoutSeconds: 5
            failureThreshold: 4
          # Asks for Temporal, too. An outage of Temporal must restart nothing, so it is readiness alone.
          readinessProbe:
            httpGet: { path: {{ .readiness | quote }}, port: {{ .portName }} }
            periodSeconds: 15
            timeoutSeconds: 5
          lifecycle:
            # Load balancers learn of the stop first.
            preStop: { exec: { command: [sleep, '5'] } }
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- toYaml $root.Values.securityContext | nindent 12 }}
          volumeMounts:
            # As a folder, so that a change of the ConfigMap reaches the process.
            - { name: configuration, mountPath: /etc/sendproof, readOnly: true }
            - { name: data, mountPath: /var/lib/sendproof }
            - { name: temporary, mountPath: /tmp }
            {{- if $certificate }}
            - { name: temporal-tls, mountPath: /etc/temporal-tls, readOnly: true }
            {{- end }}
            {{- range $index, $file := $root.Values.secretFiles }}
            - { name: secret-{{ $index }}, mountPath: {{ $file.mountPath }}, readOnly: true }
            {{- end }}
            {{- range list $root.Values.extraVolumeMounts $values.extraVolumeMounts }}
            {{- with . }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
            {{- end }}
      volumes:
        - { name: configuration, configMap: { name: {{ include "sendproof.configMapName" $root }} } }
        - name: data
          {{- if $root.Values.dataVolume.enabled }}
          persistentVolumeClaim: { claimName: {{ default (printf "%s-data" (include "sendproof.fullname" $root)) $root.Values.dataVolume.existingClaim }} }
          {{- else }}
          emptyDir: {}
          {{- end }}
        - { name: temporary, emptyDir: {} }
        # 288: readable by the user and the group (0440).
        {{- if $certificate }}
        - { name: temporal-tls, secret: { secretName: {{ $certificate }}, defaultMode: 288 } }
        {{- end }}
        {{- range $index, $file := $root.Values.secretFiles }}
        - { name: secret-{{ $index }}, secret: { secretName: {{ $file.secretName }}, defaultMode: 288 } }
        {{- end }}
        {{- range list $root.Values.extraVolumes $values.extraVolumes }}
        {{- with . }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        {{- if $values.topologySpreadConstraints }}
        {{- toYaml $values.topologySpreadConstraints | nindent 8 }}
        {{- else }}
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "sendproof.selectorLabels" . | nindent 14 }}
        {{- end }}
{{- end -}}

{{/* The disruption budget of one process: root, component. */}}
{{- define "sendproof.disruptionBudget" -}}
{{- $values := index .root.Values .component -}}
{{- if $values.podDisruptionBudget.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "sendproof.fullname" .root }}-{{ .component }}
  labels:
    {{- include "sendproof.labels" . | nindent 4 }}
spec:
  minAvailable: {{ $values.podDisruptionBudget.minAvailable }}
  selector:
    matchLabels:
      {{- include "sendproof.selectorLabels" . | nindent 6 }}
{{- end }}
{{- end -}}

{{/* The Service that Prometheus finds a process without a Service of its own by: root, component. */}}
{{- define "sendproof.metricsService" -}}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "sendproof.fullname" .root }}-{{ .component }}
  labels:
    {{- include "sendproof.labels" . | nindent 4 }}
spec:
  clusterIP: None
  # What is not ready says why in its metrics.
  publishNotReadyAddresses: true
  selector:
    {{- include "sendproof.selectorLabels" . | nindent 4 }}
  ports:
    - { name: metrics, port: {{ (index .root.Values .component).metricsPort }}, targetPort: metrics }
{{- end -}}
