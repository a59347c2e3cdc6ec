{{- define "parley.labels" -}}
app.kubernetes.io/name: parley
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "parley.secret" -}}
{{- required "existingSecret: name a Secret with database-url, redis-url, secret, admin-email and admin-password" .Values.existingSecret -}}
{{- end -}}

{{- define "parley.files" -}}
{{- .Values.files.existingClaim | default (printf "%s-files" .Release.Name) -}}
{{- end -}}

{{/* A path of the ingress: `root`, `path`, how it is compared (`type`), and the role that serves it. */}}
{{- define "parley.path" -}}
- path: {{ .path }}
  pathType: {{ .type }}
  backend:
    service:
      name: {{ .root.Release.Name }}-{{ .role }}
      port: { name: http }
{{- end -}}
