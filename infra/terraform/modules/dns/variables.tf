variable "zone_name" {
  description = "The public zone, such as altscore.example."
  type        = string
}

variable "active_site" {
  description = "Where the names point: mumbai, or pune after a failover. A person changes it: two sites that both write are worse than none."
  type        = string
  default     = "mumbai"
  validation {
    condition     = contains(["mumbai", "pune"], var.active_site)
    error_message = "active_site is mumbai or pune."
  }
}

variable "names" {
  description = "Host label to its record at each site: CNAME of a load balancer, or A records."
  type        = map(object({ mumbai = object({ type = string, values = list(string) }), pune = object({ type = string, values = list(string) }) }))
  validation {
    condition     = length(var.names) > 0 && alltrue([for sites in values(var.names) : length(sites.mumbai.values) > 0 && length(sites.pune.values) > 0])
    error_message = "Every name has an address at both sites, else a failover would take it away."
  }
}

