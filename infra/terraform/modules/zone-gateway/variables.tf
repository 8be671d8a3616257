variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "zone_cidrs" {
  description = "Zone to address block."
  type        = map(string)
}

variable "subnets" {
  description = "Output `subnets` of the network module."
  type        = map(object({ zone = string, index = number, cidr = string, route_table_id = string }))
}

variable "firewall_subnet_ids" {
  description = "Subnets of the firewall, by index of the availability zone."
  type        = map(string)
}

variable "availability_zones" {
  description = "Availability zones, in the order of the indexes."
  type        = list(string)
}

variable "key_arn" {
  description = "KMS key of the firewall and its logs."
  type        = string
}

variable "flows" {
  description = "What may pass from zone to zone, and why. Anything else is dropped."
  type        = list(object({ from = string, to = string, ports = list(number), why = string }))
  default = [
    { from = "dmz", to = "application", ports = [8443], why = "load balancers to the APIs' TLS port" },
    { from = "application", to = "data", ports = [5432], why = "PostgreSQL" },
    { from = "application", to = "data", ports = [6379], why = "Redis over TLS" },
    { from = "application", to = "data", ports = [9096], why = "Kafka with SCRAM over TLS" },
    { from = "application", to = "ml", ports = [8443], why = "MLflow and Airflow behind the mesh" },
    { from = "ml", to = "data", ports = [5432], why = "metadata of Airflow and MLflow" },
    { from = "ml", to = "data", ports = [9096], why = "events of the pipeline and of scoring" },
    { from = "ml", to = "application", ports = [443, 8443], why = "consent checks, the vault's map, AWS endpoints" },
    { from = "data", to = "application", ports = [443], why = "AWS endpoints" },
    { from = "ml", to = "dmz", ports = [3128], why = "the egress proxy" },
  ]
  validation {
    condition = alltrue([
      for flow in var.flows :
      !contains(["dmz-data", "data-dmz", "data-ml"], "${flow.from}-${flow.to}") && length(flow.ports) > 0 && length(flow.why) > 5
    ])
    error_message = "The dmz never opens a connection to data (nor data to dmz or ml), and every flow has ports and a reason."
  }
}
