# Availability, placement and what is open to the network.
package main

import rego.v1

deployments contains document if {
	some document in documents
	document.kind == "Deployment"
}

of_kind(kind) := {document.metadata.name: document | some document in documents; document.kind == kind}

# --- availability

deny contains sprintf("Deployment/%s: no %s of its pods", [document.metadata.name, kind]) if {
	some document in deployments
	some kind in ["PodDisruptionBudget", "NetworkPolicy"]
	every other in of_kind(kind) {
		not selects(other, kind, document.spec.template.metadata.labels)
	}
}

selects(document, "PodDisruptionBudget", labels) if matches(document.spec.selector, labels)

selects(document, "NetworkPolicy", labels) if {
	count(document.spec.podSelector) > 0
	matches(document.spec.podSelector, labels)
}

matches(selector, labels) if {
	every key, value in selector.matchLabels {
		labels[key] == value
	}
}

deny contains sprintf("CronJob/%s: no NetworkPolicy of its pods", [document.metadata.name]) if {
	some document in documents
	document.kind == "CronJob"
	every other in of_kind("NetworkPolicy") {
		not selects(other, "NetworkPolicy", document.spec.jobTemplate.spec.template.metadata.labels)
	}
}

deny contains sprintf("CronJob/%s: a run may hang for ever, or overlap the next", [document.metadata.name]) if {
	some document in documents
	document.kind == "CronJob"
	not is_bounded(document.spec)
}

is_bounded(spec) if {
	spec.concurrencyPolicy == "Forbid"
	spec.startingDeadlineSeconds > 0
	spec.jobTemplate.spec.activeDeadlineSeconds > 0
}

deny contains sprintf("Deployment/%s: neither scales nor says that it runs once", [document.metadata.name]) if {
	some document in deployments
	not document.metadata.name in {scaler.spec.scaleTargetRef.name | some scaler in of_kind("HorizontalPodAutoscaler")}
	not document.spec.strategy.type == "Recreate"
}

deny contains sprintf("Deployment/%s: fixes a number that its autoscaler decides", [document.metadata.name]) if {
	some document in deployments
	document.metadata.name in {scaler.spec.scaleTargetRef.name | some scaler in of_kind("HorizontalPodAutoscaler")}
	document.spec.replicas
}

deny contains sprintf("Deployment/%s: liveness and readiness ask the same", [document.metadata.name]) if {
	some document in deployments
	some container in document.spec.template.spec.containers
	object.get(container, ["livenessProbe", "httpGet", "path"], "none") == object.get(container, ["readinessProbe", "httpGet", "path"], "none")
}

deny contains sprintf("Deployment/%s: no %s", [document.metadata.name, probe]) if {
	some document in deployments
	some container in document.spec.template.spec.containers
	some probe in ["startupProbe", "livenessProbe", "readinessProbe"]
	not container[probe]
}

deny contains sprintf("Deployment/%s: serves and does not drain", [document.metadata.name]) if {
	some document in deployments
	some service in of_kind("Service")
	matches({"matchLabels": service.spec.selector}, document.spec.template.metadata.labels)
	some container in document.spec.template.spec.containers
	not container.lifecycle.preStop.sleep.seconds
}

deny contains sprintf("Deployment/%s: its replicas may all stand on one node", [document.metadata.name]) if {
	some document in deployments
	keys := {constraint.topologyKey | some constraint in object.get(document.spec.template.spec, "topologySpreadConstraints", [])}
	count({"kubernetes.io/hostname", "topology.kubernetes.io/zone"} - keys) > 0
}

# --- India

india := {"ap-south-1", "ap-south-2", "centralindia", "southindia", "westindia"}

deny contains sprintf("%s/%s: may be placed outside India", [pod.kind, pod.name]) if {
	some pod in pods
	not placed_in_india(pod.spec)
}

placed_in_india(spec) if {
	terms := spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms
	count(terms) > 0
	every term in terms {
		some expression in term.matchExpressions
		expression.key == "topology.kubernetes.io/region"
		expression.operator == "In"
		count(expression.values) > 0
		every region in expression.values {
			region in india
		}
	}
}

deny contains sprintf("%s: %s=%s is outside India", [name_of(item), variable.name, variable.value]) if {
	some item in containers
	some variable in object.get(item.container, "env", [])
	endswith(variable.name, "REGION")
	not variable.value in india
}

cloud_regions := `\b(us|eu|ap|sa|ca|me|af|il|mx)-(east|west|north|south|central|northeast|southeast|northwest|southwest)-[0-9]\b`

deny contains sprintf("%s/%s: names the region %s", [document.kind, document.metadata.name, region]) if {
	some document in documents
	some region in regex.find_n(cloud_regions, json.marshal(document), -1)
	not region in india
}

# --- the network

deny contains "no policy denies what is not allowed" if not denies_all

denies_all if {
	some document in documents
	document.kind == "NetworkPolicy"
	document.spec.podSelector == {}
	{"Ingress", "Egress"} == {type | some type in document.spec.policyTypes}
	count(object.get(document.spec, "ingress", [])) == 0
	count(object.get(document.spec, "egress", [])) == 0
}

deny contains sprintf("NetworkPolicy/%s: an %s rule without peers or ports is open to all", [document.metadata.name, direction]) if {
	some document in documents
	document.kind == "NetworkPolicy"
	some [direction, side] in [["ingress", "from"], ["egress", "to"]]
	some rule in object.get(document.spec, direction, [])
	count({field | some field in [side, "ports"]; count(object.get(rule, field, [])) == 0}) > 0
}

deny contains sprintf("Service/%s: is open to the nodes' network", [document.metadata.name]) if {
	some document in documents
	document.kind == "Service"
	document.spec.type == "NodePort"
}

exposed_by_tcp := {"ingestion-api-connectors"}

deny contains sprintf("Service/%s: leaves the cluster without the web application firewall", [document.metadata.name]) if {
	some document in documents
	document.kind == "Service"
	document.spec.type == "LoadBalancer"
	not document.metadata.name in exposed_by_tcp
}

# --- HTTPS from outside: TLS 1.3 alone, HSTS, a firewall, and encrypted again towards the pod

ingress_rules := {
	"alb": {
		"alb.ingress.kubernetes.io/ssl-policy": `^ELBSecurityPolicy-TLS13-1-3-`,
		"alb.ingress.kubernetes.io/listener-attributes.HTTPS-443": `strict_transport_security\.header_value=max-age=[0-9]{8,}`,
		"alb.ingress.kubernetes.io/wafv2-acl-arn": `^arn:aws:wafv2:ap-south-[12]:`,
		"alb.ingress.kubernetes.io/backend-protocol": `^HTTPS$`,
		"alb.ingress.kubernetes.io/listen-ports": `^\[\{"HTTPS":443\}\]$`,
	},
	"azure-application-gateway": {
		"appgw.ingress.kubernetes.io/appgw-ssl-profile": `^tls13-only$`,
		"appgw.ingress.kubernetes.io/rewrite-rule-set": `^strict-transport-security$`,
		"appgw.ingress.kubernetes.io/waf-policy-for-path": `/applicationGatewayWebApplicationFirewallPolicies/`,
		"appgw.ingress.kubernetes.io/backend-protocol": `^https$`,
		"appgw.ingress.kubernetes.io/ssl-redirect": `^true$`,
	},
}

deny contains sprintf("Ingress/%s: %s is not %s", [document.metadata.name, annotation, pattern]) if {
	some document in documents
	document.kind == "Ingress"
	some annotation, pattern in ingress_rules[document.spec.ingressClassName]
	not regex.match(pattern, object.get(document.metadata, ["annotations", annotation], ""))
}

deny contains sprintf("Ingress/%s: no rule speaks of the class %s", [document.metadata.name, document.spec.ingressClassName]) if {
	some document in documents
	document.kind == "Ingress"
	not ingress_rules[document.spec.ingressClassName]
}

deny contains sprintf("Ingress/%s: the host %s has no TLS", [document.metadata.name, rule.host]) if {
	some document in documents
	document.kind == "Ingress"
	some rule in document.spec.rules
	not rule.host in {host | some entry in object.get(document.spec, "tls", []); some host in entry.hosts}
}
