# What every manifest of the chart keeps to. Run with --combine: the input is the list of all documents of an environment.
package main

import rego.v1

documents := [document | some item in input; document := item.contents; is_object(document); document.kind]

# Manifests that make pods, with the pod they make.
pods contains {"kind": document.kind, "name": document.metadata.name, "meta": document.spec.template.metadata, "spec": document.spec.template.spec} if {
	some document in documents
	document.kind in {"Deployment", "StatefulSet", "DaemonSet", "Job"}
}

pods contains {"kind": "CronJob", "name": document.metadata.name, "meta": pod.metadata, "spec": pod.spec} if {
	some document in documents
	document.kind == "CronJob"
	pod := document.spec.jobTemplate.spec.template
}

pods contains {"kind": "Pod", "name": document.metadata.name, "meta": document.metadata, "spec": document.spec} if {
	some document in documents
	document.kind == "Pod"
}

containers contains {"pod": pod, "container": container} if {
	some pod in pods
	some container in array.concat(object.get(pod.spec, "initContainers", []), pod.spec.containers)
}

name_of(item) := sprintf("%s/%s container %s", [item.pod.kind, item.pod.name, item.container.name])

deny contains "no manifest was read" if count(documents) == 0

# --- images and resources

deny contains sprintf("%s: image %s has no version", [name_of(item), item.container.image]) if {
	some item in containers
	not regex.match(`^[^:@]+(:[0-9]+)?/[^:@]+:[A-Za-z0-9][A-Za-z0-9._-]*(@sha256:[0-9a-f]{64})?$`, item.container.image)
}

deny contains sprintf("%s: image %s is whatever is latest", [name_of(item), item.container.image]) if {
	some item in containers
	regex.match(`:(latest|main|master|edge|stable)(@|$)`, item.container.image)
}

deny contains sprintf("%s: no %s of %s", [name_of(item), kind, resource]) if {
	some item in containers
	some kind in ["requests", "limits"]
	some resource in ["cpu", "memory", "ephemeral-storage"]
	not item.container.resources[kind][resource]
}

# --- the restricted profile, and more

deny contains sprintf("%s: the root file system can be written", [name_of(item)]) if {
	some item in containers
	not item.container.securityContext.readOnlyRootFilesystem == true
}

deny contains sprintf("%s: may gain privileges", [name_of(item)]) if {
	some item in containers
	not item.container.securityContext.allowPrivilegeEscalation == false
}

deny contains sprintf("%s: keeps capabilities", [name_of(item)]) if {
	some item in containers
	not "ALL" in object.get(item.container, ["securityContext", "capabilities", "drop"], [])
}

deny contains sprintf("%s: adds capabilities", [name_of(item)]) if {
	some item in containers
	count(object.get(item.container, ["securityContext", "capabilities", "add"], [])) > 0
}

deny contains sprintf("%s/%s: may run as root", [pod.kind, pod.name]) if {
	some pod in pods
	not runs_as_user(pod.spec.securityContext)
}

runs_as_user(context) if {
	context.runAsNonRoot == true
	context.runAsUser >= 10000
}

deny contains sprintf("%s/%s: no seccomp profile", [pod.kind, pod.name]) if {
	some pod in pods
	not pod.spec.securityContext.seccompProfile.type == "RuntimeDefault"
}

deny contains sprintf("%s/%s: shares the node's %s", [pod.kind, pod.name, field]) if {
	some pod in pods
	some field in ["hostNetwork", "hostPID", "hostIPC"]
	pod.spec[field] == true
}

deny contains sprintf("%s/%s: mounts a path of the node", [pod.kind, pod.name]) if {
	some pod in pods
	some volume in object.get(pod.spec, "volumes", [])
	volume.hostPath
}

# --- identity

deny contains sprintf("%s/%s: holds a token of the API server", [pod.kind, pod.name]) if {
	some pod in pods
	not pod.spec.automountServiceAccountToken == false
}

deny contains sprintf("ServiceAccount/%s: hands out tokens", [document.metadata.name]) if {
	some document in documents
	document.kind == "ServiceAccount"
	not document.automountServiceAccountToken == false
}

deny contains sprintf("%s/%s: has no account of its own", [pod.kind, pod.name]) if {
	some pod in pods
	account := object.get(pod.spec, "serviceAccountName", "default")
	not account in {document.metadata.name | some document in documents; document.kind == "ServiceAccount"}
}

# --- secrets

secret_name := `(PASSWORD|SECRET|SECRET_KEY|TOKEN|PIN|AUTHKEY|CONTEXT_KEY|OUTBOX_KEY|MAC_KEY|ACCESS_KEY|ID_KEY|DATABASE_URL|REDIS_URL|ALCHEMY_CONN)$`

# Names of things, not the things: the label of a PKCS#11 token.
public_name := `(PKCS11_TOKEN)$`

deny contains sprintf("%s: %s is written out", [name_of(item), variable.name]) if {
	some item in containers
	some variable in object.get(item.container, "env", [])
	regex.match(secret_name, variable.name)
	not regex.match(public_name, variable.name)
	object.get(variable, "value", "") != ""
}

deny contains sprintf("%s: %s holds credentials", [name_of(item), variable.name]) if {
	some item in containers
	some variable in object.get(item.container, "env", [])
	regex.match(`://[^/@]*:[^/@]+@|-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}`, object.get(variable, "value", ""))
}

deny contains sprintf("%s: takes a whole Secret as its environment", [name_of(item)]) if {
	some item in containers
	some source in object.get(item.container, "envFrom", [])
	source.secretRef
}

deny contains sprintf("Secret/%s: secrets do not come from the chart", [document.metadata.name]) if {
	some document in documents
	document.kind == "Secret"
}

deny contains sprintf("ConfigMap/%s: holds a private key", [document.metadata.name]) if {
	some document in documents
	document.kind == "ConfigMap"
	some text in object.get(document, "data", {})
	contains(text, "PRIVATE KEY")
}
